// What arrives from the ingest, counted: how much, and the longest time without anything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace restream {

/// What arrived in a span of time.
struct Arrivals {
    Milliseconds span{0};
    std::uint64_t bytes = 0;
    std::uint32_t messages = 0;
    /// Between two messages, or since the last one. One that goes on is counted from its begin.
    Milliseconds longest_gap{0};
};

/// A value: the clock is passed in.
class ArrivalCount {
  public:
    void add(std::size_t bytes, SteadyTime now) {
        note_gap(now);
        last_ = now;
        if (!since_) since_ = now;
        sum_.bytes += bytes;
        ++sum_.messages;
    }
    /// What there was since it was taken last; before the first message, nothing.
    Arrivals take(SteadyTime now) {
        note_gap(now);
        if (since_) sum_.span = std::chrono::duration_cast<Milliseconds>(now - *since_);
        const Arrivals taken = sum_;
        sum_ = {};
        if (since_) since_ = now;
        return taken;
    }

  private:
    void note_gap(SteadyTime now) {
        if (!last_) return;
        const auto gap = std::chrono::duration_cast<Milliseconds>(now - *last_);
        sum_.longest_gap = std::max(sum_.longest_gap, gap);
    }
    Arrivals sum_;
    std::optional<SteadyTime> since_;
    std::optional<SteadyTime> last_;
};

}  // namespace restream
