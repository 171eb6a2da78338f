// The containers of FFmpeg's that destinations are written in, and what each can hold.
#pragma once

#include <string_view>

#include "media/av.hpp"

namespace restream {

enum class Container {
    matroska,
    mp4,
    mpegts,
    mpegts_segments,  ///< of a show whose segments before these came from another muxer
};

/// As libavformat calls it.
const char* format_name(Container container);
/// For people: "an .mkv file".
std::string_view container_words(Container container);

/// Whether players find the codec in it: some muxers write anything, as private data.
bool can_hold(Container container, AVCodecID codec);

}  // namespace restream
