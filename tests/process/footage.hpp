// The media that tests publish: a test picture and a tone, encoded by ffmpeg.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "flv/tag.hpp"

namespace restream::test {

/// What is published: 320x180 at 30 frames/s in H.264, and AAC; a keyframe every 2 s.
enum class Footage {
    picture_and_sound,
    short_gop,  ///< a keyframe every 0.5 s: for tests that begin many sessions
    picture_only,
    sound_only,
    long_gop,  ///< a keyframe every 8 s
    heavy,     ///< 8 Mbit/s: fills the buffers of a line that stalls within seconds
    mp3,       ///< short_gop, with MP3 instead of AAC
    small,     ///< short_gop, with a picture of 256x144
};

/// The file with it: encoded once per build tree, 24 s, played in a circle.
std::filesystem::path footage_file(Footage footage);
/// Its first `ms` milliseconds, message by message.
std::vector<Tag> footage_tags(Footage footage, std::int32_t ms);

}  // namespace restream::test
