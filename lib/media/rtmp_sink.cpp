#include "media/rtmp_sink.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/tcp_facts.hpp"
#include "media/rtmp_open.hpp"
#include "rtmp/flv.hpp"

namespace restream {

namespace {

/// How long a stop waits for a message that is half sent. Well under the 3 s that `disable` has for
/// all.
constexpr Milliseconds cancel_grace(500);
/// Or the kernel's buffer hides seconds of delay from the relay's queue. Source: DESIGN.
constexpr int most_unsent_bytes = 128 * 1024;

class RtmpSink final : public Sink {
  public:
    RtmpSink(const SinkRequest& request, const Cancel& cancel)
        : interrupt_(cancel), write_deadline_(request.write_deadline) {}
    ~RtmpSink() override { interrupt_.drop(); }

    std::optional<SessionEnd> open(const SinkRequest& request);
    std::optional<SessionEnd> write(const Tag& tag) override;
    void finish(const Deadline& deadline) override;
    std::optional<double> rtt_ms() const override {
        return connection_ && avio_ ? round_trip_ms(*connection_) : std::nullopt;
    }

  private:
    SessionEnd write_end(int av_error) const;

    // avio_ is declared last: it is closed first, and its close asks the interrupt.
    AvTranscript transcript_;
    Interrupt interrupt_;
    Milliseconds write_deadline_;
    std::vector<std::uint8_t> bytes_;
    std::optional<Fd::Native> connection_;  ///< libav's: valid while avio_ is open
    bool is_begun_ = false;
    bool is_broken_ = false;
    AvioHandle avio_;
};

std::optional<SessionEnd> RtmpSink::open(const SinkRequest& request) {
    const auto endpoint = publish_endpoint(request.url, request.key);
    if (!endpoint) return SessionEnd{EndCode::config_invalid, "its URL is not rtmp://HOST/APP"};
    interrupt_.set_deadline(Deadline::after(request.connect_deadline));
    const ConnectionFinder finder;
    const int result =
        open_rtmp(avio_, *endpoint, RtmpRole::publish, request.ca_file, interrupt_, transcript_);
    if (result < 0) return opening_end(result, *endpoint, interrupt_, transcript_);
    interrupt_.set_grace(cancel_grace);
    connection_ = finder.find(endpoint->port);
    if (connection_) keep_short(*connection_, most_unsent_bytes);
    return std::nullopt;
}

std::optional<SessionEnd> RtmpSink::write(const Tag& tag) {
    if (tag.bytes().empty()) return std::nullopt;
    bytes_.clear();
    if (!is_begun_) {
        // libav's rtmp takes an FLV file and skips its 13 bytes of header.
        const auto header = flv_file_header(true, true);
        bytes_.insert(bytes_.end(), header.begin(), header.end());
        is_begun_ = true;
    }
    append_flv_tag(tag, bytes_);
    const AvTranscript::Listening listening(transcript_);
    transcript_.clear_lines();
    interrupt_.set_deadline(Deadline::after(write_deadline_));
    avio_write(avio_.get(), bytes_.data(), static_cast<int>(bytes_.size()));
    if (avio_->error >= 0) return std::nullopt;
    is_broken_ = true;
    return write_end(avio_->error);
}

SessionEnd RtmpSink::write_end(int av_error) const {
    if (interrupt_.cause() == Interrupt::Cause::cancelled) return {EndCode::stopped};
    if (interrupt_.cause() == Interrupt::Cause::expired) {
        return {EndCode::stalled, fmt::format("nothing for {}", format_duration(write_deadline_))};
    }
    if (!transcript_.server_error().empty()) return {EndCode::closed, transcript_.server_error()};
    switch (av_error) {
        case AVERROR_EOF:
        case AVERROR(EIO):
            return {EndCode::closed, transcript_.detail()};
        case AVERROR(ETIMEDOUT):
            return {EndCode::reset, av_error_text(av_error)};
        default:
            return {end_code(av_error, EndCode::reset), av_error_text(av_error)};
    }
}

void RtmpSink::finish(const Deadline& deadline) {
    if (is_broken_) return;
    const AvTranscript::Listening listening(transcript_);
    interrupt_.ignore_cancel();
    interrupt_.set_deadline(deadline);
    avio_.reset();
}

}  // namespace

OpenedSink open_rtmp_sink(const SinkRequest& request, const Cancel& cancel) {
    auto sink = std::make_unique<RtmpSink>(request, cancel);
    if (auto end = sink->open(request)) return std::move(*end);
    return sink;
}

}  // namespace restream
