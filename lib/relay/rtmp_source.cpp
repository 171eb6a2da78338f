#include "relay/rtmp_source.hpp"

#include <optional>

#include "relay/rtmp_ends.hpp"
#include "rtmp/client_connection.hpp"

namespace restream {

namespace {

/// A publisher that is there has sent something by then; and a server that closes sooner than this
/// after play refuses us.
constexpr Milliseconds no_publisher_after(1000);

class RtmpSource final : public TagSource {
  public:
    RtmpSource(const SourceRequest& request, Loop& loop) {
        auto endpoint = play_endpoint(request.url);
        if (!endpoint) return;
        endpoint_ = *endpoint;
        ClientConnection::Request wanted;
        wanted.endpoint = std::move(*endpoint);
        wanted.role = RtmpRole::play;
        wanted.connect_deadline = request.connect_deadline;
        wanted.longest_silence = request.longest_silence;
        connection_.emplace(loop, std::move(wanted));
    }

    Event poll() override;
    bool has_no_publisher() const override {
        return !is_fed_ && (has_publisher_left_ || plays_for(no_publisher_after));
    }
    std::optional<TcpFacts> tcp() const override {
        return connection_ ? connection_->tcp() : std::nullopt;
    }

  private:
    PlayStep step() const {
        if (has_had_message_) return PlayStep::had_message;
        if (!accepted_at_) return PlayStep::opening;
        return plays_for(no_publisher_after) ? PlayStep::silent : PlayStep::refusable;
    }
    bool plays_for(Milliseconds span) const {
        return accepted_at_ && SteadyClock::now() - *accepted_at_ >= span;
    }

    RtmpEndpoint endpoint_;
    std::optional<ClientConnection> connection_;  ///< not there where the URL is none
    std::optional<SteadyTime> accepted_at_;
    bool has_had_message_ = false;
    bool is_fed_ = false;  ///< something came since it played, or since the publisher left
    bool has_publisher_left_ = false;
};

TagSource::Event RtmpSource::poll() {
    if (!connection_) {
        return SessionEnd{EndCode::config_invalid, "[ingest] url is not rtmp://HOST/APP"};
    }
    auto event = connection_->poll();
    if (auto* tag = std::get_if<Tag>(&event)) {
        // Other data messages (|RtmpSampleAccess) are the server's own.
        if (tag->type != TagType::script || is_metadata(*tag)) has_had_message_ = is_fed_ = true;
        return std::move(*tag);
    }
    if (!accepted_at_ && connection_->was_accepted()) accepted_at_ = SteadyClock::now();
    if (std::holds_alternative<ClientConnection::PublisherLeft>(event)) {
        is_fed_ = false;
        has_publisher_left_ = true;
        return PublisherLeft{};
    }
    if (const auto* ending = std::get_if<RtmpEnding>(&event)) {
        return ingest_end(*ending, endpoint_, step());
    }
    return Nothing{};
}

}  // namespace

std::unique_ptr<TagSource> open_rtmp_source(const SourceRequest& request, Loop& loop) {
    return std::make_unique<RtmpSource>(request, loop);
}

}  // namespace restream
