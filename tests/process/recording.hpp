// What a recorded session carries, as a real decoder sees it.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.hpp"

namespace restream::test {

struct Recording {
    int video_frames = 0;
    int audio_frames = 0;
    bool begins_with_keyframe = false;  ///< its first video packet is one
    double first_video_s = 0;           ///< its first video packet's time
    double last_video_s = 0;
    std::string errors;  ///< the decoder's words; empty: it had nothing to say

    bool has_picture_and_sound() const { return video_frames > 0 && audio_frames > 0; }
    std::string describe() const;
};

/// Decodes the whole file with ffprobe. **Blocks**: at most 30 s; then `errors` says so.
Recording decode(const std::filesystem::path& file);

}  // namespace restream::test
