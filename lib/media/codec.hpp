// FFmpeg's handles for what is decoded, scaled and encoded, each closed by its type.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <new>

namespace restream {

struct CodecContextFreer {
    void operator()(AVCodecContext* context) const noexcept { avcodec_free_context(&context); }
};
using CodecContextHandle = std::unique_ptr<AVCodecContext, CodecContextFreer>;

struct FrameFreer {
    void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
};
using FrameHandle = std::unique_ptr<AVFrame, FrameFreer>;

struct ScalerFreer {
    void operator()(SwsContext* context) const noexcept { sws_freeContext(context); }
};
using ScalerHandle = std::unique_ptr<SwsContext, ScalerFreer>;

/// Never null. **Throws**: std::bad_alloc.
inline FrameHandle make_frame() {
    FrameHandle frame(av_frame_alloc());
    if (!frame) throw std::bad_alloc();
    return frame;
}

/// Never null. **Throws**: std::bad_alloc.
inline CodecContextHandle make_codec_context(const AVCodec* codec) {
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    return context;
}

}  // namespace restream
