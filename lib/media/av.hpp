// FFmpeg's handles, each closed by its type, and its error numbers made ours.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/error.h>
}

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "state/session_end.hpp"

namespace restream {

struct AvioCloser {
    void operator()(AVIOContext* context) const noexcept;
};
/// What avio_open2 opened. **Blocks** in its destructor as long as the Interrupt it was opened with
/// lets it.
using AvioHandle = std::unique_ptr<AVIOContext, AvioCloser>;

struct CustomAvioFreer {
    void operator()(AVIOContext* context) const noexcept;
};
/// What avio_alloc_context made: buffer and context, no connection.
using CustomAvioHandle = std::unique_ptr<AVIOContext, CustomAvioFreer>;

struct InputCloser {
    void operator()(AVFormatContext* context) const noexcept;
};
/// A demuxer. The same C struct as OutputHandle's, but closed in another way.
using InputHandle = std::unique_ptr<AVFormatContext, InputCloser>;

struct OutputFreer {
    void operator()(AVFormatContext* context) const noexcept;
};
/// A muxer. Its AVIO has an owner of its own, which must outlive it.
using OutputHandle = std::unique_ptr<AVFormatContext, OutputFreer>;

struct PacketFreer {
    void operator()(AVPacket* packet) const noexcept;
};
using PacketHandle = std::unique_ptr<AVPacket, PacketFreer>;

struct CodecParametersFreer {
    void operator()(AVCodecParameters* parameters) const noexcept;
};
using CodecParametersHandle = std::unique_ptr<AVCodecParameters, CodecParametersFreer>;

/// Never null. **Throws**: std::bad_alloc.
PacketHandle make_packet();
CodecParametersHandle make_codec_parameters();
CodecParametersHandle copy_of(const AVCodecParameters& parameters);

/// An AVDictionary.
class AvOptions {
  public:
    AvOptions() = default;
    AvOptions(const AvOptions&) = delete;
    AvOptions& operator=(const AvOptions&) = delete;
    ~AvOptions();

    void set(const char* name, const std::string& value);
    void set(const char* name, std::int64_t value);
    /// True where nobody has taken this option yet.
    bool has(const char* name) const;
    /// For calls that take what they know out of it.
    AVDictionary** address() { return &dictionary_; }

  private:
    AVDictionary* dictionary_ = nullptr;
};

/// libav's words for an AVERROR: "Connection refused".
std::string av_error_text(int av_error);

/// The one place where an AVERROR becomes ours. What says nothing by itself (EIO, EOF, EPERM, …)
/// gives `otherwise`.
EndCode end_code(int av_error, EndCode otherwise);

}  // namespace restream
