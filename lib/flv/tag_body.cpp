#include "flv/tag_body.hpp"

#include "flv/tag.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;
using Kind = TagBody::Kind;

// Enhanced RTMP v2: VideoPacketType and AudioPacketType, which agree where both have a name.
constexpr unsigned sequence_start = 0;
constexpr unsigned coded_frames = 1;
constexpr unsigned coded_frames_x = 3;  // video only: the composition time is 0 and left out
constexpr unsigned video_multitrack = 6;
constexpr unsigned audio_multitrack = 5;
constexpr unsigned modifier = 7;

constexpr unsigned many_tracks = 1;
constexpr unsigned many_tracks_many_codecs = 2;
/// More than any encoder sends: what comes behind is not looked at.
constexpr int most_tracks = 32;
constexpr int most_modifiers = 8;

/// Takes bytes off the front; bounded as BitReader is.
class Front {
  public:
    explicit Front(Bytes bytes) : bytes_(bytes) {}
    std::uint32_t number(std::size_t size) {
        std::uint32_t value = 0;
        for (const std::uint8_t each : take(size)) value = value << 8 | each;
        return value;
    }
    Bytes take(std::size_t size) {
        if (size > bytes_.size()) {
            is_good_ = false;
            bytes_ = {};
            return {};
        }
        const Bytes taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }
    Bytes rest() const { return bytes_; }
    bool is_good() const { return is_good_; }

  private:
    Bytes bytes_;
    bool is_good_ = true;
};

/// What an enhanced header says before its bodies.
struct Enhanced {
    unsigned packet_type = 0;
    bool has_tracks = false;
    unsigned multitrack_type = 0;
    std::uint32_t fourcc = 0;
};

/// Reads from behind the first byte, whose low half is `packet_type`.
std::optional<Enhanced> read_enhanced(Front& front, unsigned packet_type,
                                      unsigned multitrack_number) {
    Enhanced found{.packet_type = packet_type};
    for (int i = 0; found.packet_type == modifier; ++i) {
        std::size_t size = front.number(1) + 1;
        if (size == 256) size = front.number(2) + 1;
        front.take(size);
        found.packet_type = front.number(1) & 0x0f;
        if (i == most_modifiers || !front.is_good()) return std::nullopt;
    }
    if (found.packet_type == multitrack_number) {
        const std::uint32_t both = front.number(1);
        found.has_tracks = true;
        found.multitrack_type = both >> 4;
        found.packet_type = both & 0x0f;
        if (found.multitrack_type > many_tracks_many_codecs) return std::nullopt;
    }
    if (!found.has_tracks || found.multitrack_type != many_tracks_many_codecs) {
        found.fourcc = front.number(4);
    }
    if (!front.is_good()) return std::nullopt;
    return found;
}

/// The body of the lowest track.
std::optional<TagBody> first_track(Front& front, const Enhanced& header) {
    TagBody body;
    body.is_enhanced = true;
    body.fourcc = header.fourcc;
    if (!header.has_tracks) {
        body.bytes = front.rest();
        return body;
    }
    bool is_found = false;
    for (int i = 0; i < most_tracks && !front.rest().empty(); ++i) {
        TagBody each;
        each.is_enhanced = true;
        const bool has_codec = header.multitrack_type == many_tracks_many_codecs;
        each.fourcc = has_codec ? front.number(4) : header.fourcc;
        each.track = static_cast<std::uint8_t>(front.number(1));
        const bool has_size = header.multitrack_type >= many_tracks;
        const std::size_t size = has_size ? front.number(3) : front.rest().size();
        each.bytes = front.take(size);
        if (!front.is_good()) break;
        if (!is_found || each.track < body.track) body = each;
        is_found = true;
        if (body.track == 0) break;
    }
    if (!is_found) return std::nullopt;
    return body;
}

std::optional<std::int32_t> composition_time(Bytes bytes) {
    if (bytes.size() < 3) return std::nullopt;
    const std::uint32_t raw =
        std::uint32_t(bytes[0]) << 16 | std::uint32_t(bytes[1]) << 8 | std::uint32_t(bytes[2]);
    return static_cast<std::int32_t>(raw << 8) >> 8;
}

bool has_composition_time(std::uint32_t fourcc) {
    return fourcc == fourcc_code("avc1") || fourcc == fourcc_code("hvc1") ||
           fourcc == fourcc_code("vvc1");
}

