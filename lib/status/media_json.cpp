#include "status/media_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace restream {

using nlohmann::ordered_json;

namespace {

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json or_null(int value) { return value == 0 ? ordered_json(nullptr) : ordered_json(value); }

std::string text_of(const ordered_json& value) {
    return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string with_profile(const std::string& codec, const std::string& profile) {
    return profile.empty() ? codec : codec + " " + profile;
}

}  // namespace

std::string to_json(const std::optional<VideoTrack>& video) {
    if (!video) return "null";
    return text_of({{"codec", video->codec},
                    {"profile", or_null(video->profile)},
                    {"width", or_null(video->width)},
                    {"height", or_null(video->height)},
                    {"fps", or_null(video->fps)},
                    {"bitrate_kbps", or_null(video->bitrate_kbps)},
                    {"keyframe_interval_s", or_null(video->keyframe_interval_s)},
                    {"b_frames", or_null(video->b_frames)}});
}

std::string to_json(const std::optional<AudioTrack>& audio) {
    if (!audio) return "null";
    return text_of({{"codec", audio->codec},
                    {"profile", or_null(audio->profile)},
                    {"sample_rate_hz", or_null(audio->sample_rate_hz)},
                    {"channels", or_null(audio->channels)},
                    {"bitrate_kbps", or_null(audio->bitrate_kbps)}});
}

std::string describe(const VideoTrack& video) {
    std::string text = with_profile(video.codec, video.profile);
    if (video.width != 0) text += fmt::format(", {}x{}", video.width, video.height);
    if (video.fps) text += fmt::format(", {:.4g} fps", *video.fps);
    if (video.bitrate_kbps) text += fmt::format(", {} kbit/s", *video.bitrate_kbps);
    if (video.keyframe_interval_s)
        text += fmt::format(", a keyframe every {:.2g} s", *video.keyframe_interval_s);
    return text;
}

std::string describe(const AudioTrack& audio) {
    std::string text = with_profile(audio.codec, audio.profile);
    if (audio.sample_rate_hz != 0) text += fmt::format(", {} Hz", audio.sample_rate_hz);
    if (audio.channels == 1) text += ", 1 channel";
    if (audio.channels > 1) text += fmt::format(", {} channels", audio.channels);
    if (audio.bitrate_kbps) text += fmt::format(", {} kbit/s", *audio.bitrate_kbps);
    return text;
}

}  // namespace restream
