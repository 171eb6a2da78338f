#include "status/media_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "state/session_end.hpp"

namespace restream {

namespace {

std::string channel_words(int channels) {
    if (channels == 1) return "mono";
    if (channels == 2) return "stereo";
    return fmt::format("{} channels", channels);
}

}  // namespace

std::string media_words(const VideoTrack& track) {
    std::string words;
    if (track.width > 0) words += fmt::format("{}x{} ", track.width, track.height);
    if (track.fps) words += fmt::format("{:.4g} fps ", *track.fps);
    words += track.codec;
    if (!track.profile.empty()) words += " " + track.profile;
    if (track.bitrate_kbps) words += fmt::format(" {} kbit/s", *track.bitrate_kbps);
    if (track.keyframe_interval_s) {
        words += fmt::format(", keyframe every {:.1f} s", *track.keyframe_interval_s);
    }
    return words;
}

std::string media_words(const AudioTrack& track) {
    std::string words = track.codec;
    // LC is what everybody sends.
    if (!track.profile.empty() && track.profile != "LC") words += " " + track.profile;
    if (track.sample_rate_hz > 0)
        words += fmt::format(" {:.4g} kHz", track.sample_rate_hz / 1000.0);
    if (track.channels > 0) words += " " + channel_words(track.channels);
    if (track.bitrate_kbps) words += fmt::format(" {} kbit/s", *track.bitrate_kbps);
    return words;
}

std::string silence_words(Silence missing, std::optional<WallTime> since, WallTime now) {
    if (missing == Silence::none) return {};
    const auto span = since ? now - *since : WallTime::duration(0);
    const std::string how_long =
        since ? " for " + describe_duration(std::chrono::duration_cast<std::chrono::seconds>(
                              std::max(span, WallTime::duration(0))))
              : "";
    const std::string what = missing == Silence::picture
                                 ? fmt::format("no picture{}, only sound", how_long)
                                 : fmt::format("no picture and no sound{}", how_long);
    return fmt::format("{}, although the publisher is connected; {}", what,
                       remedy(EndCode::ingest_silent, {}));
}

std::string media_words(const MediaFacts& facts) {
    if (!facts.video && !facts.audio) return {};
    return (facts.video ? media_words(*facts.video) : "no picture") + ", " +
           (facts.audio ? media_words(*facts.audio) : "no sound");
}

}  // namespace restream