bool is_frame_type_key(unsigned frame_type) { return frame_type == 1 || frame_type == 4; }
constexpr unsigned frame_type_command = 5;

std::optional<TagBody> enhanced_video(Bytes payload) {
    const unsigned frame_type = payload[0] >> 4 & 0x07;
    Front front(payload.subspan(1));
    const auto header = read_enhanced(front, payload[0] & 0x0f, video_multitrack);
    if (!header) return std::nullopt;
    auto body = first_track(front, *header);
    if (!body || frame_type == frame_type_command) return body;
    if (header->packet_type == sequence_start) body->kind = Kind::sequence_header;
    const bool is_short = header->packet_type == coded_frames_x;
    if (header->packet_type != coded_frames && !is_short) return body;
    if (has_composition_time(body->fourcc)) {
        body->composition_ms = is_short ? 0 : composition_time(body->bytes);
        if (!body->composition_ms) return std::nullopt;
        if (!is_short) body->bytes = body->bytes.subspan(3);
    }
    if (body->bytes.empty()) return body;
    body->kind = Kind::frame;
    body->is_keyframe = is_frame_type_key(frame_type);
    return body;
}

std::optional<TagBody> flv_video(Bytes payload) {
    const unsigned frame_type = payload[0] >> 4 & 0x07;
    TagBody body;
    body.format = payload[0];
    body.codec = payload[0] & 0x0f;
    if (body.codec == 7) body.fourcc = fourcc_code("avc1");
    if (body.codec == 12) body.fourcc = fourcc_code("hvc1");
    body.bytes = payload.subspan(1);
    unsigned packet_type = coded_frames;
    if (body.fourcc != 0) {
        if (payload.size() < 5) return std::nullopt;
        packet_type = payload[1];
        body.composition_ms = composition_time(payload.subspan(2));
        body.bytes = payload.subspan(5);
    }
    if (frame_type == frame_type_command) return body;
    if (packet_type == sequence_start) body.kind = Kind::sequence_header;
    if (packet_type == coded_frames && !body.bytes.empty()) {
        body.kind = Kind::frame;
        body.is_keyframe = is_frame_type_key(frame_type);
    }
    return body;
}

std::optional<TagBody> enhanced_audio(Bytes payload) {
    Front front(payload.subspan(1));
    const auto header = read_enhanced(front, payload[0] & 0x0f, audio_multitrack);
    if (!header) return std::nullopt;
    auto body = first_track(front, *header);
    if (!body) return body;
    if (header->packet_type == sequence_start) body->kind = Kind::sequence_header;
    if (header->packet_type == coded_frames && !body->bytes.empty()) body->kind = Kind::frame;
    return body;
}

std::optional<TagBody> flv_audio(Bytes payload) {
    TagBody body;
    body.format = payload[0];
    body.codec = payload[0] >> 4;
    if (body.codec == 10) body.fourcc = fourcc_code("mp4a");
    if (body.codec == 2 || body.codec == 14) body.fourcc = fourcc_code(".mp3");
    const bool is_aac = body.codec == 10;
    if (is_aac && payload.size() < 2) return std::nullopt;
    body.bytes = payload.subspan(is_aac ? 2 : 1);
    if (is_aac && payload[1] == 0) {
        body.kind = Kind::sequence_header;
    } else if (!body.bytes.empty() && (!is_aac || payload[1] == 1)) {
        body.kind = Kind::frame;
    }
    return body;
}

}  // namespace

std::optional<TagBody> video_body(Bytes payload) {
    if (payload.empty()) return std::nullopt;
    return (payload[0] & 0x80) != 0 ? enhanced_video(payload) : flv_video(payload);
}

std::optional<TagBody> audio_body(Bytes payload) {
    constexpr unsigned enhanced = 9;  // SoundFormat "ExHeader"
    if (payload.empty()) return std::nullopt;
    return payload[0] >> 4 == enhanced ? enhanced_audio(payload) : flv_audio(payload);
}

std::string_view video_codec_name(const TagBody& body) {
    return video_codec_name(
        VideoFacts{.is_enhanced = body.is_enhanced, .codec = body.codec, .fourcc = body.fourcc});
}

std::string_view audio_codec_name(const TagBody& body) {
    return audio_codec_name(
        AudioFacts{.is_enhanced = body.is_enhanced, .codec = body.codec, .fourcc = body.fourcc});
}

}  // namespace restream
