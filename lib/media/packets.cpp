#include "media/packets.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace restream {

namespace {

constexpr std::size_t avc_header_bytes = 5;  // FLV 10.1, E.4.3.1 and E.4.3.2
constexpr std::size_t aac_header_bytes = 2;  // E.4.2.1 and E.4.2.2
constexpr std::size_t plain_header_bytes = 1;
constexpr std::uint8_t video_avc = 7;
constexpr std::uint8_t audio_aac = 10;
constexpr std::uint8_t audio_mp3 = 2;
constexpr std::uint8_t audio_mp3_8khz = 14;

bool is_same(const std::optional<Payload>& one, const Payload& other) {
    return one && std::ranges::equal(one->bytes(), other.bytes());
}

}  // namespace

std::int32_t composition_time_ms(std::span<const std::uint8_t> payload) {
    const std::uint32_t raw = std::uint32_t(payload[2]) << 16 | std::uint32_t(payload[3]) << 8 |
                              std::uint32_t(payload[4]);
    return static_cast<std::int32_t>(raw << 8) >> 8;
}

Packets::Packets(const Tracks& tracks) {
    video_.is_there = bool(tracks.video);
    video_.header = tracks.video_header;
    audio_.is_there = bool(tracks.audio);
    audio_.header = tracks.audio_header;
}

Packets::Made Packets::make(const Tag& tag) {
    if (tag.type == TagType::video) return video(tag);
    if (tag.type == TagType::audio) return audio(tag);
    return Nothing{};
}

Packets::Made Packets::video(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_command || facts->is_end_of_sequence) return Nothing{};
    if (!video_.is_there || facts->is_enhanced || facts->codec != video_avc) return Changed{};
    if (facts->is_sequence_header) {
        if (is_same(video_.header, tag.payload)) return Nothing{};
        return Changed{};
    }
    if (tag.bytes().size() <= avc_header_bytes) return Nothing{};
    Made made =
        packet(video_, tag, avc_header_bytes, composition_time_ms(tag.bytes()), AVMEDIA_TYPE_VIDEO);
    if (facts->is_keyframe) std::get<Packet>(made).packet->flags |= AV_PKT_FLAG_KEY;
    return made;
}

Packets::Made Packets::audio(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    if (!facts) return Nothing{};
    const bool is_mp3 = facts->codec == audio_mp3 || facts->codec == audio_mp3_8khz;
    const bool is_known = facts->codec == audio_aac || is_mp3;
    if (!audio_.is_there || facts->is_enhanced || !is_known) return Changed{};
    if (facts->is_sequence_header) {
        if (is_same(audio_.header, tag.payload)) return Nothing{};
        return Changed{};
    }
    if (is_mp3 != !audio_.header) return Changed{};
    const std::size_t header_bytes = is_mp3 ? plain_header_bytes : aac_header_bytes;
    if (tag.bytes().size() <= header_bytes) return Nothing{};
    Made made = packet(audio_, tag, header_bytes, 0, AVMEDIA_TYPE_AUDIO);
    std::get<Packet>(made).packet->flags |= AV_PKT_FLAG_KEY;
    return made;
}

std::int64_t Packets::unwrapped(Track& track, RtmpTime time) {
    // Both tracks count from the first tag of either.
    if (!first_time_) first_time_ = time;
    if (!track.last_time) {
        track.ms = std::int64_t(first_time_->ms()) + time.since(*first_time_);
    } else {
        track.ms += time.since(*track.last_time);
    }
    track.last_time = time;
    return track.ms;
}

Packets::Made Packets::packet(Track& track, const Tag& tag, std::size_t header_bytes,
                              std::int32_t cts, AVMediaType kind) {
    const auto payload = tag.bytes().subspan(header_bytes);
    Packet made{make_packet(), kind};
    if (av_new_packet(made.packet.get(), static_cast<int>(payload.size())) < 0) {
        throw std::bad_alloc();
    }
    std::memcpy(made.packet->data, payload.data(), payload.size());
    std::int64_t dts = unwrapped(track, tag.time);
    const std::int64_t pts = dts + cts;
    if (track.last_dts) dts = std::max(dts, *track.last_dts + 1);
    track.last_dts = dts;
    made.packet->dts = dts;
    made.packet->pts = std::max(pts, dts);
    return made;
}

}  // namespace restream
