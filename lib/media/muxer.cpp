#include "media/muxer.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <utility>

namespace restream {

namespace {

/// A crash loses at most this much of an mp4, whatever the encoder's keyframe interval is.
constexpr std::int64_t longest_fragment_us = 2'000'000;

void set_options(Container container, AvOptions& options) {
    switch (container) {
        case Container::matroska:
            options.set("cluster_time_limit", 1000);  // ms; a crash loses the open cluster
            break;
        case Container::mp4:
            options.set("movflags", std::string("frag_keyframe+empty_moov+default_base_moof"));
            options.set("frag_duration", longest_fragment_us);
            break;
        case Container::mpegts:
            break;
        case Container::mpegts_segments:
            // Its counters do not go on where the other muxer's ended: a demuxer that is not told
            // so takes the first packets for damaged.
            options.set("mpegts_flags", std::string("initial_discontinuity"));
            break;
    }
}

}  // namespace

Muxer::Muxer(Container container, AVIOContext& into, Tracks tracks)
    : container_(container), into_(into), tracks_(std::move(tracks)), packets_(tracks_) {}

int Muxer::add_track(const CodecParametersHandle& parameters, int& index) {
    if (!parameters) return 0;
    AVStream* const added = avformat_new_stream(output_.get(), nullptr);
    if (!added) return AVERROR(ENOMEM);
    added->time_base = packets_.time_base(parameters->codec_type);
    index = added->index;
    return avcodec_parameters_copy(added->codecpar, parameters.get());
}

int Muxer::begin() {
    AVFormatContext* context = nullptr;
    int result =
        avformat_alloc_output_context2(&context, nullptr, format_name(container_), nullptr);
    output_.reset(context);
    if (result < 0) return result;
    context->pb = &into_;
    context->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS;
    context->flush_packets = 1;
    // MP3 below 16 kHz in mp4, which players take and no standard names.
    if (container_ == Container::mp4) context->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    if ((result = add_track(tracks_.video, video_index_)) < 0) return result;
    if ((result = add_track(tracks_.audio, audio_index_)) < 0) return result;
    AvOptions options;
    set_options(container_, options);
    result = avformat_write_header(context, options.address());
    if (result < 0) return result;
    is_begun_ = true;
    avio_flush(&into_);
    return into_.error;
}

int Muxer::write(const Tag& tag) {
    Packets::Made made = packets_.make(tag);
    if (made.is_changed) return AVERROR_INPUT_CHANGED;
    for (Packets::Packet& each : made.packets) {
        if (const int result = write(each); result < 0) return result;
    }
    return 0;
}

int Muxer::write(Packets::Packet& made) {
    auto& [packet, kind] = made;
    packet->stream_index = kind == AVMEDIA_TYPE_VIDEO ? video_index_ : audio_index_;
    av_packet_rescale_ts(packet.get(), packets_.time_base(kind),
                         output_->streams[packet->stream_index]->time_base);
    // Not the interleaving variant: it holds packets back until every track has one.
    has_media_ = true;
    const int result = av_write_frame(output_.get(), packet.get());
    if (into_.error < 0) return into_.error;
    return result < 0 ? result : 0;
}

int Muxer::cut() {
    // The sound that waits for a full PES packet.
    int result = av_write_frame(output_.get(), nullptr);
    avio_flush(&into_);
    if (into_.error < 0) return into_.error;
    if (result >= 0) {
        result = av_opt_set(output_->priv_data, "mpegts_flags", "resend_headers", 0);
    }
    return result < 0 ? result : 0;
}

int Muxer::end() {
    if (!is_begun_) return 0;
    is_begun_ = false;
    const int result = av_write_trailer(output_.get());
    avio_flush(&into_);
    return into_.error < 0 ? into_.error : result;
}

}  // namespace restream
