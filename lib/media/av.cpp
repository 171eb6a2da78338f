#include "media/av.hpp"

#include <cerrno>
#include <new>

namespace restream {

void AvioCloser::operator()(AVIOContext* context) const noexcept { avio_closep(&context); }

void CustomAvioFreer::operator()(AVIOContext* context) const noexcept {
    // libav may have replaced the buffer it was given.
    if (context) av_freep(&context->buffer);
    avio_context_free(&context);
}

void InputCloser::operator()(AVFormatContext* context) const noexcept {
    avformat_close_input(&context);
}

void OutputFreer::operator()(AVFormatContext* context) const noexcept {
    avformat_free_context(context);
}

void PacketFreer::operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }

void CodecParametersFreer::operator()(AVCodecParameters* parameters) const noexcept {
    avcodec_parameters_free(&parameters);
}

PacketHandle make_packet() {
    PacketHandle packet(av_packet_alloc());
    if (!packet) throw std::bad_alloc();
    return packet;
}

CodecParametersHandle make_codec_parameters() {
    CodecParametersHandle made(avcodec_parameters_alloc());
    if (!made) throw std::bad_alloc();
    return made;
}

CodecParametersHandle copy_of(const AVCodecParameters& parameters) {
    CodecParametersHandle copy(avcodec_parameters_alloc());
    if (!copy || avcodec_parameters_copy(copy.get(), &parameters) < 0) throw std::bad_alloc();
    return copy;
}

AvOptions::~AvOptions() { av_dict_free(&dictionary_); }

void AvOptions::set(const char* name, const std::string& value) {
    if (av_dict_set(&dictionary_, name, value.c_str(), 0) < 0) throw std::bad_alloc();
}

void AvOptions::set(const char* name, std::int64_t value) {
    if (av_dict_set_int(&dictionary_, name, value, 0) < 0) throw std::bad_alloc();
}

bool AvOptions::has(const char* name) const {
    return av_dict_get(dictionary_, name, nullptr, 0) != nullptr;
}

std::string av_error_text(int av_error) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(av_error, text, sizeof(text));
    return text;
}

EndCode end_code(int av_error, EndCode otherwise) {
    switch (av_error) {
        case AVERROR(ECONNREFUSED):
            return EndCode::connection_refused;
        case AVERROR(ENETUNREACH):
        case AVERROR(EHOSTUNREACH):
        case AVERROR(ENETDOWN):
        case AVERROR(EADDRNOTAVAIL):
            return EndCode::unreachable;
        case AVERROR(ETIMEDOUT):
            return EndCode::connect_timed_out;
        case AVERROR(ECONNRESET):
        case AVERROR(ECONNABORTED):
            return EndCode::reset;
        case AVERROR(EPIPE):
            return EndCode::closed;
        case AVERROR(ENOSPC):
        case AVERROR(EDQUOT):
            return EndCode::disk_full;
        case AVERROR_MUXER_NOT_FOUND:
        case AVERROR_PROTOCOL_NOT_FOUND:
        case AVERROR_PATCHWELCOME:
            return EndCode::not_supported;
        default:
            return otherwise;
    }
}

}  // namespace restream
