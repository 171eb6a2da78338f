#include "flv/setup_tags.hpp"

#include <algorithm>

namespace restream {

namespace {

/// **Source**: the longest onMetaData that is read (AmfLimits); a sequence header takes less.
constexpr std::size_t longest_bytes = 256 * 1024;
/// Kinds that are kept: for video and audio, plain and of the tracks that platforms take, with
/// their colour and channel descriptions.
constexpr std::size_t most_kinds = 32;

constexpr std::uint32_t metadata_kind = 0;

// **Source**: Enhanced RTMP v2, VideoPacketType and AudioPacketType.
constexpr std::uint8_t packet_sequence_start = 0;
constexpr std::uint8_t packet_description = 4;  // video: colour metadata; audio: channel layout
constexpr std::uint8_t video_packet_ts_sequence_start = 5;

bool is_setup_packet(TagType type, std::uint8_t packet) {
    return packet == packet_sequence_start || packet == packet_description ||
           (type == TagType::video && packet == video_packet_ts_sequence_start);
}

/// Never 0, which is the metadata's.
std::uint32_t kind_number(TagType type, std::uint8_t packet, std::uint32_t track) {
    return std::uint32_t(type) << 24 | std::uint32_t(packet) << 16 | track;
}

/// Of either type.
struct Facts {
    bool is_enhanced;
    bool is_multitrack;
    bool is_sequence_header;
};

std::optional<Facts> facts_of(const Tag& tag) {
    const auto all = [](const auto& facts) -> std::optional<Facts> {
        if (!facts) return std::nullopt;
        return Facts{facts->is_enhanced, facts->is_multitrack, facts->is_sequence_header};
    };
    return tag.type == TagType::video ? all(video_facts(tag.bytes()))
                                      : all(audio_facts(tag.bytes()));
}

}  // namespace

std::optional<SetupTags::Kind> SetupTags::kind_of(const Tag& tag) {
    const auto bytes = tag.bytes();
    if (bytes.size() > longest_bytes) return std::nullopt;
    if (tag.type == TagType::script) {
        return is_metadata(tag) ? std::optional(metadata_kind) : std::nullopt;
    }
    const auto facts = facts_of(tag);
    if (!facts) return std::nullopt;
    if (!facts->is_enhanced) {
        if (!facts->is_sequence_header) return std::nullopt;
        return kind_number(tag.type, packet_sequence_start, 0);
    }
    if (!facts->is_multitrack) {
        const std::uint8_t packet = bytes[0] & 0x0f;
        if (!is_setup_packet(tag.type, packet)) return std::nullopt;
        return kind_number(tag.type, packet, 0);
    }
    // Kind of multitrack and packet type, FourCC, and the (first) track's number: at the same place
    // in all kinds of multitrack.
    constexpr std::size_t track_at = 6;
    if (bytes.size() <= track_at) return std::nullopt;
    const std::uint8_t packet = bytes[1] & 0x0f;
    if (!is_setup_packet(tag.type, packet)) return std::nullopt;
    return kind_number(tag.type, packet, 0x100U + bytes[track_at]);
}

bool SetupTags::keep(const Tag& tag) {
    const auto kind = kind_of(tag);
    if (!kind) return false;
    const auto found = std::ranges::find(kept_, *kind, &Kept::kind);
    if (found != kept_.end()) {
        found->tag = tag;
    } else if (*kind == metadata_kind) {
        kept_.insert(kept_.begin(), {*kind, tag});
    } else if (kept_.size() < most_kinds) {
        kept_.push_back({*kind, tag});
    }
    return true;
}

std::vector<Tag> SetupTags::all() const {
    std::vector<Tag> tags;
    tags.reserve(kept_.size());
    for (const Kept& each : kept_) tags.push_back(each.tag);
    return tags;
}

}  // namespace restream
