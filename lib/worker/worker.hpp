// A relay's worker: takes the ingest to one destination, session after session, until it is
// stopped.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "base/cancel.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "relay/hook_keeper.hpp"
#include "system/log.hpp"
#include "worker/errands.hpp"
#include "worker/failover.hpp"
#include "worker/flight_recorder.hpp"
#include "worker/intake.hpp"
#include "worker/plan.hpp"
#include "worker/plan_watch.hpp"
#include "worker/record_keeper.hpp"
#include "worker/session.hpp"
#include "worker/sink.hpp"
#include "worker/slate_keeper.hpp"
#include "worker/source.hpp"
#include "worker/state_machine.hpp"

namespace restream {

/// The states of the design, one after the other, on the thread that calls run(): it runs the loop
/// on which the ingest's and the destination's connections live, and waits nowhere else.
///
/// What comes next, the state machine decides; here is done what its state asks for. The
/// configuration is read again before every session, so a new key is used from the next one on.
/// While a session runs, its thread for the record looks whether the next one would be another.
class Worker : private SessionOwner {
  public:
    struct Means {
        std::function<Config()> load;  ///< may throw Error{config}
        OpenSource open_source;
        OpenSink open_sink;
        /// Whether open_sink knows what this URL names.
        std::function<bool(const std::string& url)> can_carry_to;
        std::filesystem::path programs = {};  ///< the folder with restream-slate and -hook
        /// Whether the ingest server says that its publisher sends nothing. May be empty.
        std::function<bool(const IngestConfig&)> is_ingest_silent = {};
        /// Runs programs if this process may not; must outlive the worker. nullptr: this process
        /// runs them itself.
        const Errands* errands = nullptr;
        /// This process may run no program, and has no Errands: nothing needed them at its start.
        bool lacks_errands = false;
    };
    /// Why run() returned.
    enum class Left {
        stopped,
        to_other_worker,  ///< the destination is not for this process any more
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
    std::optional<SessionEnd> make_plan();
    std::optional<Plan> read_plan() const;
    void look_at_plan();
    /// In the log, and in what the flight recorder keeps.
    void hide(const Secret& secret);
    bool is_called_for();
    void stand_by();
    void carry();
    std::optional<Intake::Begun> await_begin();
    void run_session(Intake::Begun begun);
    void pause();
    void tell(const StateMachine::Event& event) { happened(event, SteadyClock::now()); }
    void show();
    StateMachine::Rules rules() const;
    bool takes_other_tracks() const;
    bool may_show_slate() const;
    void log_change(const std::optional<Milliseconds>& retry_in);

    const StateMachine& machine() const override { return machine_; }
    void happened(const StateMachine::Event& event, SteadyTime now) override;
    double luck() override;
    Slate* slate() override { return slates_.current(); }
    void figures(const SessionFigures& figures, const std::optional<MediaFacts>& media) override;
    void measured(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                  const FlowFacts& flow) override;
    void writes_file(const std::string& name) override;
    void burst_is_over() override;

    const std::string name_;
    const Registry& registry_;
    LogFile& log_;
    Loop& loop_;
    Means means_;
    Cancel cancel_;
    FlightRecorder flight_;
    PlanWatch plan_watch_;
    std::atomic<bool> has_other_plan_{false};  ///< the configuration has changed since
    RecordKeeper keeper_;                      ///< behind what its thread does beside the record
    std::optional<Plan> plan_;
    bool is_for_another_ = false;   ///< the plan needs what this process lacks
    std::optional<Intake> intake_;  ///< stays where the next session goes on with it
    std::optional<TagType> only_;   ///< as Intake's: what it knew of the publisher that is there
    std::optional<PrimaryWatch> primary_;  ///< of a backup's relay that waits for it to fail
    StateMachine machine_;
    std::string shown_;  ///< the state as it was logged last
    std::minstd_rand chance_;
    SlateKeeper slates_;
    HookKeeper hooks_;
    bool was_connected_ = false;
    bool was_silent_ = false;  ///< the ingest, when the last session ended
    std::atomic<bool> is_nudged_{false};
};

}  // namespace restream
