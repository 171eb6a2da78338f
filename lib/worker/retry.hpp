// What comes after a session has ended: again at once, again later, or not before the user did
// something.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "base/clock.hpp"
#include "state/session_end.hpp"

namespace restream {

/// Growing waits between tries. A value.
class Backoff {
  public:
    static constexpr Milliseconds first = std::chrono::seconds(1);
    static constexpr Milliseconds longest = std::chrono::seconds(60);
    /// Growth per failed session. Source: OBS obs-output.c, RECONNECT_RETRY_BASE_EXP.
    static constexpr double growth = 1.5;
    /// Each wait is anywhere between this and its nominal length, so that destinations which failed
    /// together do not come back in one burst ("full jitter").
    static constexpr Milliseconds shortest = Milliseconds(200);

    /// `luck` is in [0, 1).
    Milliseconds next(double luck);
    void reset() { nominal_ = first; }

  private:
    Milliseconds nominal_ = first;
};

/// What is known of the session that ended.
struct SessionFacts {
    bool was_accepted = false;   ///< the destination took it
    bool was_confirmed = false;  ///< 10 s of steady flow
    bool said_goodbye = false;   ///< we ended it in order
    Milliseconds lasted{0};      ///< since it was accepted
};

/// What the service is known for.
struct PlatformFacts {
    Milliseconds late_refusal{0};
    bool keys_last = true;  ///< false: a refused key is spent
};

/// What comes next.
struct NextTry {
    enum class Kind {
        at_once,
        after,       ///< state backoff
        after_user,  ///< state rejected, without a time: the user has to do something
        after_long,  ///< state rejected, tried again by itself
    };
    Kind kind = Kind::at_once;
    Milliseconds wait{0};
    SessionEnd shown;  ///< the end as it is told: "session_held" instead of a refusal, for one
};

/// Decides what comes after each end. A value: the clock and the chance are passed in.
class RetryPolicy {
  public:
    /// How long a platform may hold a session that ended without a goodbye.
    /// **Source**: FACTS, "platforms on AWS IVS hold a dead session up to about a minute".
    static constexpr Milliseconds longest_held = std::chrono::seconds(90);
    static constexpr Milliseconds rejected_wait = std::chrono::minutes(5);
    static constexpr int most_early_closes = 3;
    /// After a session that ran well the first retry is at once; but within this, by chance, where
    /// it ended in a way in which an uplink that fails ends all of them.
    static constexpr Milliseconds spread = std::chrono::seconds(1);

    /// A session of an earlier life of this relay ended without a goodbye at `when`.
    void remember_dirty_end(SteadyTime when) { dirty_end_ = when; }
    NextTry after(const SessionEnd& end, const SessionFacts& session, const PlatformFacts& service,
                  SteadyTime now, double luck);
    /// The user asked for a try now.
    void forgive() {
        backoff_.reset();
        early_closes_ = 0;
        has_changed_ = false;
    }
    std::optional<SteadyTime> dirty_end() const { return dirty_end_; }

  private:
    NextTry refused(SessionEnd end, const PlatformFacts& service) const;

    Backoff backoff_;
    std::optional<SteadyTime> dirty_end_;
    int early_closes_ = 0;
    /// The publisher changed its tracks, and since then no session ran well. Once is its right;
    /// sessions that all end so are a failure like any other.
    bool has_changed_ = false;
};

}  // namespace restream
