#include "state/media_json.hpp"

#include <cmath>
#include <limits>
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
ordered_json or_null(int number) {
    return number > 0 ? ordered_json(number) : ordered_json(nullptr);
}

ordered_json video_json(const VideoTrack& track) {
    return {{"codec", track.codec},
            {"profile", or_null(track.profile)},
            {"width", or_null(track.width)},
            {"height", or_null(track.height)},
            {"fps", or_null(track.fps)},
            {"bitrate_kbps", or_null(track.bitrate_kbps)},
            {"keyframe_interval_s", or_null(track.keyframe_interval_s)},
            {"b_frames", or_null(track.b_frames)}};
}

ordered_json audio_json(const AudioTrack& track) {
    return {{"codec", track.codec},
            {"profile", or_null(track.profile)},
            {"sample_rate_hz", or_null(track.sample_rate_hz)},
            {"channels", or_null(track.channels)},
            {"bitrate_kbps", or_null(track.bitrate_kbps)}};
}

/// Reads members of one object; null leaves what is there.
class Members {
  public:
    explicit Members(const ordered_json& object) : object_(object), is_good_(object.is_object()) {}

    void read(const char* name, std::string& into) {
        const ordered_json* const value = find(name);
        if (value == nullptr) return;
        if (value->is_string()) {
            into = value->get<std::string>();
        } else {
            is_good_ = false;
        }
    }
    void read(const char* name, int& into) {
        const ordered_json* const value = find(name);
        if (value == nullptr) return;
        is_good_ = value->is_number_unsigned() &&
                   value->get<std::uint64_t>() <= std::uint64_t(std::numeric_limits<int>::max());
        if (is_good_) into = value->get<int>();
    }
    void read(const char* name, double& into) {
        const ordered_json* const value = find(name);
        if (value == nullptr) return;
        is_good_ =
            value->is_number() && value->get<double>() >= 0 && std::isfinite(value->get<double>());
        if (is_good_) into = value->get<double>();
    }
    void read(const char* name, bool& into) {
        const ordered_json* const value = find(name);
        if (value == nullptr) return;
        is_good_ = value->is_boolean();
        if (is_good_) into = value->get<bool>();
    }
    template <typename Value>
    void read(const char* name, std::optional<Value>& into) {
        if (find(name) == nullptr) return;
        Value value{};
        read(name, value);
        into = value;
    }
    bool is_good() const { return is_good_; }
    /// nullptr for null, and for what is not there, which is not good.
    const ordered_json* find(const char* name) {
        if (!is_good_) return nullptr;
        const auto found = object_.find(name);
        if (found == object_.end()) is_good_ = false;
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

  private:
    const ordered_json& object_;
    bool is_good_;
};

std::optional<VideoTrack> read_video(const ordered_json& object) {
    Members members(object);
    VideoTrack track;
    members.read("codec", track.codec);
    members.read("profile", track.profile);
    members.read("width", track.width);
    members.read("height", track.height);
    members.read("fps", track.fps);
    members.read("bitrate_kbps", track.bitrate_kbps);
    members.read("keyframe_interval_s", track.keyframe_interval_s);
    members.read("b_frames", track.b_frames);
    return members.is_good() ? std::optional(track) : std::nullopt;
}

std::optional<AudioTrack> read_audio(const ordered_json& object) {
    Members members(object);
    AudioTrack track;
    members.read("codec", track.codec);
    members.read("profile", track.profile);
    members.read("sample_rate_hz", track.sample_rate_hz);
    members.read("channels", track.channels);
    members.read("bitrate_kbps", track.bitrate_kbps);
    return members.is_good() ? std::optional(track) : std::nullopt;
}

}  // namespace

std::string to_json(const MediaFacts& facts) {
    const ordered_json document = {
        {"video", facts.video ? video_json(*facts.video) : ordered_json(nullptr)},
        {"audio", facts.audio ? audio_json(*facts.audio) : ordered_json(nullptr)}};
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<MediaFacts> media_facts_from_json(std::string_view text) {
    const ordered_json document = ordered_json::parse(text, nullptr, false);
    if (document.is_discarded()) return std::nullopt;
    Members members(document);
    MediaFacts facts;
    if (const auto* const video = members.find("video")) {
        facts.video = read_video(*video);
        if (!facts.video) return std::nullopt;
    }
    if (const auto* const audio = members.find("audio")) {
        facts.audio = read_audio(*audio);
        if (!facts.audio) return std::nullopt;
    }
    return members.is_good() ? std::optional(facts) : std::nullopt;
}

}  // namespace restream
