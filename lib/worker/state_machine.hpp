// The states of a relay: what leads from one to another, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "state/record.hpp"
#include "state/session_end.hpp"
#include "worker/retry.hpp"

namespace restream {

/// The state machine of the design. A value: events and the clock are passed in, nothing is waited
/// for. Whoever owns it does what the state asks for (look for the ingest, open a session, carry,
/// wait) and tells it what came of that; an event that means nothing in the state it meets, a late
/// one say, changes nothing.
///
///     stopped ─▶ waiting ─▶ connecting ─▶ live ◀─▶ holding
///                   ▲ ◀────────┴────────────┴─────────┤
///                   └──── backoff, rejected ◀─────────┘       every state ─▶ stopped
///
/// A session lasts from connecting until the state is neither that nor live nor holding. Where the
/// machine itself ends one (the ingest stayed away for too long), its owner says goodbye to the
/// destination.
class StateMachine {
  public:
    /// Flow for this long makes a session confirmed. **Source**: FACTS, "connected is not live".
    static constexpr Milliseconds confirmation = std::chrono::seconds(10);

    /// What is true of the destination; the next session's may differ.
    struct Rules {
        Milliseconds hold{0};  ///< its connection is kept for so long without an ingest; 0: not
        PlatformFacts service;
    };

    /// When time by itself leads on. Belongs to the state that it was set in: once that was left,
    /// it is of an old generation, and has no effect.
    struct Timer {
        std::uint64_t generation = 0;
        SteadyTime at{};
        bool operator==(const Timer&) const = default;
    };

    // What can happen.
    struct Start {};
    struct Stop {};
    struct Nudge {};  ///< the user asks for a try now
    /// There is nothing to begin with: no valid configuration, no key. `luck` as Backoff's.
    struct NoPlan {
        SessionEnd why;
        double luck = 0;
    };
    /// Why it waits: for the ingest, or, where it is a backup, for its turn; or what is known of
    /// that while it holds.
    struct IngestMissing {
        SessionEnd why;
    };
    struct IngestReady {};
    struct IngestLost {
        SessionEnd why;
        /// The last picture, from which `hold` counts; nothing: now.
        std::optional<SteadyTime> since = std::nullopt;
    };
    /// It sends nothing, or no picture, although its connection stands. What holds then is live
    /// again with IngestReady. Nothing happens where that is known already.
    struct IngestSilent {
        SessionEnd why;
        SteadyTime since;  ///< the last picture, from which `hold` counts
        /// Sound still comes and is passed on: no hold ends that.
        bool still_flows = false;
    };
    struct Accepted {};  ///< by the destination
    struct Blocked {};   ///< the destination takes nothing for a while: this is no flow
    /// The session is over, by the destination or by whoever carries it.
    struct Ended {
        SessionEnd end;
        bool said_goodbye = false;
        double luck = 0;
    };
    struct Elapsed {
        Timer timer;
    };
    using Event = std::variant<Start, Stop, Nudge, NoPlan, IngestMissing, IngestReady, IngestLost,
                               IngestSilent, Accepted, Blocked, Ended, Elapsed>;

    /// The session that ended last.
    struct Finished {
        SessionEnd end;
        SessionFacts facts;
    };

    void set_rules(const Rules& rules) { rules_ = rules; }
    /// A session of an earlier life of this relay ended without a goodbye at `when`.
    void remember_dirty_end(SteadyTime when) { policy_.remember_dirty_end(when); }
    /// Tries of an earlier life of this relay failed, the last one for this reason.
    void remember_failure(SessionEnd why, std::uint64_t tries) {
        failure_ = std::move(why);
        tries_ = tries;
    }

    /// Returns whether anything that is shown changed.
    bool apply(const Event& event, SteadyTime now);

    State state() const { return state_; }
    /// Why it is in this state, where there is something to say.
    const std::optional<SessionEnd>& why() const { return why_; }
    /// Why the last try failed: kept until a session is live, and no longer than until the stop.
    const std::optional<SessionEnd>& failure() const { return failure_; }
    /// Since it was live last, the one under way included.
    std::uint64_t tries() const { return tries_; }
    const std::optional<Timer>& timer() const { return timer_; }
    /// When it tries again by itself; nothing where it does not wait for that.
    std::optional<SteadyTime> next_try() const;
    /// Live for longer than the platform takes to refuse late.
    bool is_settled() const { return is_settled_; }
    bool is_confirmed() const { return is_confirmed_; }
    bool is_in_session() const { return is_session(state_); }
    const std::optional<Finished>& finished() const { return finished_; }
    /// When a session ended last without a goodbye; nothing where one with a goodbye followed.
    std::optional<SteadyTime> dirty_end() const { return policy_.dirty_end(); }

    /// Whether the design has an arrow from one to the other.
    static bool is_legal(State from, State to);

  private:
    void take(const Start&, SteadyTime now);
    void take(const Stop&, SteadyTime now);
    void take(const Nudge&, SteadyTime now);
    void take(const NoPlan& event, SteadyTime now);
    void take(const IngestMissing& event, SteadyTime now);
    void take(const IngestReady&, SteadyTime now);
    void take(const IngestLost& event, SteadyTime now);
    void take(const IngestSilent& event, SteadyTime now);
    void take(const Accepted&, SteadyTime now);
    void take(const Blocked&, SteadyTime now);
    void take(const Ended& event, SteadyTime now);
    void take(const Elapsed& event, SteadyTime now);

    void enter(State state, std::optional<SessionEnd> why,
               std::optional<SteadyTime> until = std::nullopt);
    void hold(const SessionEnd& why, std::optional<SteadyTime> until);
    void enter_live(SteadyTime now);
    void forget_failure();
    void look_at_flow(SteadyTime now);
    void set_timer(std::optional<SteadyTime> at);
    SessionFacts finish(const SessionEnd& end, bool said_goodbye, SteadyTime now);
    void end_session(const SessionEnd& end, bool said_goodbye, double luck, SteadyTime now);
    void follow(NextTry next, SteadyTime now);

    Rules rules_;
    RetryPolicy policy_;
    State state_ = State::stopped;
    std::optional<SessionEnd> why_;
    std::optional<SessionEnd> failure_;
    std::uint64_t tries_ = 0;
    std::uint64_t generation_ = 0;
    std::optional<Timer> timer_;
    std::uint64_t changes_ = 0;

    std::optional<SteadyTime> accepted_at_;  ///< of this session
    SteadyTime flows_since_{};
    bool is_settled_ = false;
    bool is_confirmed_ = false;
    bool was_confirmed_ = false;  ///< at any time in this session
    std::optional<Finished> finished_;
};

}  // namespace restream
