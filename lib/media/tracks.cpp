#include "media/tracks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "media/av_log.hpp"
#include "rtmp/flv.hpp"

namespace restream {

namespace {

constexpr int avio_buffer_bytes = 32768;
constexpr std::uint8_t video_avc = 7;
constexpr std::uint8_t audio_mp3 = 2;
constexpr std::uint8_t audio_aac = 10;
constexpr std::uint8_t audio_mp3_8khz = 14;

/// What a read callback reads.
struct Bytes {
    std::vector<std::uint8_t> all;
    std::size_t at = 0;
};

int read_bytes(void* opaque, std::uint8_t* into, int size) noexcept {
    auto& bytes = *static_cast<Bytes*>(opaque);
    const std::size_t count = std::min(bytes.all.size() - bytes.at, static_cast<std::size_t>(size));
    if (count == 0) return AVERROR_EOF;
    std::memcpy(into, bytes.all.data() + bytes.at, count);
    bytes.at += count;
    return static_cast<int>(count);
}

SessionEnd cannot_take(std::string_view codec) {
    return {EndCode::not_supported,
            fmt::format("{} needs FFmpeg 6.1 or later, this is {}; an flv file or an RTMP "
                        "destination takes it as it is",
                        codec, av_version_info())};
}

/// What the prefix's tags say without FFmpeg: which kinds there are, and codecs it cannot take from
/// FLV.
struct Kinds {
    bool has_video = false;
    bool has_audio = false;
    bool needs_audio_header = false;
};

std::optional<SessionEnd> look_at(const Tag& tag, Kinds& kinds, Tracks& tracks) {
    if (tag.type == TagType::video) {
        const auto facts = video_facts(tag.bytes());
        if (!facts || facts->is_command) return std::nullopt;
        if (facts->is_enhanced || facts->codec != video_avc) {
            return cannot_take(video_codec_name(*facts));
        }
        kinds.has_video = true;
        if (facts->is_sequence_header) tracks.video_header = tag.payload;
    } else if (tag.type == TagType::audio) {
        const auto facts = audio_facts(tag.bytes());
        if (!facts) return std::nullopt;
        const bool is_known = facts->codec == audio_aac || facts->codec == audio_mp3 ||
                              facts->codec == audio_mp3_8khz;
        if (facts->is_enhanced || !is_known) return cannot_take(audio_codec_name(*facts));
        kinds.has_audio = true;
        kinds.needs_audio_header = facts->needs_sequence_header();
        if (facts->is_sequence_header) tracks.audio_header = tag.payload;
    }
    return std::nullopt;
}

/// Without its sequence header H.264 and AAC cannot be decoded by anybody, though a muxer would
/// take them.
std::optional<SessionEnd> missing_header(const Kinds& kinds, const Tracks& tracks) {
    constexpr std::size_t least_avc_bytes = 5 + 7;  // FLV header, AVCDecoderConfigurationRecord
    constexpr std::size_t least_aac_bytes = 2 + 2;  // FLV header, AudioSpecificConfig
    if (kinds.has_video &&
        (!tracks.video_header || tracks.video_header->size() < least_avc_bytes)) {
        return SessionEnd{EndCode::failed, "the ingest's video has no sequence header"};
    }
    if (kinds.needs_audio_header &&
        (!tracks.audio_header || tracks.audio_header->size() < least_aac_bytes)) {
        return SessionEnd{EndCode::failed, "the ingest's audio has no sequence header"};
    }
    return std::nullopt;
}

/// Demuxes the bytes to their end, for the codec parameters.
int demux(Bytes& bytes, InputHandle& input, CustomAvioHandle& avio) {
    auto* const buffer = static_cast<unsigned char*>(av_malloc(avio_buffer_bytes));
    avio.reset(
        avio_alloc_context(buffer, avio_buffer_bytes, 0, &bytes, read_bytes, nullptr, nullptr));
    AVFormatContext* context = avformat_alloc_context();
    if (!avio || !context) return AVERROR(ENOMEM);
    context->pb = avio.get();
    // avformat_open_input frees the context itself where it fails.
    const int opened = avformat_open_input(&context, nullptr, av_find_input_format("flv"), nullptr);
    input.reset(context);
    if (opened < 0) return opened;
    return avformat_find_stream_info(context, nullptr);
}

void take_parameters(const AVFormatContext& input, Tracks& tracks) {
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVCodecParameters& found = *input.streams[i]->codecpar;
        if (found.codec_type == AVMEDIA_TYPE_VIDEO && found.width > 0 && found.height > 0) {
            tracks.video = copy_of(found);
            tracks.video->codec_tag = 0;  // FLV's tag means nothing to other containers
        } else if (found.codec_type == AVMEDIA_TYPE_AUDIO && found.sample_rate > 0) {
            tracks.audio = copy_of(found);
            tracks.audio->codec_tag = 0;
        }
    }
}

}  // namespace

std::variant<Tracks, SessionEnd> learn_tracks(const std::vector<Tag>& prefix) {
    capture_av_log();
    Tracks tracks;
    Kinds kinds;
    Bytes bytes;
    for (const Tag& tag : prefix) {
        // Metadata may promise tracks that never come: only what is there counts.
        if (tag.type == TagType::script || tag.bytes().empty()) continue;
        if (auto end = look_at(tag, kinds, tracks)) return std::move(*end);
        append_flv_tag(tag, bytes.all);
    }
    if (!kinds.has_video && !kinds.has_audio) {
        return SessionEnd{EndCode::failed, "the ingest carries neither video nor audio"};
    }
    if (auto end = missing_header(kinds, tracks)) return std::move(*end);
    const auto header = flv_file_header(kinds.has_audio, kinds.has_video);
    bytes.all.insert(bytes.all.begin(), header.begin(), header.end());
    AvTranscript transcript;
    const AvTranscript::Listening listening(transcript);
    CustomAvioHandle avio;
    InputHandle input;  // closed before its AVIO
    const int result = demux(bytes, input, avio);
    if (input) take_parameters(*input, tracks);
    if (kinds.has_video != bool(tracks.video) || kinds.has_audio != bool(tracks.audio)) {
        const std::string said = transcript.detail();
        return SessionEnd{EndCode::failed,
                          fmt::format("FFmpeg does not understand the {} of the ingest: {}",
                                      kinds.has_video && !tracks.video ? "video" : "audio",
                                      said.empty() ? av_error_text(result) : said)};
    }
    return tracks;
}

}  // namespace restream
