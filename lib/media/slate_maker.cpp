#include "media/slate_maker.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "media/av.hpp"
#include "media/av_log.hpp"
#include "media/codec.hpp"

namespace restream {

namespace {

constexpr double seconds = 2;
/// Limited-range BT.709: nearly black, and no colour.
constexpr int dark_luma = 24;
constexpr int no_chroma = 128;
/// A picture that takes longer to find is none.
constexpr int most_packets = 1000;

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorKind::refused, "the slate can't be made: " + what);
}

int check(int result, const std::string& what) {
    if (result < 0) fail(what + ": " + av_error_text(result));
    return result;
}

FrameHandle dark_picture(int width, int height) {
    FrameHandle frame = make_frame();
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = width;
    frame->height = height;
    check(av_frame_get_buffer(frame.get(), 0), "no memory for a picture");
    for (int plane = 0; plane < 3; ++plane) {
        const int rows = plane == 0 ? height : height / 2;
        std::memset(
            frame->data[plane], plane == 0 ? dark_luma : no_chroma,
            static_cast<std::size_t>(frame->linesize[plane]) * static_cast<std::size_t>(rows));
    }
    return frame;
}

int read_picture(void* file, std::uint8_t* into, int size) noexcept {
    const auto got =
        static_cast<const PictureFile*>(file)->read({into, static_cast<std::size_t>(size)});
    if (!got) return AVERROR(EIO);
    return *got == 0 ? AVERROR_EOF : static_cast<int>(*got);
}

std::int64_t seek_picture(void* file, std::int64_t offset, int whence) noexcept {
    const auto& picture = *static_cast<const PictureFile*>(file);
    whence &= ~AVSEEK_FORCE;
    if (whence != AVSEEK_SIZE) return picture.seek(offset, whence).value_or(AVERROR(ESPIPE));
    const auto now = picture.seek(0, SEEK_CUR);
    const auto size = picture.seek(0, SEEK_END);
    if (!now || !size || !picture.seek(*now, SEEK_SET)) return AVERROR(ESPIPE);
    return *size;
}

CustomAvioHandle reader_of(const PictureFile& picture) {
    constexpr int buffer_bytes = 64 * 1024;
    auto* const buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
    // libav wants a pointer to what is not const, and hands it on.
    auto* const file = const_cast<PictureFile*>(&picture);
    CustomAvioHandle made(buffer ? avio_alloc_context(buffer, buffer_bytes, 0, file, read_picture,
                                                      nullptr, seek_picture)
                                 : nullptr);
    if (!made) {
        av_free(buffer);
        throw std::bad_alloc();
    }
    return made;
}

/// Opens nothing: a picture that refers to other files, as a playlist does, is none.
int open_no_other(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) noexcept {
    return AVERROR(EPERM);
}

/// The first picture of a file.
FrameHandle decode(const PictureFile& file) {
    const std::string& name = file.name();
    const CustomAvioHandle reader = reader_of(file);
    AVFormatContext* opened = avformat_alloc_context();
    if (opened == nullptr) throw std::bad_alloc();
    opened->pb = reader.get();
    opened->io_open = open_no_other;
    AvOptions options;
    options.set("protocol_whitelist", "none");  // for what has contexts of its own, as concat
    // Without its name: what opens files by their names, as image2 does, is not chosen then.
    check(avformat_open_input(&opened, nullptr, nullptr, options.address()), name);
    const InputHandle input(opened);
    check(avformat_find_stream_info(opened, nullptr), name);
    const AVCodec* codec = nullptr;
    const int index = check(av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0),
                            name + " has no picture");
    const CodecContextHandle decoder = make_codec_context(codec);
    check(avcodec_parameters_to_context(decoder.get(), opened->streams[index]->codecpar), name);
    check(avcodec_open2(decoder.get(), codec, nullptr), name);
    const PacketHandle packet = make_packet();
    FrameHandle frame = make_frame();
    for (int i = 0; i < most_packets; ++i) {
        const int read = av_read_frame(opened, packet.get());
        if (read >= 0 && packet->stream_index != index) {
            av_packet_unref(packet.get());
            continue;
        }
        check(avcodec_send_packet(decoder.get(), read < 0 ? nullptr : packet.get()), name);
        av_packet_unref(packet.get());
        const int received = avcodec_receive_frame(decoder.get(), frame.get());
        if (received >= 0) return frame;
        if (received != AVERROR(EAGAIN)) check(received, name + " has no picture");
    }
    fail(name + " has no picture");
}

