// A relay's worker: takes the ingest to one destination, session after session, until it is
// stopped.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "relay/cancel.hpp"
#include "relay/intake.hpp"
#include "relay/record_keeper.hpp"
#include "relay/retry.hpp"
#include "relay/session.hpp"
#include "relay/sink.hpp"
#include "relay/source.hpp"

namespace restream {

/// The states of the design, one after the other, on the thread that calls run().
///
/// Every session ends with a value that decides what comes next (RetryPolicy). The configuration is
/// read again before every session, so a new key is used from the next one on.
class Worker : private SessionObserver {
  public:
    struct Means {
        std::function<Config()> load;  ///< may throw Error{config}
        OpenSource open_source;
        OpenSink open_sink;
    };

    /// `first` is the record to go on with. All references must outlive the worker.
    Worker(const Registry& registry, LogFile& log, Record first, Means means);
    ~Worker() override = default;

    /// **Blocks**: until stop(), and then for the goodbye, at most a second.
    void run();
    /// From any thread: end in order.
    void stop();
    /// From any thread: a retry that waits happens now.
    void nudge();

  private:
    /// What the configuration says now, and the key.
    struct Plan {
        Config config;
        Destination destination;
        Secret key;
    };

    std::optional<SessionEnd> make_plan();
    void take_intake();
    bool await_begin(std::vector<Tag>& prefix);
    SessionResult run_session(std::vector<Tag> prefix);
    NextTry decide(const SessionResult& result);
    void pause(const NextTry& next);
    void enter(State state, const std::optional<SessionEnd>& why,
               std::optional<Milliseconds> retry_in = std::nullopt);

    void entered(State state, const std::optional<SessionEnd>& why) override;
    void figures(const SessionFigures& figures, Milliseconds live_for) override;
    void writes_file(const std::string& name) override;

    const std::string name_;
    LogFile& log_;
    Means means_;
    Cancel cancel_;
    RecordKeeper keeper_;
    std::optional<Plan> plan_;
    std::unique_ptr<Intake> intake_;
    Intake::Settings intake_settings_;
    RetryPolicy policy_;
    std::minstd_rand chance_;
    bool was_connected_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    Intake* woken_ = nullptr;  ///< what stop() has to wake
    bool is_nudged_ = false;
};

/// The record a new worker or guardian begins with: what outlives a life (counters, a session
/// without goodbye) from the last one, all else fresh.
Record next_life(const std::optional<Record>& last, const std::string& name);

}  // namespace restream
