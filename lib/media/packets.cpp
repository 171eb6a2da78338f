#include "media/packets.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "flv/mp3_frame.hpp"
#include "flv/tag_body.hpp"

namespace restream {

namespace {

constexpr std::uint8_t video_avc = 7;
constexpr std::uint8_t audio_aac = 10;
constexpr std::uint8_t audio_mp3 = 2;
constexpr std::uint8_t audio_mp3_8khz = 14;
constexpr int aac_samples = 1024;

bool is_same(const std::optional<Payload>& one, const Payload& other) {
    return one && std::ranges::equal(one->bytes(), other.bytes());
}

bool is_mp3(std::uint8_t codec) { return codec == audio_mp3 || codec == audio_mp3_8khz; }

PacketHandle packet_of(std::span<const std::uint8_t> payload) {
    PacketHandle packet = make_packet();
    if (av_new_packet(packet.get(), static_cast<int>(payload.size())) < 0) throw std::bad_alloc();
    std::memcpy(packet->data, payload.data(), payload.size());
    return packet;
}

/// How long one frame lasts; 0 where that is not known.
int samples_of(AVCodecParameters& parameters, std::span<const std::uint8_t> frame) {
    if (parameters.codec_id == AV_CODEC_ID_MP3) {
        const auto header = read_mp3_header(frame);
        return header ? header->samples : parameters.frame_size;
    }
    if (parameters.codec_id == AV_CODEC_ID_AAC) {
        return parameters.frame_size > 0 ? parameters.frame_size : aac_samples;
    }
    return av_get_audio_frame_duration2(&parameters, static_cast<int>(frame.size()));
}

}  // namespace

Packets::Packets(const Tracks& tracks)
    : audio_format_(tracks.audio_format), lead_ms_(tracks.lead_ms) {
    video_.is_there = bool(tracks.video);
    video_.header = tracks.video_header;
    audio_.is_there = bool(tracks.audio);
    audio_.header = tracks.audio_header;
    if (!tracks.audio) return;
    audio_parameters_ = copy_of(*tracks.audio);
    audio_clock_ = SampleClock(tracks.audio->sample_rate);
}

AVRational Packets::time_base(AVMediaType kind) const {
    if (kind == AVMEDIA_TYPE_AUDIO) return {1, audio_clock_.rate_hz()};
    return {1, 1000};
}

Packets::Made Packets::make(const Tag& tag) {
    if (tag.type == TagType::video) return video(tag);
    if (tag.type == TagType::audio) return audio(tag);
    return {};
}

Packets::Made Packets::video(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_command || facts->is_end_of_sequence) return {};
    if (!video_.is_there || facts->is_enhanced || facts->codec != video_avc) {
        return {.is_changed = true};
    }
    if (facts->is_sequence_header) return {.is_changed = !is_same(video_.header, tag.payload)};
    const auto body = video_body(tag.bytes());
    if (!body || body->kind != TagBody::Kind::frame || !body->composition_ms) return {};
    PacketHandle packet = packet_of(body->bytes);
    const std::int64_t dts = unwrapped(video_, tag.time);
    const std::int64_t pts = dts + *body->composition_ms + lead_ms_;
    // The one time that is free is when it is decoded: what is shown must stay even.
    more_lead_ms_ = std::max(more_lead_ms_, dts - pts);
    packet->dts = std::min(dts - more_lead_ms_, pts);
    if (last_dts_) packet->dts = std::max(packet->dts, *last_dts_ + 1);
    packet->pts = std::max(pts, packet->dts);
    if (last_dts_)
        shortest_step_ = std::min(shortest_step_.value_or(INT64_MAX), packet->dts - *last_dts_);
    packet->duration = shortest_step_.value_or(0);
    last_dts_ = packet->dts;
    if (body->is_keyframe) packet->flags |= AV_PKT_FLAG_KEY;
    Made made;
    made.packets.push_back({std::move(packet), AVMEDIA_TYPE_VIDEO});
    return made;
}

/// Another codec than the session began with, or another rate of a codec that has no header.
bool Packets::is_other_sound(const Tag& tag) const {
    const std::uint8_t format = tag.bytes()[0];
    const std::uint8_t codec = format >> 4;
    const std::uint8_t old_codec = audio_format_ >> 4;
    if (is_mp3(codec) && is_mp3(old_codec)) {
        const auto header = read_mp3_header(tag.bytes().subspan(1));
        return header && (header->sample_rate_hz != audio_parameters_->sample_rate ||
                          header->channels != audio_parameters_->ch_layout.nb_channels);
    }
    // AAC's header says it all; of the others, this byte does.
    return codec == audio_aac ? codec != old_codec : format != audio_format_;
}

Packets::Made Packets::audio(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    if (!facts) return {};
    if (!audio_.is_there || facts->is_enhanced || is_other_sound(tag)) return {.is_changed = true};
    if (facts->is_sequence_header) return {.is_changed = !is_same(audio_.header, tag.payload)};
    const auto body = audio_body(tag.bytes());
    if (!body || body->kind != TagBody::Kind::frame) return {};
    const std::int64_t ms = unwrapped(audio_, tag.time) + lead_ms_;
    Made made;
    if (is_mp3(facts->codec)) {
        for (const auto frame : mp3_frames(body->bytes)) {
            made.packets.push_back(
                sound(frame, made.packets.empty() ? std::optional(ms) : std::nullopt));
        }
    } else {
        made.packets.push_back(sound(body->bytes, ms));
    }
    return made;
}

Packets::Packet Packets::sound(std::span<const std::uint8_t> frame,
                               std::optional<std::int64_t> ms) {
    PacketHandle packet = packet_of(frame);
    const int samples = samples_of(*audio_parameters_, frame);
    packet->dts = packet->pts = audio_clock_.next(ms, samples);
    packet->duration = samples;
    packet->flags |= AV_PKT_FLAG_KEY;
    return {std::move(packet), AVMEDIA_TYPE_AUDIO};
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

}  // namespace restream
