#include "worker/rtmp_sink.hpp"

#include <algorithm>

#include "client/client_connection.hpp"
#include "flv/tag_body.hpp"
#include "worker/rtmp_endings.hpp"

namespace restream {

namespace {

class RtmpSink final : public Sink {
  public:
    RtmpSink(const SinkRequest& request, Loop& loop) {
        auto endpoint = publish_endpoint(request.url, request.key);
        if (!endpoint) return;
        endpoint_ = *endpoint;
        ClientConnection::Request wanted;
        wanted.endpoint = std::move(*endpoint);
        wanted.role = RtmpRole::publish;
        wanted.fourccs = fourccs_of(request.prefix);
        wanted.ca_file = request.ca_file;
        wanted.connect_deadline = request.connect_deadline;
        wanted.write_deadline = request.write_deadline;
        connection_.emplace(loop, std::move(wanted));
    }

    bool is_accepted() const override { return connection_ && connection_->was_accepted(); }
    std::optional<SessionEnd> end() const override {
        if (!connection_) {
            return SessionEnd{EndCode::config_invalid, "its URL is not rtmp://HOST/APP"};
        }
        const auto ending = connection_->ending();
        if (!ending) return std::nullopt;
        return destination_end(*ending, endpoint_,
                               is_accepted() ? PublishStep::accepted : PublishStep::opening);
    }
    bool is_ready() const override { return connection_ && connection_->is_ready(); }
    void write(const Tag& tag) override { connection_->send(tag); }
    void finish(const Deadline& deadline) override {
        if (connection_) connection_->finish(deadline);
    }
    std::optional<double> rtt_ms() const override {
        return connection_ ? connection_->rtt_ms() : std::nullopt;
    }
    std::optional<TcpFacts> tcp() const override {
        return connection_ ? connection_->tcp() : std::nullopt;
    }
    SteadyClock::duration standing(SteadyTime now) const override {
        return connection_ ? connection_->standing(now) : SteadyClock::duration::zero();
    }

  private:
    RtmpEndpoint endpoint_;
    std::optional<ClientConnection> connection_;  ///< not there where the URL is none
};

void add_fourcc(std::uint32_t fourcc, std::vector<std::string>& all) {
    if (fourcc == 0) return;
    std::string name;
    for (const int shift : {24, 16, 8, 0}) name += static_cast<char>((fourcc >> shift) & 0xff);
    if (std::ranges::find(all, name) == all.end()) all.push_back(std::move(name));
}

}  // namespace

std::vector<std::string> fourccs_of(const std::vector<Tag>& prefix) {
    std::vector<std::string> all;
    for (const Tag& tag : prefix) {
        if (tag.type == TagType::script) continue;
        const auto body =
            tag.type == TagType::video ? video_body(tag.bytes()) : audio_body(tag.bytes());
        if (body && body->is_enhanced) add_fourcc(body->fourcc, all);
    }
    return all;
}

std::unique_ptr<Sink> open_rtmp_sink(const SinkRequest& request, Loop& loop) {
    return std::make_unique<RtmpSink>(request, loop);
}

}  // namespace restream
