// How much of one track flows: measured on its own timestamps, over the last seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "flv/tag.hpp"

namespace restream {

/// The last 4.5 to 5 s of one track, in slices of half a second. A burst (a server's GOP cache, a
/// link that recovers) says the same as a steady flow: only timestamps count, not arrival. Never
/// allocates. A value.
class FlowWindow {
  public:
    static constexpr std::int32_t span_ms = 5000;

    /// REQUIRES: not earlier than the last one, by the timestamp. Messages of one time are one
    /// frame: some encoders send its slices, or its parameter sets, one by one.
    void add(RtmpTime time, std::size_t bytes);

    struct Figures {
        double frames_per_s;
        double kbps;
    };
    /// Nothing before half a second was seen: one keyframe would be taken for the whole.
    std::optional<Figures> figures() const;

  private:
    static constexpr std::int32_t slice_ms = 500;
    static constexpr std::size_t most_slices = span_ms / slice_ms;
    struct Slice {
        RtmpTime begin;
        std::uint32_t frames = 0;
        std::uint64_t bytes = 0;
    };
    const Slice& slice(std::size_t i) const { return slices_[(first_ + i) % most_slices]; }
    Slice& current() { return slices_[(first_ + count_ - 1) % most_slices]; }

    std::array<Slice, most_slices> slices_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    RtmpTime last_;
    std::uint64_t last_bytes_ = 0;  ///< of the last frame: how long it lasts is not known yet
};

}  // namespace restream
