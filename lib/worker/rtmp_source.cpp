#include "worker/rtmp_source.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/client_connection.hpp"
#include "worker/rtmp_endings.hpp"

namespace restream {

namespace {

/// A publisher that is there has sent something by then; and a server that closes sooner than this
/// after play refuses us.
constexpr Milliseconds no_publisher_after(1000);

/// What a server said to the apps that one URL may mean.
struct AppMemory {
    std::string url;
    std::size_t next = 0;     ///< of play_endpoints(): the one to try
    std::size_t refused = 0;  ///< in a row, since one was accepted
};

class RtmpSource final : public TagSource {
  public:
    RtmpSource(const SourceRequest& request, Loop& loop, std::shared_ptr<AppMemory> memory)
        : request_(request),
          loop_(loop),
          endpoints_(play_endpoints(request.url)),
          memory_(std::move(memory)) {
        if (memory_->url != request.url) *memory_ = {request.url, 0, 0};
        if (!endpoints_.empty()) connect();
    }

    Event poll() override;
    bool has_no_publisher() const override {
        return !is_fed_ && (has_publisher_left_ || plays_for(no_publisher_after));
    }
    std::optional<TcpFacts> tcp() const override {
        return connection_ ? connection_->tcp() : std::nullopt;
    }

  private:
    void connect();
    /// True where another app is tried now.
    bool tries_another(const RtmpEnding& ending);
    PlayStep step() const {
        if (has_had_message_) return PlayStep::had_message;
        if (!accepted_at_) return PlayStep::opening;
        return plays_for(no_publisher_after) ? PlayStep::silent : PlayStep::refusable;
    }
    bool plays_for(Milliseconds span) const {
        return accepted_at_ && SteadyClock::now() - *accepted_at_ >= span;
    }

    const SourceRequest request_;
    Loop& loop_;
    const std::vector<RtmpEndpoint> endpoints_;
    std::shared_ptr<AppMemory> memory_;
    RtmpEndpoint endpoint_;
    std::optional<ClientConnection> connection_;  ///< not there where the URL is none
    std::optional<SteadyTime> accepted_at_;
    bool has_had_message_ = false;
    bool is_fed_ = false;  ///< something came since it played, or since the publisher left
    bool has_publisher_left_ = false;
};

void RtmpSource::connect() {
    endpoint_ = endpoints_[memory_->next];
    ClientConnection::Request wanted;
    wanted.endpoint = endpoint_;
    wanted.role = RtmpRole::play;
    wanted.connect_deadline = request_.connect_deadline;
    wanted.longest_silence = request_.longest_silence;
    connection_.emplace(loop_, std::move(wanted));
}

bool RtmpSource::tries_another(const RtmpEnding& ending) {
    if (ending.cause != RtmpEnding::Cause::app_refused || accepted_at_) return false;
    memory_->next = (memory_->next + 1) % endpoints_.size();
    if (memory_->refused < endpoints_.size()) ++memory_->refused;
    if (memory_->refused >= endpoints_.size()) return false;
    connect();
    return true;
}

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
    if (!accepted_at_ && connection_->was_accepted()) {
        accepted_at_ = SteadyClock::now();
        memory_->refused = 0;
    }
    if (std::holds_alternative<ClientConnection::PublisherLeft>(event)) {
        is_fed_ = false;
        has_publisher_left_ = true;
        return PublisherLeft{};
    }
    if (const auto* ending = std::get_if<RtmpEnding>(&event)) {
        if (tries_another(*ending)) return Nothing{};
        return ingest_end(*ending, endpoint_, step());
    }
    return Nothing{};
}

}  // namespace

std::unique_ptr<TagSource> open_rtmp_source(const SourceRequest& request, Loop& loop) {
    return std::make_unique<RtmpSource>(request, loop, std::make_shared<AppMemory>());
}

OpenSource remembering_rtmp_source() {
    return [memory = std::make_shared<AppMemory>()](const SourceRequest& request, Loop& loop) {
        return std::make_unique<RtmpSource>(request, loop, memory);
    };
}

}  // namespace restream
