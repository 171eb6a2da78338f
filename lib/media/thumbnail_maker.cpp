#include "media/thumbnail_maker.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "flv/tag_body.hpp"
#include "media/av.hpp"
#include "media/av_log.hpp"
#include "media/codec.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr int most_pixels_wide = 480;
/// 8K: what claims to be larger would take memory that relays need.
constexpr std::int64_t most_pixels = 7680 * 4320;
/// MJPEG's scale: 2 is the best, 31 the smallest.
constexpr int qualities[] = {5, 12, 31};

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorKind::refused, "no picture can be made: " + what);
}

int check(int result, const char* what) {
    if (result < 0) fail(std::string(what) + ": " + av_error_text(result));
    return result;
}

/// What a decoder is to be told, borrowed from the tags.
struct Keyframe {
    AVCodecID codec = AV_CODEC_ID_NONE;
    Bytes header;  ///< the sequence header's; VP8 and VP9 can do without
    Bytes frame;
};

AVCodecID codec_of(const TagBody& body) {
    switch (body.fourcc) {
        case fourcc_code("avc1"):
            return AV_CODEC_ID_H264;
        case fourcc_code("hvc1"):
            return AV_CODEC_ID_HEVC;
        case fourcc_code("av01"):
            return AV_CODEC_ID_AV1;
        case fourcc_code("vp09"):
            return AV_CODEC_ID_VP9;
        case fourcc_code("vp08"):
            return AV_CODEC_ID_VP8;
        default:
            fail(std::string("of the codec ") + std::string(video_codec_name(body)));
    }
}

/// Of the track of the last keyframe.
Keyframe keyframe_of(const std::vector<Tag>& tags) {
    std::optional<TagBody> last;
    std::vector<TagBody> headers;
    for (const Tag& each : tags) {
        const auto body =
            each.type == TagType::video ? video_body(each.bytes()) : std::optional<TagBody>();
        if (!body) continue;
        if (body->kind == TagBody::Kind::sequence_header) headers.push_back(*body);
        if (body->kind == TagBody::Kind::frame && body->is_keyframe) last = body;
    }
    if (!last || last->bytes.empty()) fail("the ingest has no picture");
    Keyframe found{codec_of(*last), {}, last->bytes};
    for (const TagBody& each : headers) {
        if (each.track == last->track && each.fourcc == last->fourcc) found.header = each.bytes;
    }
    const bool needs_header = found.codec != AV_CODEC_ID_VP8 && found.codec != AV_CODEC_ID_VP9;
    if (needs_header && found.header.empty()) fail("the ingest's video has no sequence header");
    return found;
}

CodecContextHandle open_decoder(const Keyframe& what) {
    const AVCodec* const codec = avcodec_find_decoder(what.codec);
    if (codec == nullptr) fail("this FFmpeg has no decoder for it");
    CodecContextHandle decoder = make_codec_context(codec);
    if (!what.header.empty()) {
        decoder->extradata = static_cast<std::uint8_t*>(
            av_mallocz(what.header.size() + AV_INPUT_BUFFER_PADDING_SIZE));
        if (decoder->extradata == nullptr) throw std::bad_alloc();
        std::memcpy(decoder->extradata, what.header.data(), what.header.size());
        decoder->extradata_size = static_cast<int>(what.header.size());
    }
    // One picture, seen small: what only makes it finer is left out.
    decoder->thread_count = 1;
    decoder->max_pixels = most_pixels;
    decoder->skip_loop_filter = AVDISCARD_ALL;
    check(avcodec_open2(decoder.get(), codec, nullptr), "the decoder");
    return decoder;
}

PacketHandle packet_of(Bytes frame) {
    PacketHandle packet = make_packet();
    if (av_new_packet(packet.get(), static_cast<int>(frame.size())) < 0) throw std::bad_alloc();
    std::memcpy(packet->data, frame.data(), frame.size());
    packet->flags |= AV_PKT_FLAG_KEY;
    return packet;
}

FrameHandle decode(const Keyframe& keyframe) {
    const CodecContextHandle decoder = open_decoder(keyframe);
    const PacketHandle packet = packet_of(keyframe.frame);
    check(avcodec_send_packet(decoder.get(), packet.get()), "decoding");
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
    // The fast one writes code of its own where it does not make the picture narrower, which a
    // contained process may not.
    const int method = small->width < picture.width ? SWS_FAST_BILINEAR : SWS_BILINEAR;
    const ScalerHandle scaler(sws_getContext(
        picture.width, picture.height, static_cast<AVPixelFormat>(picture.format), small->width,
        small->height, AV_PIX_FMT_YUVJ420P, method, nullptr, nullptr, nullptr));
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

std::string encode_small_enough(AVFrame& picture) {
    for (const int quality : qualities) {
        std::string jpeg = encode(picture, quality);
        if (jpeg.size() <= ThumbnailMaker::most_bytes) return jpeg;
    }
    fail("it is too large");
}

}  // namespace

std::string ThumbnailMaker::make(const std::vector<Tag>& tags) {
    capture_av_log();
    const Keyframe keyframe = keyframe_of(tags);
    std::vector<std::uint8_t> now(keyframe.header.begin(), keyframe.header.end());
    now.insert(now.end(), keyframe.frame.begin(), keyframe.frame.end());
    if (jpeg_.empty() || now != made_of_) {
        jpeg_.clear();
        jpeg_ = run_([&] { return encode_small_enough(*scale(*decode(keyframe))); });
        made_of_ = std::move(now);
    }
    return jpeg_;
}

}  // namespace restream
