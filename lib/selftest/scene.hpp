// The cast of a self-test: a home, its ingest, a publisher, and destinations on this machine.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/clock.hpp"
#include "selftest/home.hpp"
#include "selftest/local_sink.hpp"
#include "selftest/publisher.hpp"
#include "state/registry.hpp"

namespace restream::selftest {

/// Members go in the reverse order: the publisher and the sinks before the home, whose relays are
/// then not held up by them.
class Scene {
  public:
    /// **Throws**: Error{refused} where there is no folder or no port.
    Scene(std::filesystem::path programs, const Cancel& cancel);

    Home& home() { return home_; }
    const Registry& registry() const { return registry_; }
    int ingest_port() const { return ingest_port_; }
    std::vector<int> sink_ports() const;

    /// A destination of that name, and its platform.
    LocalSink& add(const std::string& name, Manner manner = Manner::takes);
    LocalSink& sink(const std::string& name) { return *sinks_.at(name); }

    /// Begins to publish; the one before it, if there is one, has left.
    void publish();
    /// The publisher leaves, with a goodbye.
    void leave();
    bool is_published() const { return publisher_ && publisher_->is_accepted(); }
    /// Over all publishers.
    Counts published() const;
    std::string publisher_trouble() const;

    /// Runs restream-VERB.
    Captured command(const std::string& verb, const std::vector<std::string>& arguments) const;
    /// Waits until it is so; false at the deadline, and where the user broke off.
    bool wait(Milliseconds longest, const std::function<bool()>& is_so) const;
    bool wait_state(const std::string& name, State state, Milliseconds longest) const;
    std::optional<Record> record(const std::string& name) const;
    /// "backoff (connection refused)": for messages.
    std::string state_words(const std::string& name) const;
    bool is_cancelled() const { return cancel_.is_requested(); }

    /// Publisher and platforms go.
    void empty_stage();

  private:
    const Cancel& cancel_;
    Home home_;
    Registry registry_;
    int ingest_port_;
    std::map<std::string, std::unique_ptr<LocalSink>> sinks_;
    Counts published_;  ///< by those who have left
    std::unique_ptr<Publisher> publisher_;
};

}  // namespace restream::selftest
