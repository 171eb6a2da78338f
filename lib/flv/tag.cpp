#include "flv/tag.hpp"

#include <algorithm>

namespace restream {

namespace {

constexpr std::uint8_t codec_avc = 7;
constexpr std::uint8_t codec_hevc =
    12;  // not in FLV 10.1: what Asian platforms and old FFmpeg forks use
constexpr std::uint8_t sound_aac = 10;
constexpr std::uint8_t sound_enhanced = 9;  // Enhanced RTMP v2, "ExHeader"
// Enhanced RTMP v2, VideoPacketType and AudioPacketType.
constexpr std::uint8_t video_multitrack = 6;
constexpr std::uint8_t audio_multitrack = 5;

constexpr std::uint32_t fourcc(const char (&text)[5]) {
    return std::uint32_t(std::uint8_t(text[0])) << 24 | std::uint32_t(std::uint8_t(text[1])) << 16 |
           std::uint32_t(std::uint8_t(text[2])) << 8 | std::uint32_t(std::uint8_t(text[3]));
}

std::uint32_t read_u32(std::span<const std::uint8_t> bytes) {
    return std::uint32_t(bytes[0]) << 24 | std::uint32_t(bytes[1]) << 16 |
           std::uint32_t(bytes[2]) << 8 | std::uint32_t(bytes[3]);
}

}  // namespace

Tag make_tag(TagType type, RtmpTime time, std::span<const std::uint8_t> bytes) {
    return {type, time, Payload::copy_of(bytes)};
}

bool VideoFacts::needs_sequence_header() const {
    if (!is_enhanced) return codec == codec_avc || codec == codec_hevc;
    return fourcc == restream::fourcc("avc1") || fourcc == restream::fourcc("hvc1") ||
           fourcc == restream::fourcc("av01") || fourcc == restream::fourcc("vvc1");
}

bool AudioFacts::needs_sequence_header() const {
    if (!is_enhanced) return codec == sound_aac;
    return fourcc == restream::fourcc("mp4a") || fourcc == restream::fourcc("Opus") ||
           fourcc == restream::fourcc("fLaC");
}

std::optional<VideoFacts> video_facts(std::span<const std::uint8_t> payload) {
    if (payload.empty()) return std::nullopt;
    VideoFacts facts;
    const std::uint8_t first = payload[0];
    const std::uint8_t frame_type = first >> 4 & 0x07;
    facts.is_keyframe = frame_type == 1 || frame_type == 4;
    facts.is_command = frame_type == 5;
    facts.is_enhanced = (first & 0x80) != 0;
    if (facts.is_enhanced) {
        if (payload.size() < 5) return std::nullopt;
        std::uint8_t packet_type = first & 0x0f;
        // Modifiers (7) hide all the rest further inside, multitrack the FourCC: passed unread.
        facts.is_multitrack = packet_type == video_multitrack;
        if (facts.is_multitrack)
            packet_type = payload[1] & 0x0f;
        else if (packet_type < video_multitrack)
            facts.fourcc = read_u32(payload.subspan(1));
        facts.is_sequence_header = packet_type == 0;
        facts.is_end_of_sequence = packet_type == 2;
        if (packet_type == 4) facts.is_command = true;  // metadata: no picture inside
    } else {
        facts.codec = first & 0x0f;
        if (facts.needs_sequence_header()) {
            if (payload.size() < 2) return std::nullopt;
            facts.is_sequence_header = payload[1] == 0;
            facts.is_end_of_sequence = payload[1] == 2;
        }
    }
    if (facts.is_sequence_header || facts.is_end_of_sequence || facts.is_command) {
        facts.is_keyframe = false;
    }
    return facts;
}

std::optional<AudioFacts> audio_facts(std::span<const std::uint8_t> payload) {
    if (payload.empty()) return std::nullopt;
    AudioFacts facts;
    const std::uint8_t format = payload[0] >> 4;
    facts.is_enhanced = format == sound_enhanced;
    if (facts.is_enhanced) {
        if (payload.size() < 5) return std::nullopt;
        std::uint8_t packet_type = payload[0] & 0x0f;
        facts.is_multitrack = packet_type == audio_multitrack;
        if (facts.is_multitrack)
            packet_type = payload[1] & 0x0f;
        else if (packet_type < audio_multitrack)
            facts.fourcc = read_u32(payload.subspan(1));
        facts.is_sequence_header = packet_type == 0;
    } else {
        facts.codec = format;
        if (format == sound_aac) {
            if (payload.size() < 2) return std::nullopt;
            facts.is_sequence_header = payload[1] == 0;
        }
    }
    return facts;
}

bool is_metadata(const Tag& tag) {
    if (tag.type != TagType::script) return false;
    constexpr std::string_view name = "onMetaData";
    const auto bytes = tag.bytes();
    // The name is the first AMF string, or the second behind "@setDataFrame": within 40 bytes.
    const auto head = bytes.first(std::min<std::size_t>(bytes.size(), 40));
    return std::search(head.begin(), head.end(), name.begin(), name.end()) != head.end();
}

bool announces_video(const Tag& metadata) {
    constexpr std::string_view name = "videocodecid";
    const auto bytes = metadata.bytes();
    const auto found = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
    const auto value = bytes.subspan(static_cast<std::size_t>(found - bytes.begin()));
    if (value.size() < name.size() + 3) return false;
    const auto content = value.subspan(name.size());
    // AMF0: a number (a double, all zero for 0) or a string ("avc1"). nginx-rtmp writes 0 for none.
    if (content[0] == 2) return content[1] != 0 || content[2] != 0;
    if (content[0] != 0 || content.size() < 9) return false;
    return std::ranges::any_of(content.subspan(1, 8), [](std::uint8_t each) { return each != 0; });
}

std::string_view video_codec_name(const VideoFacts& facts) {
    if (facts.is_enhanced) {
        if (facts.fourcc == fourcc("avc1")) return "h264";
        if (facts.fourcc == fourcc("hvc1")) return "hevc";
        if (facts.fourcc == fourcc("av01")) return "av1";
        if (facts.fourcc == fourcc("vp09")) return "vp9";
        if (facts.fourcc == fourcc("vp08")) return "vp8";
        return "unknown";
    }
    switch (facts.codec) {
        case 2:
            return "flv1";
        case 3:
            return "screen";
        case 4:
            return "vp6";
        case 5:
            return "vp6a";
        case 6:
            return "screen2";
        case codec_avc:
            return "h264";
        case codec_hevc:
            return "hevc";
        default:
            return "unknown";
    }
}

std::string_view audio_codec_name(const AudioFacts& facts) {
    if (facts.is_enhanced) {
        if (facts.fourcc == fourcc("mp4a")) return "aac";
        if (facts.fourcc == fourcc("Opus")) return "opus";
        if (facts.fourcc == fourcc("fLaC")) return "flac";
        if (facts.fourcc == fourcc("ac-3")) return "ac3";
        if (facts.fourcc == fourcc("ec-3")) return "eac3";
        if (facts.fourcc == fourcc(".mp3")) return "mp3";
        return "unknown";
    }
    switch (facts.codec) {
        case 0:
        case 3:
            return "pcm";
        case 1:
            return "adpcm";
        case 2:
        case 14:
            return "mp3";
        case 4:
        case 5:
        case 6:
            return "nellymoser";
        case 7:
            return "pcm_alaw";
        case 8:
            return "pcm_mulaw";
        case sound_aac:
            return "aac";
        case 11:
            return "speex";
        default:
            return "unknown";
    }
}

}  // namespace restream
