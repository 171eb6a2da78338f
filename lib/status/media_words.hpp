// Media facts in words.
#pragma once

#include <string>

#include "base/media_facts.hpp"

namespace restream {

/// "1920x1080 30 fps h264 High 6012 kbit/s, keyframe every 2.0 s, aac 48 kHz stereo 160 kbit/s";
/// what is not known is left out. Empty where there is neither picture nor sound.
std::string media_words(const MediaFacts& facts);
/// "1920x1080 30 fps h264 High 6012 kbit/s, keyframe every 2.0 s"
std::string media_words(const VideoTrack& track);
/// "aac 48 kHz stereo 160 kbit/s"
std::string media_words(const AudioTrack& track);

}  // namespace restream