/// Into the middle of `onto`, as large as fits.
void draw(const AVFrame& picture, AVFrame& onto) {
    const double factor = std::min(static_cast<double>(onto.width) / picture.width,
                                   static_cast<double>(onto.height) / picture.height);
    const auto even = [](double pixels, int most) {
        return std::clamp(static_cast<int>(std::lround(pixels / 2)) * 2, 2, most);
    };
    const int width = even(picture.width * factor, onto.width);
    const int height = even(picture.height * factor, onto.height);
    const int left = (onto.width - width) / 4 * 2;
    const int top = (onto.height - height) / 4 * 2;
    const ScalerHandle scaler(
        sws_getContext(picture.width, picture.height, static_cast<AVPixelFormat>(picture.format),
                       width, height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, nullptr, nullptr, nullptr));
    if (!scaler) fail("the picture's format can't be converted");
    std::array<std::uint8_t*, 4> planes{};
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const int divisor = plane == 0 ? 1 : 2;
        planes[plane] = onto.data[plane] + top / divisor * onto.linesize[plane] + left / divisor;
    }
    check(sws_scale(scaler.get(), picture.data, picture.linesize, 0, picture.height, planes.data(),
                    onto.linesize),
          "the picture can't be scaled");
}

/// An FLV file in memory, and its two tracks.
class Writer {
  public:
    Writer() {
        AVFormatContext* made = nullptr;
        check(avformat_alloc_output_context2(&made, nullptr, "flv", nullptr), "FLV");
        output_.reset(made);
        check(avio_open_dyn_buf(&output_->pb), "no memory");
    }
    ~Writer() {
        if (output_->pb != nullptr) (void)take();
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    int add(const AVCodecContext& encoder) {
        AVStream* const track = avformat_new_stream(output_.get(), nullptr);
        if (track == nullptr) throw std::bad_alloc();
        check(avcodec_parameters_from_context(track->codecpar, &encoder), "FLV");
        track->time_base = encoder.time_base;
        return track->index;
    }
    void begin() {
        // Nothing is filled in at the end: a buffer of libav's that was sought in is cut short.
        AvOptions options;
        options.set("flvflags", "no_duration_filesize");
        check(avformat_write_header(output_.get(), options.address()), "FLV");
    }
    /// What the encoder has ready.
    void write_all(AVCodecContext& encoder, int track) {
        const PacketHandle packet = make_packet();
        while (avcodec_receive_packet(&encoder, packet.get()) >= 0) {
            packet->stream_index = track;
            av_packet_rescale_ts(packet.get(), encoder.time_base,
                                 output_->streams[track]->time_base);
            check(av_interleaved_write_frame(output_.get(), packet.get()), "FLV");
        }
    }
    std::string finish() {
        check(av_write_trailer(output_.get()), "FLV");
        return take();
    }

  private:
    std::string take() {
        std::uint8_t* bytes = nullptr;
        const int size = avio_close_dyn_buf(output_->pb, &bytes);
        output_->pb = nullptr;
        std::string taken(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
        av_free(bytes);
        return taken;
    }
    OutputHandle output_;
};

CodecContextHandle open_encoder(const AVCodec* codec, const char* name,
                                const std::function<void(AVCodecContext&)>& set) {
    if (codec == nullptr) fail(fmt::format("this FFmpeg has no {} encoder", name));
    CodecContextHandle encoder = make_codec_context(codec);
    set(*encoder);
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(encoder.get(), codec, nullptr), name);
    return encoder;
}

CodecContextHandle open_video(const SlateShape& shape) {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    if (codec == nullptr) codec = avcodec_find_encoder_by_name("libopenh264");
    return open_encoder(codec, "H.264", [&](AVCodecContext& encoder) {
        encoder.width = shape.width;
        encoder.height = shape.height;
        encoder.pix_fmt = AV_PIX_FMT_YUV420P;
        encoder.time_base = {2, static_cast<int>(std::lround(shape.fps * 2))};
        encoder.framerate = av_inv_q(encoder.time_base);
        encoder.max_b_frames = 0;
        encoder.gop_size = 100'000;  // one keyframe: the first
        encoder.color_range = AVCOL_RANGE_MPEG;
        encoder.thread_count = 1;
        // Of libx264; another encoder has no such options, and the picture is a still one anyway.
        (void)av_opt_set(encoder.priv_data, "preset", "veryfast", 0);
        (void)av_opt_set(encoder.priv_data, "tune", "stillimage,zerolatency", 0);
        // Parameter sets of a number that live encoders do not use, and before the keyframe too:
        // what keeps to the sequence header of before decodes either picture all the same.
        (void)av_opt_set(encoder.priv_data, "x264-params", "sps-id=5:repeat-headers=1", 0);
    });
}

CodecContextHandle open_audio(const SlateShape& shape) {
    return open_encoder(avcodec_find_encoder(AV_CODEC_ID_AAC), "AAC", [&](AVCodecContext& encoder) {
        encoder.sample_rate = shape.sample_rate_hz;
        encoder.sample_fmt = AV_SAMPLE_FMT_FLTP;
        encoder.time_base = {1, shape.sample_rate_hz};
        encoder.bit_rate = 64'000;
        av_channel_layout_default(&encoder.ch_layout, shape.channels);
    });
}

void encode_video(AVFrame& picture, const SlateShape& shape, AVCodecContext& encoder,
                  Writer& writer, int track) {
    const auto count = static_cast<std::int64_t>(std::lround(shape.fps * seconds));
    for (std::int64_t i = 0; i < count; ++i) {
        picture.pts = i;
        check(avcodec_send_frame(&encoder, &picture), "H.264");
        writer.write_all(encoder, track);
    }
    check(avcodec_send_frame(&encoder, nullptr), "H.264");
    writer.write_all(encoder, track);
}

void encode_silence(const SlateShape& shape, AVCodecContext& encoder, Writer& writer, int track) {
    const FrameHandle silence = make_frame();
    silence->format = AV_SAMPLE_FMT_FLTP;
    silence->nb_samples = encoder.frame_size;
    silence->sample_rate = shape.sample_rate_hz;
    av_channel_layout_default(&silence->ch_layout, shape.channels);
    check(av_frame_get_buffer(silence.get(), 0), "no memory for sound");
    for (int channel = 0; channel < shape.channels; ++channel) {
        std::fill_n(reinterpret_cast<float*>(silence->data[channel]), silence->nb_samples, 0.0F);
    }
    // Past what the encoder begins with: all frames are the same from then on.
    constexpr int frames = 10;
    for (int i = 0; i < frames; ++i) {
        silence->pts = std::int64_t(i) * encoder.frame_size;
        check(avcodec_send_frame(&encoder, silence.get()), "AAC");
        writer.write_all(encoder, track);
    }
}

}  // namespace

std::string make_slate(const SlateShape& shape, const PictureFile* picture) {
    capture_av_log();
    const FrameHandle frame = dark_picture(shape.width, shape.height);
    if (picture != nullptr) draw(*decode(*picture), *frame);
    const CodecContextHandle video = open_video(shape);
    const CodecContextHandle audio = open_audio(shape);
    Writer writer;
    const int video_track = writer.add(*video);
    const int audio_track = writer.add(*audio);
    writer.begin();
    encode_video(*frame, shape, *video, writer, video_track);
    encode_silence(shape, *audio, writer, audio_track);
    return writer.finish();
}

}  // namespace restream
