#include "media/rtmp_source.hpp"

#include <fmt/format.h>

#include <array>

#include "media/rtmp_open.hpp"
#include "rtmp/flv.hpp"

namespace restream {

namespace {

/// From the first packet to the server's answer to connect. The ingest is near: one second is long.
constexpr Milliseconds connect_deadline(5000);
/// SourceRequest::on_no_publisher; also: a server that closes sooner than this after play refuses
/// us.
constexpr Milliseconds no_publisher_after(1000);

class RtmpSource final : public TagSource {
  public:
    RtmpSource(const SourceRequest& request, const Cancel& cancel)
        : longest_silence_(request.longest_silence), cancel_(cancel), interrupt_(cancel) {}
    ~RtmpSource() override { interrupt_.drop(); }

    std::optional<SessionEnd> open(const SourceRequest& request);
    std::variant<Tag, SessionEnd> read() override;

  private:
    void watch_opening(const std::function<void()>& on_no_publisher);
    SessionEnd ingest_end(int av_error, const RtmpEndpoint& endpoint) const;
    std::optional<SessionEnd> read_more();

    // avio_ is declared last: it is closed first, and its close asks the interrupt.
    Milliseconds longest_silence_;
    const Cancel& cancel_;
    AvTranscript transcript_;
    Interrupt interrupt_;
    SteadyTime opened_at_ = SteadyClock::now();
    bool is_no_publisher_told_ = false;
    FlvReader reader_;
    std::array<std::uint8_t, 65536> buffer_{};
    AvioHandle avio_;
};

std::optional<SessionEnd> RtmpSource::open(const SourceRequest& request) {
    const auto endpoint = play_endpoint(request.url);
    if (!endpoint)
        return SessionEnd{EndCode::config_invalid, "[ingest] url is not rtmp://HOST/APP"};
    interrupt_.set_deadline(Deadline::after(connect_deadline));
    interrupt_.on_poll([&] { watch_opening(request.on_no_publisher); });
    const int result = open_rtmp(avio_, *endpoint, RtmpRole::play, {}, interrupt_, transcript_);
    interrupt_.on_poll(nullptr);
    if (result < 0) return ingest_end(result, *endpoint);
    return std::nullopt;
}

/// libav's open returns only with the first message. Once play was sent we wait for a publisher,
/// for ever.
void RtmpSource::watch_opening(const std::function<void()>& on_no_publisher) {
    if (transcript_.step() < AvStep::publishing) return;
    interrupt_.set_deadline(Deadline::never());
    if (is_no_publisher_told_ || SteadyClock::now() - opened_at_ < no_publisher_after) return;
    is_no_publisher_told_ = true;
    if (on_no_publisher) on_no_publisher();
}

SessionEnd RtmpSource::ingest_end(int av_error, const RtmpEndpoint& endpoint) const {
    SessionEnd end = opening_end(av_error, endpoint, interrupt_, transcript_);
    switch (end.code) {
        case EndCode::stopped:
            return end;
        case EndCode::app_refused:
            return {EndCode::ingest_refused, std::move(end.detail)};
        case EndCode::publish_refused:
            break;
        default:
            return {EndCode::ingest_down, std::move(end.detail)};
    }
    // At play. UnpublishNotify comes as the end of the file; a server's refusal has words, or is
    // quick.
    if (av_error == AVERROR_EOF) return {EndCode::no_publisher};
    const std::string& said = transcript_.server_error();
    if (said.find("ot found") != std::string::npos || said.find("o such") != std::string::npos ||
        said.find("NotFound") != std::string::npos) {
        return {EndCode::no_publisher, said};
    }
    const bool is_quick = SteadyClock::now() - opened_at_ < no_publisher_after;
    if (!said.empty() || is_quick) return {EndCode::ingest_refused, std::move(end.detail)};
    return {EndCode::ingest_down, "the ingest server closed the connection"};
}

std::variant<Tag, SessionEnd> RtmpSource::read() {
    interrupt_.set_deadline(Deadline::after(longest_silence_));
    while (true) {
        auto next = reader_.next();
        if (auto* const tag = std::get_if<Tag>(&next)) return std::move(*tag);
        if (const auto* const malformed = std::get_if<FlvReader::Malformed>(&next)) {
            return SessionEnd{EndCode::failed, "the ingest: " + malformed->what};
        }
        if (auto end = read_more()) return std::move(*end);
    }
}

std::optional<SessionEnd> RtmpSource::read_more() {
    if (cancel_.is_requested()) return SessionEnd{EndCode::stopped};
    const AvTranscript::Listening listening(transcript_);
    transcript_.clear_lines();
    // Gives what is there: one message at a time, without waiting for a full buffer.
    const int got =
        avio_read_partial(avio_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    if (got > 0) {
        reader_.feed({buffer_.data(), static_cast<std::size_t>(got)});
        return std::nullopt;
    }
    if (interrupt_.cause() == Interrupt::Cause::cancelled) return SessionEnd{EndCode::stopped};
    if (interrupt_.cause() == Interrupt::Cause::expired) {
        return SessionEnd{EndCode::ingest_gone,
                          fmt::format("silent for {}", format_duration(longest_silence_))};
    }
    return SessionEnd{EndCode::ingest_gone, transcript_.detail()};
}

}  // namespace

OpenedSource open_rtmp_source(const SourceRequest& request, const Cancel& cancel) {
    auto source = std::make_unique<RtmpSource>(request, cancel);
    if (auto end = source->open(request)) return std::move(*end);
    return source;
}

}  // namespace restream
