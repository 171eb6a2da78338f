// What a slate has to be like, so that it can stand in for the live picture.
#pragma once

#include <optional>

#include "base/media_facts.hpp"

namespace restream {

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

}  // namespace restream
