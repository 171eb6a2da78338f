// What the self-test measures: how late messages arrive, and which do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace restream::selftest {

/// How many pictures and sounds were published.
struct Counts {
    std::uint32_t pictures = 0;
    std::uint32_t sounds = 0;

    bool operator==(const Counts&) const = default;
};

/// One message at a destination.
struct Arrival {
    enum class What { picture, sound };
    What what = What::picture;
    std::uint32_t number = 0;
    SteadyTime sent{};
    SteadyTime arrived{};
};

/// How late messages were, and how many never came. **Unit**: milliseconds.
struct Lateness {
    std::size_t messages = 0;
    std::size_t lost = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;

    bool operator==(const Lateness&) const = default;
};

/// The value below which lies that share of all, by nearest rank; 0 where there are none.
double percentile(std::vector<double> values, double share);

/// Of the messages from the first count up to the second, which is not included. One that came
/// twice counts once.
Lateness lateness(const std::vector<Arrival>& arrivals, const Counts& from, const Counts& to);

double to_ms(SteadyClock::duration span);

}  // namespace restream::selftest
