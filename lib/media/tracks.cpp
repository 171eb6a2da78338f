#include "media/tracks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "flv/flv.hpp"
#include "flv/sequence_header.hpp"
#include "flv/tag_body.hpp"
#include "media/av_log.hpp"
#include "media/picture_lead.hpp"

namespace restream {

namespace {

constexpr int avio_buffer_bytes = 32768;
constexpr std::uint8_t video_avc = 7;
constexpr std::uint8_t video_hevc = 12;
constexpr std::uint8_t audio_aac = 10;

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
            fmt::format("{} needs FFmpeg 6.1 or later, this is {}; an .flv file or an RTMP "
                        "destination takes it as it is",
                        codec, av_version_info())};
}

SessionEnd cannot_hold(Container container, std::string_view codec, std::string_view setting) {
    return {EndCode::not_supported,
            fmt::format("{} cannot hold {}; set the encoder's {}, or record to an .flv file, which "
                        "takes it as it is",
                        container_words(container), codec, setting)};
}

/// "speex"; "video codec 9" of what has no name.
std::string name_of(std::string_view name, std::string_view kind, unsigned number) {
    return name == "unknown" ? fmt::format("{} codec {}", kind, number) : std::string(name);
}

/// FLV's codecs other than AAC, by their number. **Source**: FLV 10.1, E.4.2.1.
AVCodecID plain_codec(std::uint8_t format) {
    const bool is_16_bit = (format & 0x02) != 0;
    switch (format >> 4) {
        case 0:  // "platform endian": there is no big-endian publisher any more
        case 3:
            return is_16_bit ? AV_CODEC_ID_PCM_S16LE : AV_CODEC_ID_PCM_U8;
        case 2:
        case 14:
            return AV_CODEC_ID_MP3;
        case 7:
            return AV_CODEC_ID_PCM_ALAW;
        case 8:
            return AV_CODEC_ID_PCM_MULAW;
        case audio_aac:
            return AV_CODEC_ID_AAC;
        default:
            return AV_CODEC_ID_NONE;
    }
}

/// What the tags say without FFmpeg: which kinds there are, and codecs it cannot take from FLV.
struct Kinds {
    bool has_video = false;
    bool has_audio = false;
    bool needs_audio_header = false;
};

std::optional<SessionEnd> look_at_video(const Tag& tag, Container container, Kinds& kinds,
                                        Tracks& tracks) {
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_command) return std::nullopt;
    if (facts->is_enhanced || facts->codec == video_hevc) {
        return cannot_take(video_codec_name(*facts));
    }
    if (facts->codec != video_avc) {
        return cannot_hold(container, name_of(video_codec_name(*facts), "video", facts->codec),
                           "video codec to H.264");
    }
    kinds.has_video = true;
    if (facts->is_sequence_header) tracks.video_header = tag.payload;
    return std::nullopt;
}

/// Of a codec without a sequence header: all that its muxer asks, from one message.
CodecParametersHandle plain_parameters(const TagBody& body) {
    CodecParametersHandle made = make_codec_parameters();
    const AudioHeader header = read_audio_header(body);
    if (header.sample_rate_hz <= 0) return nullptr;
    made->codec_type = AVMEDIA_TYPE_AUDIO;
    made->codec_id = plain_codec(body.format);
    made->sample_rate = header.sample_rate_hz;
    av_channel_layout_default(&made->ch_layout, header.channels);
    made->frame_size = header.frame_samples;
    if (made->codec_id == AV_CODEC_ID_MP3) return made;
    const int bits = av_get_bits_per_sample(made->codec_id);
    made->bits_per_coded_sample = bits;
    made->block_align = bits / 8 * header.channels;
    made->bit_rate = std::int64_t(bits) * header.channels * header.sample_rate_hz;
    return made;
}

