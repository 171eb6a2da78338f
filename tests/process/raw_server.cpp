#include "process/raw_server.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "base/clock.hpp"
#include "system/fd_linux.hpp"

namespace restream::test {

using Step = RtmpServer::Step;

namespace {

/// Between two looks whether the server goes.
constexpr int look_ms = 20;

}  // namespace

bool RawConnection::wait(short events) const {
    while (!is_ending_ && socket_.is_open()) {
        pollfd entry{number(socket_), events, 0};
        if (::poll(&entry, 1, look_ms) > 0) return true;
    }
    return false;
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!wait(POLLOUT)) return false;
        const ssize_t sent =
            ::send(number(socket_), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawConnection::take_what_is_there() {
    std::array<char, 16384> block;
    for (;;) {
        const ssize_t got = ::recv(number(socket_), block.data(), block.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (got <= 0) return false;
    }
}

bool RawConnection::take_next() { return wait(POLLIN) && take_what_is_there(); }

void RawConnection::drain() {
    std::array<char, 16384> block;
    while (wait(POLLIN) && read_some(socket_, block) > 0) {
    }
}

void RawConnection::drain_until(const std::function<bool()>& is_over) {
    while (!is_ending_ && !is_over()) {
        pollfd entry{number(socket_), POLLIN, 0};
        if (::poll(&entry, 1, look_ms) > 0 && !take_what_is_there()) return;
    }
}

void RawConnection::drain_slowly(std::size_t bytes_per_second,
                                 const std::function<bool()>& is_over) {
    constexpr int turns_a_second = 20;
    const int small = 16 * 1024;
    ::setsockopt(number(socket_), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::vector<char> block(bytes_per_second / turns_a_second);
    SteadyTime turn = SteadyClock::now();
    while (!is_over() && wait(POLLIN) && read_some(socket_, block) > 0) {
        turn += Milliseconds(1000 / turns_a_second);
        wait_until(Deadline(turn), [&] { return is_ending_ || is_over(); });
    }
}

void RawConnection::stall(const std::function<bool()>& is_over) {
    wait_until(Deadline::never(), [&] { return is_ending_ || is_over(); });
}

bool RawConnection::refuse_publisher(RtmpServer& rtmp, std::string_view code) {
    std::array<char, 4096> block;
    for (;;) {
        const auto event = rtmp.next();
        if (std::holds_alternative<RtmpEnding>(event)) return false;
        const bool is_wish = std::holds_alternative<RtmpServer::PublishWish>(event);
        if (is_wish) rtmp.refuse(code, "still on the air");
        if (!flush(rtmp)) return false;
        if (is_wish) return true;
        if (!std::holds_alternative<RtmpServer::NeedMore>(event)) continue;
        const std::size_t got = wait(POLLIN) ? read_some(socket_, block) : 0;
        if (got == 0) return false;
        rtmp.feed({reinterpret_cast<const std::uint8_t*>(block.data()), got});
    }
}

bool RawConnection::flush(RtmpServer& rtmp) {
    std::array<std::span<const std::uint8_t>, 1> piece;
    while (rtmp.output().gather(piece) > 0) {
        const std::string_view bytes(reinterpret_cast<const char*>(piece[0].data()),
                                     piece[0].size());
        if (!send(bytes)) return false;
        rtmp.output().consume(bytes.size());
    }
    return true;
}

bool RawConnection::serve_until(RtmpServer& rtmp, Step step) {
    std::array<char, 4096> block;
    while (rtmp.step() < step) {
        const auto event = rtmp.next();
        if (std::holds_alternative<RtmpEnding>(event)) return false;
        if (std::holds_alternative<RtmpServer::PublishWish>(event)) rtmp.accept();
        if (!flush(rtmp)) return false;
        if (!std::holds_alternative<RtmpServer::NeedMore>(event)) continue;
        if (rtmp.step() >= step) break;
        const std::size_t got = wait(POLLIN) ? read_some(socket_, block) : 0;
        if (got == 0) return false;
        rtmp.feed({reinterpret_cast<const std::uint8_t*>(block.data()), got});
    }
    return true;
}

void RawConnection::reset() {
    const linger at_once{1, 0};
    ::setsockopt(number(socket_), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
}

RawServer::RawServer(Serve serve) : serve_(std::move(serve)) {
    thread_ = std::thread([this] { run(); });
}

RawServer::~RawServer() {
    is_ending_ = true;
    thread_.join();
    for (std::thread& each : threads_) each.join();
}

void RawServer::run() {
    while (!is_ending_) {
        pollfd entry{number(listener_.fd()), POLLIN, 0};
        if (::poll(&entry, 1, look_ms) <= 0) continue;
        Fd socket = listener_.accept();
        if (!socket.is_open()) continue;
        ++accepted_;
        threads_.emplace_back([this, socket = std::move(socket)]() mutable {
            RawConnection connection(std::move(socket), is_ending_);
            serve_(connection);
        });
    }
}

}  // namespace restream::test
