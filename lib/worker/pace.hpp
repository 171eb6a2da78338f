// How a track's times keep pace with the clock on the wall.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace restream {

/// Follows how far one track's times are ahead of the wall clock: its lead. A value: the clock is
/// passed in.
///
/// Messages come late (a line that stalls, an encoder that waits) and catch up again, so the usual
/// lead is near the highest one. It follows slowly, because no two clocks run at the same rate.
/// While a track begins, an ingest server sends what it has stored, faster than it was made: until
/// then the usual lead rises with each message. A lead fits into 32 bits, the difference of two
/// does not.
class Pace {
  public:
    /// How long a track begins. **Source**: a GOP of 10 s at 6 Mbit/s, over a line of 30 Mbit/s.
    static constexpr Milliseconds beginning = std::chrono::seconds(3);
    /// So far ahead of the usual lead is a clock that jumped; or a hole in what was stored.
    static constexpr std::int32_t longest_ahead_ms = 500;
    static constexpr std::int32_t longest_ahead_at_begin_ms = 1'000;
    /// So far behind the usual lead is a clock that was set back or stood still, if it stays so.
    static constexpr std::int32_t longest_lag_ms = 1'000;
    /// What is still late after this, and catches up with nothing, will not catch up.
    static constexpr Milliseconds patience = std::chrono::seconds(5);

    /// The first message.
    void begin(std::int64_t lead_ms, SteadyTime at);
    /// The next one. Returns how far the track has fallen behind for good, if it has: the caller
    /// moves its times, and then calls caught_up().
    std::optional<std::int64_t> observe(std::int64_t lead_ms, SteadyTime at);
    /// The track's times were moved by so much, so that the last lead is the usual one again.
    void caught_up(std::int64_t by_ms);
    /// All of the session's times were moved by so much.
    void shift(std::int64_t by_ms);

    /// Whether a message with this lead is ahead of the wall clock.
    bool is_ahead(std::int64_t lead_ms, SteadyTime at) const;
    std::int64_t usual_ms() const { return static_cast<std::int64_t>(usual_ms_); }
    /// How far the last message was behind the usual lead.
    std::int64_t lag_ms() const { return usual_ms() - last_ms_; }

  private:
    bool is_beginning(SteadyTime at) const { return at - begun_at_ < beginning; }
    std::optional<std::int64_t> watch_lag(std::int64_t lead_ms, Milliseconds passed, SteadyTime at);

    /// A time in which the track is behind.
    struct Lag {
        SteadyTime since;
        std::int64_t level_ms;  ///< the lead at its begin
        SteadyTime best_since;
        std::int64_t best_ms;  ///< the highest lead of the last second
    };

    double usual_ms_ = 0;
    std::int64_t last_ms_ = 0;
    SteadyTime begun_at_{};
    SteadyTime last_at_{};
    std::optional<Lag> lag_;
};

}  // namespace restream
