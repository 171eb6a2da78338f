#include "media/thumbnail_maker.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <cmath>
#include <variant>

#include "base/error.hpp"
#include "media/av.hpp"
#include "media/av_log.hpp"
#include "media/codec.hpp"
#include "media/packets.hpp"
#include "media/tracks.hpp"

namespace restream {

namespace {

constexpr int most_pixels_wide = 480;
/// 8K: what claims to be larger would take memory that relays need.
constexpr std::int64_t most_pixels = 7680 * 4320;
constexpr std::size_t most_bytes = 128 * 1024;
/// MJPEG's scale: 2 is the best, 31 the smallest.
constexpr int qualities[] = {5, 12, 31};

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorKind::refused, "no picture can be made: " + what);
}

int check(int result, const char* what) {
    if (result < 0) fail(std::string(what) + ": " + av_error_text(result));
    return result;
}

Tracks tracks_of(const std::vector<Tag>& tags) {
    auto learned = learn_tracks(tags);
    if (const auto* end = std::get_if<SessionEnd>(&learned)) fail(describe(*end));
    auto tracks = std::get<Tracks>(std::move(learned));
    if (!tracks.video) fail("the ingest has no picture");
    return tracks;
}

CodecContextHandle open_decoder(const AVCodecParameters& parameters) {
    const AVCodec* const codec = avcodec_find_decoder(parameters.codec_id);
    if (codec == nullptr) fail("this FFmpeg has no decoder for it");
    CodecContextHandle decoder = make_codec_context(codec);
    check(avcodec_parameters_to_context(decoder.get(), &parameters), "the picture's headers");
    // One picture, seen small: what only makes it finer is left out.
    decoder->thread_count = 1;
    decoder->max_pixels = most_pixels;
    decoder->skip_loop_filter = AVDISCARD_ALL;
    check(avcodec_open2(decoder.get(), codec, nullptr), "the decoder");
    return decoder;
}

FrameHandle decode(const std::vector<Tag>& tags) {
    const Tracks tracks = tracks_of(tags);
    const CodecContextHandle decoder = open_decoder(*tracks.video);
    Packets packets(tracks);
    for (const Tag& each : tags) {
        auto made = packets.make(each);
        auto* packet = std::get_if<Packets::Packet>(&made);
        if (packet == nullptr || packet->kind != AVMEDIA_TYPE_VIDEO) continue;
        check(avcodec_send_packet(decoder.get(), packet->packet.get()), "decoding");
    }
    check(avcodec_send_packet(decoder.get(), nullptr), "decoding");
    FrameHandle frame = make_frame();
    check(avcodec_receive_frame(decoder.get(), frame.get()), "there is no whole picture");
    return frame;
}

FrameHandle scale(const AVFrame& picture) {
    const int width = std::max(2, std::min(most_pixels_wide, picture.width) / 2 * 2);
    const double factor = double(width) / picture.width;
    FrameHandle small = make_frame();
    small->format = AV_PIX_FMT_YUVJ420P;
    small->width = width;
    small->height = std::max(2, static_cast<int>(std::lround(picture.height * factor / 2)) * 2);
    check(av_frame_get_buffer(small.get(), 0), "no memory for a picture");
    const ScalerHandle scaler(sws_getContext(
        picture.width, picture.height, static_cast<AVPixelFormat>(picture.format), small->width,
        small->height, AV_PIX_FMT_YUVJ420P, SWS_FAST_BILINEAR, nullptr, nullptr, nullptr));
    if (!scaler) fail("its format can't be converted");
    check(sws_scale(scaler.get(), picture.data, picture.linesize, 0, picture.height, small->data,
                    small->linesize),
          "scaling");
    return small;
}

std::string encode(AVFrame& picture, int quality) {
    const AVCodec* const codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (codec == nullptr) fail("this FFmpeg can't write JPEG");
    const CodecContextHandle encoder = make_codec_context(codec);
    encoder->width = picture.width;
    encoder->height = picture.height;
    encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
    encoder->time_base = {1, 25};
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * quality;
    check(avcodec_open2(encoder.get(), codec, nullptr), "the JPEG encoder");
    picture.pts = 0;
    picture.quality = encoder->global_quality;
    check(avcodec_send_frame(encoder.get(), &picture), "encoding");
    check(avcodec_send_frame(encoder.get(), nullptr), "encoding");
    const PacketHandle packet = make_packet();
    check(avcodec_receive_packet(encoder.get(), packet.get()), "encoding");
    return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

}  // namespace

std::string make_thumbnail(const std::vector<Tag>& tags) {
    capture_av_log();
    const FrameHandle small = scale(*decode(tags));
    std::string jpeg;
    for (const int quality : qualities) {
        jpeg = encode(*small, quality);
        if (jpeg.size() <= most_bytes) return jpeg;
    }
    fail("it is too large");
}

}  // namespace restream
