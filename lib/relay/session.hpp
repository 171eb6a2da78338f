// One session: from connecting to the value with which it ends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/destination.hpp"
#include "relay/cancel.hpp"
#include "relay/intake.hpp"
#include "relay/rebase.hpp"
#include "relay/retry.hpp"
#include "relay/session_end.hpp"
#include "relay/sink.hpp"
#include "state/record.hpp"

namespace restream {

/// Who is told what a session does, from inside Session::run().
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// connecting, live, holding (with the reason), live again.
    virtual void entered(State state, const std::optional<SessionEnd>& why) = 0;
    /// At least once a second while it is connected. `media` is what the ingest carries.
    virtual void figures(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                         Milliseconds live_for) = 0;
    /// The file that is written.
    virtual void writes_file(const std::string& name) = 0;
    /// What the ingest had stored has been sent: from now on little waits, and little is in memory.
    virtual void burst_is_over() {}
};

struct SessionResult {
    SessionEnd end;
    SessionFacts facts;
};

/// Carries tags from the intake to a sink; knows neither what brings them nor what takes them away.
/// Both live on the loop, which it runs. A tag is written as soon as it is there and the sink has
/// written the one before it; until then it waits in the intake's queue.
class Session {
  public:
    /// Flow for this long makes a session confirmed. **Source**: FACTS, "connected is not live".
    static constexpr Milliseconds confirmation = std::chrono::seconds(10);
    /// For the goodbye. **Source**: DESIGN, "says goodbye to its destination (≤ 1 s)".
    static constexpr Milliseconds goodbye = Milliseconds(900);

    struct OnLoss {
        OnIngestLoss what = OnIngestLoss::hold;
        Milliseconds hold{0};
    };

    Session(Loop& loop, const OpenSink& open, SinkRequest request, OnLoss on_loss, Intake& intake,
            SessionObserver& observer, const Cancel& cancel);

    /// REQUIRES: request.prefix is what the intake's Begun gave, and nothing was fetched since.
    /// **Blocks**: until the session has ended; obeys the Cancel, with a Loop::wake(), within the
    /// goodbye.
    SessionResult run();

  private:
    std::optional<SessionEnd> connect();
    void begin();
    std::optional<SessionEnd> step();
    std::optional<SessionEnd> carry();
    void end_burst();
    std::optional<SessionEnd> handle(Intake::Event event);
    void send_all(const std::vector<Tag>& prefix);
    void send(const Tag& tag);
    std::optional<SessionEnd> lose(const SessionEnd& why);
    std::optional<SessionEnd> resume(const std::vector<Tag>& prefix);
    SessionEnd leave(SessionEnd end);
    SessionEnd with_age(SessionEnd end) const;
    void finish();
    void report(SteadyTime now);
    Deadline next_turn() const;

    Loop& loop_;
    const OpenSink& open_;
    SinkRequest request_;
    OnLoss on_loss_;
    Intake& intake_;
    SessionObserver& observer_;
    const Cancel& cancel_;

    std::unique_ptr<Sink> sink_;
    std::vector<Tag> headers_;  ///< the sequence headers that it began with
    Rebase rebase_;
    SessionFacts facts_;
    SessionFigures figures_;
    SteadyTime now_{};  ///< when the loop was run last
    SteadyTime accepted_at_{};
    SteadyTime live_since_{};
    SteadyTime reported_at_{};
    std::uint64_t reported_bytes_ = 0;
    std::optional<SteadyTime> hold_until_;
    bool has_rate_ = false;  ///< figures_.bitrate_kbps was measured
    bool is_burst_over_ = false;
};

}  // namespace restream
