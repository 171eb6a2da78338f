// One session: from connecting to its end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_rate.hpp"
#include "base/cancel.hpp"
#include "base/clock.hpp"
#include "config/destination.hpp"
#include "flv/setup_tags.hpp"
#include "state/record.hpp"
#include "state/session_end.hpp"
#include "worker/flight_recorder.hpp"
#include "worker/intake.hpp"
#include "worker/rebase.hpp"
#include "worker/sink.hpp"
#include "worker/slate.hpp"
#include "worker/state_machine.hpp"
#include "worker/track_change.hpp"

namespace restream {

/// Whose session it is: it owns the state machine, which decides what a session only tells.
class SessionOwner {
  public:
    virtual ~SessionOwner() = default;
    virtual const StateMachine& machine() const = 0;
    /// Something happened: the machine is told. Afterwards its state says what the session has to
    /// do.
    virtual void happened(const StateMachine::Event& event, SteadyTime now) = 0;
    /// What is shown while the ingest is away; nullptr where there is none.
    virtual Slate* slate() { return nullptr; }
    /// In [0, 1): for StateMachine::Ended.
    virtual double luck() = 0;
    /// At least once a second while it is connected. `media` is what the ingest carries.
    virtual void figures(const SessionFigures& figures, const std::optional<MediaFacts>& media) = 0;
    /// Behind figures(): how what they come from fares.
    virtual void measured(const SessionFigures& /*figures*/,
                          const std::optional<MediaFacts>& /*media*/, const FlowFacts& /*flow*/) {}
    /// The file that is written.
    virtual void writes_file(const std::string& name) = 0;
    /// What the ingest had stored has been sent: from now on little waits, and little is in memory.
    virtual void burst_is_over() {}
};

/// Carries tags from the intake to a sink; knows neither what brings them nor what takes them away.
/// Both live on the loop, which it runs. A tag is written as soon as it is there and the sink has
/// written the one before it; until then it waits in the intake's queue.
class Session {
  public:
    /// For the goodbye. **Source**: DESIGN, "says goodbye to its destination (≤ 1 s)".
    static constexpr Milliseconds goodbye = Milliseconds(900);

    /// Where tags wait for longer than this, the destination takes nothing.
    static constexpr Milliseconds longest_flowing_wait = Milliseconds(1000);

    struct Ways {
        /// Whether the destination takes other sequence headers of the same codecs while a session
        /// goes on.
        bool takes_other_tracks = true;
        /// How long after the last picture the owner's slate is shown.
        Milliseconds slate_after{0};
        /// So long a session's begin waits for the first message of the other track: only then is
        /// it known how far apart they are. **Source**: sound comes every 21 to 43 ms; encoders
        /// that do not interleave send it every half a second.
        Milliseconds longest_start = Milliseconds(500);
    };
    Session(Loop& loop, const OpenSink& open, SinkRequest request, Ways ways, Intake& intake,
            SessionOwner& owner, const Cancel& cancel);

    /// REQUIRES: the machine is connecting; `begun_at` and request.prefix are what the intake's
    /// Begun gave, and nothing was fetched since.
    /// **Blocks**: until the machine is in no session any more; obeys the Cancel, with a
    /// Loop::wake(), within the goodbye.
    void run(SteadyTime begun_at);

  private:
    void connect(SteadyTime begun_at);
    bool is_start_known();
    Rebase::First first_times(const Tag& first) const;
    void begin(SteadyTime begun_at);
    void step();
    void keep_time();
    void carry();
    void end_burst();
    void handle(Intake::Event event);
    void pass(Intake::Arrived arrived);
    bool is_too_much(TrackChange change) const;
    void look_for_silence();
    void show_slate();
    bool is_slate_due() const;
    SteadyTime slate_turn() const;
    void send_all(const Intake::Begun& begun);
    void send(const Tag& tag, SteadyTime at);
    void resume(const Intake::Begun& begun);
    void tell(const StateMachine::Event& event);
    void end(SessionEnd end, bool said_goodbye);
    SessionEnd too_slow() const;
    SessionEnd with_age(SessionEnd end) const;
    void finish();
    void report(SteadyTime now);
    std::uint64_t discarded() const { return rebase_.discarded() + left_out_; }
    Deadline next_turn() const;
    bool is_on() const { return owner_.machine().is_in_session(); }

    Loop& loop_;
    const OpenSink& open_;
    SinkRequest request_;
    const Ways ways_;
    Intake& intake_;
    SessionOwner& owner_;
    const Cancel& cancel_;

    std::unique_ptr<Sink> sink_;
    SetupTags headers_;       ///< what the destination's decoder is set up with
    SetupTags next_headers_;  ///< what the publisher's messages need
    /// The two differ by more than the destination takes: the next keyframe is another session's.
    bool is_change_due_ = false;
    std::uint64_t left_out_ = 0;        ///< messages of the change that came before that
    std::uint64_t dropped_before_ = 0;  ///< by the intake, in the session before
    Rebase rebase_;
    SessionFigures figures_;
    SteadyTime now_{};                  ///< when the loop was run last
    std::optional<Deadline> start_by_;  ///< accepted, but is_start_known() was false
    SteadyTime accepted_at_{};
    SteadyTime reported_at_{};
    ByteRate rate_;
    bool is_burst_over_ = false;
    SteadyTime last_picture_{};  ///< or sound, where there are no pictures; while it holds
    bool is_lost_ = false;       ///< the ingest, until it has begun again
    Silence silence_ = Silence::none;
    bool shows_slate_ = false;
};

}  // namespace restream
