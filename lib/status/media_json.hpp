// What is published, as JSON documents show it.
#pragma once

#include <string>

#include "base/media_facts.hpp"

namespace restream {

/// {"codec", "profile", "width", "height", "fps", "bitrate_kbps", "keyframe_interval_s",
/// "b_frames"}; null for what is not known, and as a whole where there is no picture.
std::string to_json(const std::optional<VideoTrack>& video);
/// {"codec", "profile", "sample_rate_hz", "channels", "bitrate_kbps"}.
std::string to_json(const std::optional<AudioTrack>& audio);

/// For people: "h264 High, 1920x1080, 30 fps, 6000 kbit/s, a keyframe every 2 s".
std::string describe(const VideoTrack& video);
/// "aac LC, 48000 Hz, 2 channels, 160 kbit/s".
std::string describe(const AudioTrack& audio);

}  // namespace restream
