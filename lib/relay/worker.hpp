// A relay's worker: takes the ingest to one destination, session after session, until it is
// stopped.
#pragma once

#include <atomic>
#include <functional>
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

/// The states of the design, one after the other, on the thread that calls run(): it runs the loop
/// on which the ingest's and the destination's connections live, and waits nowhere else.
///
/// Every session ends with a value that decides what comes next (RetryPolicy). The configuration is
/// read again before every session, so a new key is used from the next one on.
class Worker : private SessionObserver {
  public:
    struct Means {
        std::function<Config()> load;  ///< may throw Error{config}
        OpenSource open_source;
        OpenSink open_sink;
        /// Whether open_sink knows what this URL names.
        std::function<bool(const std::string& url)> can_carry_to;
    };
    /// Why run() returned.
    enum class Left {
        stopped,
        to_other_worker,  ///< the destination is not for this program any more
    };

    /// `first` is the record to go on with. All references must outlive the worker.
    Worker(const Registry& registry, LogFile& log, Record first, Loop& loop, Means means);
    ~Worker() override = default;

    /// **Blocks**: until stop(), and then for the goodbye, at most a second; or until another
    /// program has to go on.
    Left run();
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
    std::optional<SessionResult> carry();
    bool await_begin(Intake& intake, std::vector<Tag>& prefix);
    SessionResult run_session(Intake& intake, std::vector<Tag> prefix);
    NextTry decide(const SessionResult& result);
    void pause(const NextTry& next);
    void enter(State state, const std::optional<SessionEnd>& why,
               std::optional<Milliseconds> retry_in = std::nullopt);

    void entered(State state, const std::optional<SessionEnd>& why) override;
    void figures(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                 Milliseconds live_for) override;
    void writes_file(const std::string& name) override;
    void burst_is_over() override;

    const std::string name_;
    LogFile& log_;
    Loop& loop_;
    Means means_;
    Cancel cancel_;
    RecordKeeper keeper_;
    std::optional<Plan> plan_;
    RetryPolicy policy_;
    std::minstd_rand chance_;
    bool was_connected_ = false;
    std::atomic<bool> is_nudged_{false};
};

}  // namespace restream
