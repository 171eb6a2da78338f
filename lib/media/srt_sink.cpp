#include "media/srt_sink.hpp"

#include <fmt/format.h>

#include <utility>

#include "media/av_log.hpp"
#include "media/interrupt.hpp"
#include "media/muxer.hpp"
#include "media/srt_rejection.hpp"

namespace restream {

namespace {

class SrtSink final : public BlockingSink {
  public:
    SrtSink(const SinkRequest& request, const Cancel& cancel)
        : interrupt_(cancel), write_deadline_(request.write_deadline) {}
    ~SrtSink() override { interrupt_.drop(); }

    std::optional<SessionEnd> open(const SinkRequest& request);
    std::optional<SessionEnd> write(const Tag& tag) override;
    void finish(const Deadline& deadline) override;

  private:
    int connect(const SinkRequest& request);
    SessionEnd opening_end(int av_error, const SinkRequest& request) const;
    std::optional<SessionEnd> ended(int result) const;

    AvTranscript transcript_;
    Interrupt interrupt_;
    Milliseconds write_deadline_;
    SteadyTime opened_at_ = SteadyClock::now();
    bool is_broken_ = false;
    AvioHandle avio_;
    std::optional<Muxer> muxer_;
};

int SrtSink::connect(const SinkRequest& request) {
    const SrtOptions& srt = request.srt;
    AvOptions options;
    for (const auto& [name, value] : srt.more) options.set(name.c_str(), value);
    options.set("mode", std::string("caller"));
    options.set("transtype", std::string("live"));
    options.set("connect_timeout", request.connect_deadline.count());
    if (srt.latency) options.set("latency", srt.latency->count() * 1000);  // FFmpeg's are µs
    // Not in the URL, where "+" would be a blank and no other character could be escaped.
    for (const auto& [name, secret] :
         {std::pair("passphrase", &srt.passphrase), std::pair("streamid", &srt.stream_id)}) {
        hide_in_av_log(*secret);
        if (!secret->is_empty()) options.set(name, secret->reveal());
    }
    const AVIOInterruptCB callback = interrupt_.callback();
    AVIOContext* context = nullptr;
    const int result =
        avio_open2(&context, request.url.c_str(), AVIO_FLAG_WRITE, &callback, options.address());
    avio_.reset(context);
    return result;
}

std::optional<SessionEnd> SrtSink::open(const SinkRequest& request) {
    capture_av_log();
    auto learned = learn_tracks(request, Container::mpegts);
    if (auto* end = std::get_if<SessionEnd>(&learned)) return std::move(*end);
    const AvTranscript::Listening listening(transcript_);
    interrupt_.set_deadline(Deadline::after(request.connect_deadline + Milliseconds(200)));
    opened_at_ = SteadyClock::now();
    (void)take_srt_rejection();
    if (const int result = connect(request); result < 0) return opening_end(result, request);
    muxer_.emplace(Container::mpegts, *avio_, std::move(std::get<Tracks>(learned)));
    return ended(muxer_->begin());
}

SessionEnd SrtSink::opening_end(int av_error, const SinkRequest& request) const {
    if (interrupt_.cause() == Interrupt::Cause::cancelled) return {EndCode::stopped};
    const std::string& address = request.url;
    if (interrupt_.cause() == Interrupt::Cause::expired) {
        return {EndCode::connect_timed_out, address};
    }
    if (transcript_.has_line_with("resolve hostname")) return {EndCode::name_not_found, address};
    // FFmpeg gives EIO for all the rest. A rejection comes at once; silence lasts until libsrt's
    // own timeout.
    const std::string rejection = take_srt_rejection();
    if (!rejection.empty()) return srt_rejection_end(rejection);
    if (Deadline(opened_at_ + request.connect_deadline * 9 / 10).has_passed()) {
        return {EndCode::connect_timed_out, address};
    }
    const EndCode otherwise = av_error == AVERROR(EIO) ? EndCode::srt_refused : EndCode::failed;
    return {end_code(av_error, otherwise), fmt::format("{}: {}", address, av_error_text(av_error))};
}

std::optional<SessionEnd> SrtSink::write(const Tag& tag) {
    const AvTranscript::Listening listening(transcript_);
    transcript_.clear_lines();
    interrupt_.set_deadline(Deadline::after(write_deadline_));
    auto end = ended(muxer_->write(tag));
    is_broken_ = end.has_value();
    return end;
}

std::optional<SessionEnd> SrtSink::ended(int result) const {
    if (result >= 0) return std::nullopt;
    if (interrupt_.cause() == Interrupt::Cause::cancelled) return SessionEnd{EndCode::stopped};
    if (interrupt_.cause() == Interrupt::Cause::expired || result == AVERROR(ETIMEDOUT)) {
        return SessionEnd{EndCode::stalled,
                          fmt::format("nothing for {}", format_duration(write_deadline_))};
    }
    if (result == AVERROR_INPUT_CHANGED) return SessionEnd{EndCode::tracks_changed};
    const std::string said = transcript_.detail();
    return SessionEnd{end_code(result, EndCode::closed),
                      said.empty() ? av_error_text(result) : said};
}

void SrtSink::finish(const Deadline& deadline) {
    const AvTranscript::Listening listening(transcript_);
    interrupt_.ignore_cancel();
    interrupt_.set_deadline(deadline);
    if (!is_broken_) (void)muxer_->end();
    muxer_.reset();
    avio_.reset();
}

}  // namespace

OpenedSink open_srt_sink(const SinkRequest& request, const Cancel& cancel) {
    auto sink = std::make_unique<SrtSink>(request, cancel);
    if (auto end = sink->open(request)) return std::move(*end);
    return sink;
}

}  // namespace restream
