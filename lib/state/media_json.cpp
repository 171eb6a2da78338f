#include "state/media_json.hpp"

#include "base/json_reader.hpp"

namespace restream {

namespace {

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json or_null(int number) { return number > 0 ? Json(number) : Json(); }

Json video_json(const VideoTrack& track) {
    return {{"codec", track.codec},
            {"profile", or_null(track.profile)},
            {"width", or_null(track.width)},
            {"height", or_null(track.height)},
            {"fps", track.fps},
            {"bitrate_kbps", track.bitrate_kbps},
            {"keyframe_interval_s", track.keyframe_interval_s},
            {"b_frames", track.b_frames}};
}

Json audio_json(const AudioTrack& track) {
    return {{"codec", track.codec},
            {"profile", or_null(track.profile)},
            {"sample_rate_hz", or_null(track.sample_rate_hz)},
            {"channels", or_null(track.channels)},
            {"bitrate_kbps", track.bitrate_kbps}};
}

/// Never negative. null leaves what is there.
void read_count(JsonReader& reader, const char* name, int& into) {
    auto number = static_cast<unsigned>(into);
    reader.read_or_null(name, number);
    reader.require(std::in_range<int>(number));
    if (reader.is_good()) into = static_cast<int>(number);
}

void read_count(JsonReader& reader, const char* name, std::optional<int>& into) {
    std::optional<unsigned> number;
    reader.read(name, number);
    reader.require(!number || std::in_range<int>(*number));
    if (reader.is_good() && number) into = static_cast<int>(*number);
}

/// Never negative.
void read_measure(JsonReader& reader, const char* name, std::optional<double>& into) {
    reader.read(name, into);
    reader.require(!into || *into >= 0);
}

}  // namespace

static bool read_json(const Json& value, VideoTrack& into) {
    JsonReader reader(value);
    reader.read_or_null("codec", into.codec);
    reader.read_or_null("profile", into.profile);
    read_count(reader, "width", into.width);
    read_count(reader, "height", into.height);
    read_measure(reader, "fps", into.fps);
    read_count(reader, "bitrate_kbps", into.bitrate_kbps);
    read_measure(reader, "keyframe_interval_s", into.keyframe_interval_s);
    reader.read("b_frames", into.b_frames);
    return reader.is_good();
}

static bool read_json(const Json& value, AudioTrack& into) {
    JsonReader reader(value);
    reader.read_or_null("codec", into.codec);
    reader.read_or_null("profile", into.profile);
    read_count(reader, "sample_rate_hz", into.sample_rate_hz);
    read_count(reader, "channels", into.channels);
    read_count(reader, "bitrate_kbps", into.bitrate_kbps);
    return reader.is_good();
}

Json json_of(const MediaFacts& facts) {
    return {{"video", facts.video ? video_json(*facts.video) : Json()},
            {"audio", facts.audio ? audio_json(*facts.audio) : Json()}};
}

bool read_json(const Json& value, MediaFacts& into) {
    JsonReader reader(value);
    reader.read("video", into.video);
    reader.read("audio", into.audio);
    return reader.is_good();
}

}  // namespace restream
