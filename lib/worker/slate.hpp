// A still picture and silence, sent while nobody publishes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "flv/tag.hpp"
#include "worker/slate_shape.hpp"

namespace restream {

/// A short loop of tags that goes on for as long as it is asked. A value: the clock is passed in,
/// payloads are shared.
class Slate {
  public:
    /// From the bytes of an FLV file with H.264 and AAC, each with its sequence header: the
    /// pictures are repeated, from the keyframe on, and so is the last of the sounds. Nothing where
    /// it is no such file.
    static std::optional<Slate> read(std::span<const std::uint8_t> flv, const SlateShape& shape);

    /// What it begins with: the sequence headers.
    const std::vector<Tag>& headers() const { return headers_; }
    /// The loop begins now, at time 0.
    void begin(SteadyTime now);
    /// What is due; nothing until next_turn().
    std::optional<Tag> next(SteadyTime now);
    SteadyTime next_turn() const;

  private:
    Slate() = default;
    double video_ms() const;
    double audio_ms() const;

    std::vector<Tag> headers_;
    std::vector<Tag> pictures_;  ///< the first is a keyframe
    Tag silence_;
    double fps_ = 0;
    int sample_rate_hz_ = 0;
    SteadyTime begun_{};
    std::uint64_t pictures_sent_ = 0;
    std::uint64_t sounds_sent_ = 0;
};

}  // namespace restream
