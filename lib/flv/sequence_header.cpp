#include "flv/sequence_header.hpp"

#include <array>
#include <string>

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// What FLV's first byte alone says. **Source**: FLV 10.1, E.4.2.1.
AudioHeader flv_format(const TagBody& body) {
    constexpr std::array<int, 4> rates = {5512, 11025, 22050, 44100};
    AudioHeader header;
    header.sample_rate_hz = rates[body.format >> 2 & 0x03];
    header.channels = (body.format & 0x01) != 0 ? 2 : 1;
    switch (body.codec) {
        case 4:  // Nellymoser at 16 kHz, at 8 kHz; Speex: the byte's own rate does not count
        case 11:
            return {.sample_rate_hz = 16000, .channels = 1};
        case 5:
            return {.sample_rate_hz = 8000, .channels = 1};
        case 7:  // G.711
        case 8:
            header.sample_rate_hz = 8000;
            return header;
        case 14:  // MP3 at 8 kHz
            header.sample_rate_hz = 8000;
            return header;
        case 10:  // AAC says always 44.1 kHz stereo here
            return {};
        default:
            return body.codec <= 6 ? header : AudioHeader{};
    }
}

}  // namespace

void set_size(VideoHeader& header, std::int64_t width, std::int64_t height) {
    const auto is_sane = [](std::int64_t side) { return side > 0 && side <= longest_side; };
    if (!is_sane(width) || !is_sane(height)) return;
    header.width = static_cast<int>(width);
    header.height = static_cast<int>(height);
}

void set_rate(VideoHeader& header, double ticks_per_s, double ticks_per_frame) {
    constexpr double highest = 1000;  // RTMP counts milliseconds
    if (ticks_per_frame <= 0) return;
    const double fps = ticks_per_s / ticks_per_frame;
    if (fps > 0 && fps <= highest) header.fps = fps;
}

/// **Source**: VP Codec ISO Media File Format Binding, 1.0 (VPCodecConfigurationRecord).
VideoHeader read_vp9_header(Bytes record) {
    constexpr std::array<std::string_view, 4> names = {"Profile 0", "Profile 1", "Profile 2",
                                                       "Profile 3"};
    constexpr std::size_t record_bytes = 8;
    // Some send the MP4 box's version and flags first. A record alone has its depth at [2]: not 0.
    const bool has_version =
        record.size() >= 4 && record[0] == 1 && record[1] == 0 && record[2] == 0 && record[3] == 0;
    if (has_version) record = record.subspan(4);
    VideoHeader header;
    if (record.size() >= record_bytes && record[0] < names.size())
        header.profile = names[record[0]];
    return header;
}

VideoHeader read_video_header(const TagBody& body) {
    if (body.kind != TagBody::Kind::sequence_header) return {};
    if (body.fourcc == fourcc_code("avc1")) return read_avc_header(body.bytes);
    if (body.fourcc == fourcc_code("hvc1")) return read_hevc_header(body.bytes);
    if (body.fourcc == fourcc_code("av01")) return read_av1_header(body.bytes);
    if (body.fourcc == fourcc_code("vp09")) return read_vp9_header(body.bytes);
    return {};
}

AudioHeader read_audio_header(const TagBody& body) {
    if (body.kind == TagBody::Kind::other) return {};
    if (body.fourcc == fourcc_code(".mp3")) {
        const AudioHeader header = read_mp3_frame(body.bytes);
        return header == AudioHeader{} && !body.is_enhanced ? flv_format(body) : header;
    }
    if (body.fourcc == 0) return flv_format(body);
    if (body.kind != TagBody::Kind::sequence_header) return {};
    if (body.fourcc == fourcc_code("mp4a")) return read_aac_header(body.bytes);
    if (body.fourcc == fourcc_code("Opus")) return read_opus_header(body.bytes);
    if (body.fourcc == fourcc_code("fLaC")) return read_flac_header(body.bytes);
    return {};
}

VideoTrack to_track(const TagBody& body, const VideoHeader& header) {
    VideoTrack track;
    track.codec = video_codec_name(body);
    track.profile = header.profile;
    track.width = header.width;
    track.height = header.height;
    track.fps = header.fps;
    if (header.may_reorder == false) track.b_frames = false;
    return track;
}

AudioTrack to_track(const TagBody& body, const AudioHeader& header) {
    AudioTrack track;
    track.codec = audio_codec_name(body);
    track.profile = header.profile;
    track.sample_rate_hz = header.sample_rate_hz;
    track.channels = header.channels;
    return track;
}

MediaFacts read_media_facts(TagType type, Bytes payload) {
    MediaFacts facts;
    if (type == TagType::video) {
        const auto body = video_body(payload);
        if (body && body->kind != TagBody::Kind::other) {
            facts.video = to_track(*body, read_video_header(*body));
        }
    }
    if (type == TagType::audio) {
        const auto body = audio_body(payload);
        if (body && body->kind != TagBody::Kind::other) {
            facts.audio = to_track(*body, read_audio_header(*body));
        }
    }
    return facts;
}

}  // namespace restream