std::optional<SessionEnd> look_at_audio(const Tag& tag, Container container, Kinds& kinds,
                                        Tracks& tracks) {
    const auto facts = audio_facts(tag.bytes());
    if (!facts) return std::nullopt;
    if (facts->is_enhanced) return cannot_take(audio_codec_name(*facts));
    tracks.audio_format = tag.bytes()[0];
    if (!can_hold(container, plain_codec(tracks.audio_format))) {
        return cannot_hold(container, name_of(audio_codec_name(*facts), "audio", facts->codec),
                           "audio codec to AAC");
    }
    kinds.has_audio = true;
    kinds.needs_audio_header = facts->needs_sequence_header();
    if (facts->is_sequence_header) tracks.audio_header = tag.payload;
    if (kinds.needs_audio_header || tracks.audio) return std::nullopt;
    const auto body = audio_body(tag.bytes());
    if (body && body->kind == TagBody::Kind::frame) tracks.audio = plain_parameters(*body);
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

/// FFmpeg's demuxer keeps what FLV's byte says of AAC, which is 44.1 kHz and stereo whatever is
/// true, until it has decoded a frame.
void correct_aac(const Payload& tag, AVCodecParameters& parameters) {
    const auto body = audio_body(tag.bytes());
    if (!body) return;
    const AudioHeader header = read_audio_header(*body);
    if (header.sample_rate_hz > 0) parameters.sample_rate = header.sample_rate_hz;
    if (header.channels > 0) {
        av_channel_layout_uninit(&parameters.ch_layout);
        av_channel_layout_default(&parameters.ch_layout, header.channels);
    }
    if (header.frame_samples > 0) parameters.frame_size = header.frame_samples;
}

/// What the headers say, in FFmpeg's terms.
std::optional<SessionEnd> ask_ffmpeg(Bytes& bytes, const Kinds& kinds, Tracks& tracks) {
    const auto header = flv_file_header(kinds.needs_audio_header, kinds.has_video);
    bytes.all.insert(bytes.all.begin(), header.begin(), header.end());
    AvTranscript transcript;
    const AvTranscript::Listening listening(transcript);
    CustomAvioHandle avio;
    InputHandle input;  // closed before its AVIO
    const int result = demux(bytes, input, avio);
    if (input) take_parameters(*input, tracks);
    if (tracks.audio && tracks.audio_header) correct_aac(*tracks.audio_header, *tracks.audio);
    if (kinds.has_video == bool(tracks.video) && kinds.has_audio == bool(tracks.audio)) {
        return std::nullopt;
    }
    const std::string said = transcript.detail();
    return SessionEnd{EndCode::failed,
                      fmt::format("FFmpeg does not understand the {} of the ingest: {}",
                                  kinds.has_video && !tracks.video ? "video" : "audio",
                                  said.empty() ? av_error_text(result) : said)};
}

}  // namespace

std::variant<Tracks, SessionEnd> learn_tracks(const SinkRequest& request, Container container) {
    capture_av_log();
    Tracks tracks;
    Kinds kinds;
    Bytes bytes;
    std::vector<Tag> tags = request.prefix;
    if (request.sound) tags.push_back(*request.sound);
    for (const Tag& tag : tags) {
        // Metadata may promise tracks that never come: only what is there counts.
        if (tag.type == TagType::script || tag.bytes().empty()) continue;
        auto end = tag.type == TagType::video ? look_at_video(tag, container, kinds, tracks)
                                              : look_at_audio(tag, container, kinds, tracks);
        if (end) return std::move(*end);
        const bool is_for_ffmpeg = tag.type == TagType::video || kinds.needs_audio_header;
        if (is_for_ffmpeg) append_flv_tag(tag, bytes.all);
    }
    if (!kinds.has_video && !kinds.has_audio) {
        return SessionEnd{EndCode::failed, "the ingest carries neither video nor audio"};
    }
    if (auto end = missing_header(kinds, tracks)) return std::move(*end);
    tracks.lead_ms = picture_lead_ms(request.prefix);
    const bool is_known = !kinds.has_video && tracks.audio;
    if (auto end = is_known ? std::nullopt : ask_ffmpeg(bytes, kinds, tracks)) {
        return std::move(*end);
    }
    return tracks;
}

}  // namespace restream
