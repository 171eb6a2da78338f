#include "ingest/gop_cache.hpp"

#include <algorithm>
#include <cstdlib>

namespace restream {

namespace {

/// What a tag costs beside its payload, so that a million empty ones are bounded, too.
constexpr std::size_t tag_cost_bytes = 64;
/// **Source**: the longest onMetaData that is read (AmfLimits); a sequence header takes less.
constexpr std::size_t longest_header_bytes = 256 * 1024;
/// Kinds of headers that are kept: for video and audio, plain and of the tracks that platforms
/// take, with their colour and channel descriptions.
constexpr std::size_t most_headers = 32;

constexpr std::uint32_t metadata_kind = 0;

// **Source**: Enhanced RTMP v2, VideoPacketType and AudioPacketType.
constexpr std::uint8_t packet_sequence_start = 0;
constexpr std::uint8_t packet_description = 4;  // video: colour metadata; audio: channel layout
constexpr std::uint8_t video_packet_ts_sequence_start = 5;
constexpr std::uint8_t video_packet_multitrack = 6;
constexpr std::uint8_t audio_packet_multitrack = 5;

bool is_setup_packet(TagType type, std::uint8_t packet) {
    return packet == packet_sequence_start || packet == packet_description ||
           (type == TagType::video && packet == video_packet_ts_sequence_start);
}

bool is_enhanced(const Tag& tag) {
    if (tag.type == TagType::video) {
        const auto facts = video_facts(tag.bytes());
        return facts && facts->is_enhanced;
    }
    const auto facts = audio_facts(tag.bytes());
    return facts && facts->is_enhanced;
}

/// REQUIRES: is_enhanced().
bool is_multitrack(const Tag& tag) {
    return (tag.bytes()[0] & 0x0f) ==
           (tag.type == TagType::video ? video_packet_multitrack : audio_packet_multitrack);
}

/// Never 0, which is the metadata's.
std::uint32_t kind_of(TagType type, std::uint8_t packet, std::uint32_t track) {
    return std::uint32_t(type) << 24 | std::uint32_t(packet) << 16 | track;
}

Tag at_time(const Tag& tag, RtmpTime time) { return {tag.type, time, tag.payload}; }

}  // namespace

std::optional<GopCache::HeaderKind> GopCache::header_kind(const Tag& tag) {
    const auto bytes = tag.bytes();
    if (bytes.size() > longest_header_bytes) return std::nullopt;
    if (tag.type == TagType::script) {
        return is_metadata(tag) ? std::optional(metadata_kind) : std::nullopt;
    }
    if (!is_enhanced(tag)) {
        const bool is_header = tag.type == TagType::video
                                   ? video_facts(bytes) && video_facts(bytes)->is_sequence_header
                                   : audio_facts(bytes) && audio_facts(bytes)->is_sequence_header;
        if (!is_header) return std::nullopt;
        return kind_of(tag.type, packet_sequence_start, 0);
    }
    if (!is_multitrack(tag)) {
        const std::uint8_t packet = bytes[0] & 0x0f;
        if (!is_setup_packet(tag.type, packet)) return std::nullopt;
        return kind_of(tag.type, packet, 0);
    }
    // Kind of multitrack and packet type, FourCC, and the (first) track's number: at the same place
    // in all kinds of multitrack.
    constexpr std::size_t track_at = 6;
    if (bytes.size() <= track_at) return std::nullopt;
    const std::uint8_t packet = bytes[1] & 0x0f;
    if (!is_setup_packet(tag.type, packet)) return std::nullopt;
    return kind_of(tag.type, packet, 0x100U + bytes[track_at]);
}

void GopCache::keep_header(HeaderKind kind, const Tag& tag) {
    const auto found =
        std::ranges::find_if(headers_, [&](const Header& each) { return each.kind == kind; });
    if (found != headers_.end()) {
        found->tag = tag;
    } else if (kind == metadata_kind) {
        headers_.insert(headers_.begin(), {kind, tag});
    } else if (headers_.size() < most_headers) {
        headers_.push_back({kind, tag});
    }
}

bool GopCache::begins_gop(const Tag& tag) {
    if (tag.type != TagType::video) return false;
    const auto facts = video_facts(tag.bytes());
    if (!facts) return false;
    last_video_time_ = tag.time;
    const bool is_track = facts->is_enhanced && is_multitrack(tag);
    if (!is_track) has_plain_video_ = true;
    return facts->is_keyframe && !(is_track && has_plain_video_);
}

GopCache::Part GopCache::add(const Tag& tag) {
    last_time_ = tag.time;
    const auto kind = header_kind(tag);
    if (kind) {
        keep_header(*kind, tag);
        if (tag.type == TagType::video) {
            last_video_time_ = tag.time;
            has_plain_video_ |= !(is_enhanced(tag) && is_multitrack(tag));
        }
        append(tag);
        return Part::setup;
    }
    if (begins_gop(tag)) {
        gop_.clear();
        bytes_ = 0;
        has_gop_ = true;
        start_headers_ = headers_;
        append(tag);
        return Part::keyframe;
    }
    append(tag);
    return Part::media;
}

void GopCache::append(const Tag& tag) {
    if (!has_gop_) return;
    gop_.push_back(tag);
    bytes_ += tag.payload.size() + tag_cost_bytes;
    // A step back by as much is no GOP either.
    const auto span = std::abs(std::int64_t(tag.time.since(gop_.front().time)));
    if (bytes_ <= limits_.most_bytes && span <= limits_.longest.count()) return;
    gop_.clear();
    start_headers_.clear();
    bytes_ = 0;
    has_gop_ = false;
}

void GopCache::clear() { *this = GopCache(limits_); }

std::vector<Tag> GopCache::late_start() const {
    const auto& headers = has_gop_ ? start_headers_ : headers_;
    const RtmpTime time = has_gop_ ? gop_.front().time : last_time_;
    std::vector<Tag> tags;
    tags.reserve(headers.size() + gop_.size());
    for (const Header& each : headers) tags.push_back(at_time(each.tag, time));
    tags.insert(tags.end(), gop_.begin(), gop_.end());
    return tags;
}

bool GopCache::expects_keyframe() const {
    if (!last_video_time_) return false;
    return std::abs(std::int64_t(last_time_.since(*last_video_time_))) <= limits_.longest.count();
}

Milliseconds GopCache::span() const {
    if (!has_gop_) return Milliseconds(0);
    return Milliseconds(std::max(0, last_time_.since(gop_.front().time)));
}

}  // namespace restream
