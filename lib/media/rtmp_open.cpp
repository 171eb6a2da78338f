#include "media/rtmp_open.hpp"

#include <fmt/format.h>

namespace restream {

namespace {

/// scheme://[user:password@]host:port/ — app and playpath are given as options.
std::string bare_url(const RtmpEndpoint& endpoint) {
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}{}{}:{}/", endpoint.is_tls ? "rtmps" : "rtmp",
                       endpoint.user_info.reveal(), endpoint.user_info.is_empty() ? "" : "@",
                       is_v6 ? "[" : "", endpoint.host, is_v6 ? "]" : "", endpoint.port);
}

/// The end where libav says only that it failed, after the step that was reached.
EndCode code_at(AvStep step, const RtmpEndpoint& endpoint) {
    switch (step) {
        case AvStep::connected:
            return endpoint.is_tls ? EndCode::tls_failed : EndCode::failed;
        case AvStep::app:
            return EndCode::app_refused;
        case AvStep::name:
        case AvStep::publishing:
            return EndCode::publish_refused;
        default:
            return EndCode::failed;
    }
}

}  // namespace

int open_rtmp(AvioHandle& opened, const RtmpEndpoint& endpoint, RtmpRole role,
              const std::string& ca_file, Interrupt& interrupt, AvTranscript& transcript) {
    capture_av_log();
    hide_in_av_log(endpoint.user_info);
    hide_in_av_log(endpoint.playpath);
    AvOptions options;
    options.set("rtmp_app", endpoint.app);
    options.set("rtmp_playpath", endpoint.playpath.reveal());
    options.set("rtmp_tcurl", endpoint.tc_url);
    options.set("tcp_nodelay", 1);
    if (role == RtmpRole::play) {
        options.set("rtmp_live", std::string("live"));
    } else {
        // Looks for the server's words after each message; the default of 10 sees a refusal late.
        options.set("rtmp_flush_interval", 1);
    }
    if (endpoint.is_tls) {
        // rtmp's open hands what it does not know to tls's. Without these, any certificate is
        // accepted.
        options.set("tls_verify", 1);
        options.set("verifyhost", endpoint.host);
        if (!ca_file.empty()) options.set("ca_file", ca_file);
    }
    const AVIOInterruptCB callback = interrupt.callback();
    const AvTranscript::Listening listening(transcript);
    AVIOContext* context = nullptr;
    const int direction = role == RtmpRole::play ? AVIO_FLAG_READ : AVIO_FLAG_WRITE;
    const int result = avio_open2(&context, bare_url(endpoint).c_str(),
                                  direction | AVIO_FLAG_DIRECT, &callback, options.address());
    opened.reset(context);
    if (result < 0) return result;
    if (options.has("tls_verify")) {
        // An FFmpeg that does not hand it on would have sent the key to anybody.
        interrupt.drop();
        opened.reset();
        return AVERROR_OPTION_NOT_FOUND;
    }
    return 0;
}

SessionEnd opening_end(int av_error, const RtmpEndpoint& endpoint, const Interrupt& interrupt,
                       const AvTranscript& transcript) {
    if (interrupt.cause() == Interrupt::Cause::cancelled) return {EndCode::stopped};
    if (interrupt.cause() == Interrupt::Cause::expired) {
        return {EndCode::connect_timed_out, endpoint.address()};
    }
    if (av_error == AVERROR_OPTION_NOT_FOUND) {
        return {EndCode::tls_failed, "this FFmpeg cannot check certificates for rtmps"};
    }
    std::string detail = transcript.detail();
    if (transcript.step() <= AvStep::nothing &&
        transcript.has_line_with("Failed to resolve hostname")) {
        return {EndCode::name_not_found, endpoint.host};
    }
    // A refusing server just closes: EIO, EPIPE and ECONNRESET all say the same there.
    const EndCode at_step = code_at(transcript.step(), endpoint);
    const EndCode found = transcript.step() >= AvStep::app ? at_step : end_code(av_error, at_step);
    if (transcript.step() >= AvStep::app) {
        if (detail.empty()) detail = "it closed the connection";
    } else if (transcript.step() == AvStep::handshaking) {
        detail = fmt::format("{}: no RTMP server answers there", endpoint.address());
    } else if (transcript.step() == AvStep::connecting || detail.empty()) {
        detail = fmt::format("{}: {}", endpoint.address(), av_error_text(av_error));
    }
    return {found, std::move(detail)};
}

}  // namespace restream
