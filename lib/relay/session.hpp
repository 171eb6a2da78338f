// One session: from connecting to the value with which it ends.
#pragma once

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
    /// At least once a second while it is connected.
    virtual void figures(const SessionFigures& figures, Milliseconds live_for) = 0;
    /// The file that is written.
    virtual void writes_file(const std::string& name) = 0;
};

struct SessionResult {
    SessionEnd end;
    SessionFacts facts;
};

/// Carries tags from the intake to a sink; knows neither what brings them nor what takes them away.
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

    Session(const OpenSink& open, SinkRequest request, OnLoss on_loss, Intake& intake,
            SessionObserver& observer, const Cancel& cancel);

    /// REQUIRES: request.prefix is what the intake's Begun gave, and nothing was fetched since.
    /// **Blocks**: until the session has ended; obeys the Cancel within the goodbye.
    SessionResult run();

  private:
    std::optional<SessionEnd> step();
    std::optional<SessionEnd> send_all(const std::vector<Tag>& prefix);
    std::optional<SessionEnd> send(const Tag& tag);
    std::optional<SessionEnd> lose(const SessionEnd& why);
    std::optional<SessionEnd> resume(const std::vector<Tag>& prefix);
    SessionEnd leave(SessionEnd end);
    void report(SteadyTime now);

    const OpenSink& open_;
    SinkRequest request_;
    OnLoss on_loss_;
    Intake& intake_;
    SessionObserver& observer_;
    const Cancel& cancel_;

    std::unique_ptr<Sink> sink_;
    Rebase rebase_;
    SessionFacts facts_;
    SessionFigures figures_;
    SteadyTime accepted_at_{};
    SteadyTime live_since_{};
    SteadyTime reported_at_{};
    std::uint64_t reported_bytes_ = 0;
    std::optional<SteadyTime> hold_until_;
};

}  // namespace restream
