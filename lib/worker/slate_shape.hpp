// What a slate has to be like, so that it can stand in for the live picture.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/media_facts.hpp"

namespace restream {

/// Of a slate's file: two seconds of a still picture, of which the keyframe may be large.
inline constexpr std::size_t longest_slate_bytes = 16 * 1024 * 1024;

/// H.264 and AAC with the live picture's size and rates. A value.
struct SlateShape {
    int width = 0;  ///< even, in pixels
    int height = 0;
    double fps = 0;
    int sample_rate_hz = 0;
    int channels = 0;  ///< 1 or 2

    bool operator==(const SlateShape&) const = default;
};

/// Nothing where no slate can be made that fits: other codecs than H.264 and AAC, or a size or rate
/// that is not known or that no encoder takes.
std::optional<SlateShape> slate_shape(const MediaFacts& live);

/// What restream-slate is told, less the file's name.
std::vector<std::string> slate_arguments(const SlateShape& shape,
                                         const std::filesystem::path& picture);

}  // namespace restream
