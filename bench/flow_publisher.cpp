#include "flow_publisher.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "rtmp/endpoint.hpp"

namespace restream::bench {

Publisher::Publisher(const std::vector<Tag>& clip, std::string url)
    : clip_(clip), url_(std::move(url)) {}

void Publisher::come() {
    const auto endpoint = publish_endpoint(url_, Secret());
    if (!endpoint) fail(url_ + ": no RTMP URL");
    RtmpClient::Setup setup;
    setup.endpoint = *endpoint;
    setup.role = RtmpRole::publish;
    setup.random = random_bytes();
    client_.emplace(std::move(setup));

    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(endpoint->port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        fail(std::string("connecting the publisher: ") + std::strerror(errno));
    }
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    connect();
    is_leaving_ = has_sent_picture_ = false;
    thread_ = std::thread([this] { publish(); });
}

void Publisher::connect() {
    for (;;) {
        write_all_of(socket_, client_->output());
        for (;;) {
            const auto event = client_->next();
            if (std::holds_alternative<RtmpClient::Accepted>(event)) return;
            if (const auto* end = std::get_if<RtmpEnding>(&event)) {
                fail("the ingest refused the publisher: " + end->detail);
            }
            if (std::holds_alternative<RtmpClient::NeedMore>(event)) break;
        }
        write_all_of(socket_, client_->output());
        if (!take(0)) fail("the ingest closed the publisher");
    }
}

/// False at the end of what the server says.
bool Publisher::take(int flags) {
    const auto spaces = client_->spaces();
    std::array<iovec, 2> vectors = {iovec{spaces[0].data(), spaces[0].size()},
                                    iovec{spaces[1].data(), spaces[1].size()}};
    msghdr header{};
    header.msg_iov = vectors.data();
    header.msg_iovlen = 2;
    const ssize_t got = ::recvmsg(socket_, &header, flags);
    if (got < 0) return errno == EAGAIN;
    client_->commit(static_cast<std::size_t>(got));
    return got > 0;
}

void Publisher::publish() {
    const SteadyTime begun = SteadyClock::now();
    const std::int32_t length = clip_.back().time.since(RtmpTime(0)) + 33;
    for (std::int32_t offset = 0;; offset += length) {
        for (const Tag& each : clip_) {
            Tag tag = each;
            tag.time = each.time.plus(offset);
            std::this_thread::sleep_until(begun + Milliseconds(tag.time.ms()));
            if (is_leaving_) return;
            send(std::move(tag));
        }
    }
}

void Publisher::send(Tag tag) {
    const Mark mark{pictures_, now_ns()};
    const bool has_picture = is_picture(tag);
    if (has_picture) {
        const auto nal = mark.nal();
        PayloadBuffer buffer(tag.bytes().size() + nal.size());
        auto at = std::ranges::copy(tag.bytes(), buffer.bytes().begin()).out;
        std::ranges::copy(nal, at);
        tag.payload = buffer.freeze();
        ++pictures_;
    }
    // With the others no picture goes: a relay that begins on a keyframe leaves them out.
    if (is_sound(tag) && has_sent_picture_) ++sounds_;
    client_->send(tag);
    if (!write_all_of(socket_, client_->output()) || !take(MSG_DONTWAIT)) {
        fail("the ingest closed the publisher");
    }
    (void)client_->next();
    if (has_picture && !std::exchange(has_sent_picture_, true)) {
        tell({{"publisher", url_}, {"number", mark.number}, {"at", seconds(mark.sent_ns)}});
    }
}

void Publisher::leave(Farewell farewell) {
    is_leaving_ = true;
    thread_.join();
    if (farewell == Farewell::goodbye) {
        client_->say_goodbye();
        write_all_of(socket_, client_->output());
    }
    // All that was sent arrives: a socket closed with something unread would be reset.
    ::shutdown(socket_, SHUT_WR);
    const timeval longest{2, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof(longest));
    std::array<std::uint8_t, 4096> words;
    while (::recv(socket_, words.data(), words.size(), 0) > 0) continue;
    ::close(socket_);
}

nlohmann::json Publisher::sent() const {
    return {{"pictures", pictures_.load()}, {"sounds", sounds_.load()}};
}

}  // namespace restream::bench
