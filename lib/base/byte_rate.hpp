// How much flows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace restream {

/// What flowed over the last four seconds or so: a keyframe does not make it jump, and soon after
/// the last byte it is 0. A value: the clock is passed in.
class ByteRate {
  public:
    /// What flowed before does not count.
    void restart(SteadyTime now, std::uint64_t bytes);
    /// `bytes`: in all. To be told about once a second.
    void add(SteadyTime now, std::uint64_t bytes);
    /// 0 as long as too little time was seen.
    std::uint32_t kbps() const;

  private:
    struct Sample {
        SteadyTime at{};
        std::uint64_t bytes = 0;
    };
    /// A second apart, they span four.
    std::array<Sample, 5> samples_{};  ///< the oldest first
    std::size_t count_ = 0;
};

}  // namespace restream
