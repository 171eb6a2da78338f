// The picture that the self-test publishes: made before, numbered, and stamped with the time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "flv/tag.hpp"

namespace restream::selftest {

/// H.264 and AAC that any decoder takes: a plain blue picture of 320x180, and silence. What makes
/// it 6 Mbit/s is filler data, so that a destination that takes nothing is noticed as soon as with
/// a real picture.
constexpr std::uint32_t pictures_per_second = 30;
/// A keyframe each second.
constexpr std::uint32_t pictures_per_group = 30;
/// Of AAC at 48 kHz, 1,024 samples each.
constexpr double sounds_per_second = 46.875;

/// What each message carries inside.
struct Stamp {
    std::uint32_t number = 0;  ///< pictures and sounds are counted apart
    SteadyTime sent{};

    bool operator==(const Stamp&) const = default;
};

/// Metadata and the two sequence headers.
std::vector<Tag> headers();
/// A keyframe where its number is a multiple of pictures_per_group.
Tag picture(RtmpTime time, const Stamp& stamp);
Tag sound(RtmpTime time, const Stamp& stamp);
/// Nothing for what carries none.
std::optional<Stamp> stamp_of(const Tag& tag);

}  // namespace restream::selftest
