#include "process/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "base/clock.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "system/fd_linux.hpp"

namespace restream::test {

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Fd listen_on(int port) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(number(socket), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Short, so that a line that stalls is felt within a second or two instead of after megabytes.
    const int receive_bytes = 8192;
    ::setsockopt(number(socket), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    const sockaddr_in address = loopback(port);
    if (::bind(number(socket), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(number(socket), 16) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    return socket;
}

Fd connect_to(int port) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(number(socket), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        return {};
    }
    ::fcntl(number(socket), F_SETFL, O_NONBLOCK);
    return socket;
}

/// One direction of a connection: what was read and not yet written.
struct Direction {
    std::string waiting;
    bool has_ended = false;
};

}  // namespace

struct TcpProxy::Connection {
    Fd near;
    Fd far;
    Direction out;   ///< from near to far
    Direction back;  ///< from far to near
    SteadyTime begun = SteadyClock::now();
    bool is_dead = false;

    /// Reads and writes what is possible. Returns the bytes that were read.
    long move(const Fd& from, const Fd& to, Direction& direction) {
        long moved = 0;
        char block[16384];
        if (!direction.has_ended && direction.waiting.size() < sizeof block) {
            const ssize_t got = ::recv(number(from), block, sizeof block, MSG_DONTWAIT);
            if (got > 0) {
                direction.waiting.append(block, static_cast<std::size_t>(got));
                moved = got;
            } else if (got == 0) {
                direction.has_ended = true;
            } else if (errno != EAGAIN && errno != EINTR) {
                is_dead = true;
            }
        }
        if (!direction.waiting.empty()) {
            const ssize_t sent = ::send(number(to), direction.waiting.data(),
                                        direction.waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0)
                direction.waiting.erase(0, static_cast<std::size_t>(sent));
            else if (sent < 0 && errno != EAGAIN && errno != EINTR)
                is_dead = true;
        }
        if (direction.has_ended && direction.waiting.empty()) is_dead = true;
        return moved;
    }
    short wants(const Direction& reading, const Direction& writing) const {
        short events = 0;
        if (!reading.has_ended && reading.waiting.size() < 16384) events |= POLLIN;
        if (!writing.waiting.empty()) events |= POLLOUT;
        return events;
    }
};

TcpProxy::TcpProxy(int target_port)
    : target_port_(target_port),
      port_(free_port()),
      listener_(listen_on(port_)),
      wake_(make_pipe()) {
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    is_ending_ = true;
    write_all(wake_.write_end, "x");
    thread_.join();
}

void TcpProxy::set_mode(Mode mode) {
    mode_ = mode;
    is_settled_ = false;
    write_all(wake_.write_end, "x");
    wait_until(Patience(std::chrono::seconds(2)), [&] { return is_settled_.load(); });
}

void TcpProxy::cut() {
    is_cutting_ = true;
    write_all(wake_.write_end, "x");
    wait_until(Patience(std::chrono::seconds(2)), [&] { return !is_cutting_; });
}

void TcpProxy::listen_or_not() {
    if (mode_ == Mode::refuse)
        listener_.close();
    else if (!listener_.is_open())
        listener_ = listen_on(port_);
}

void TcpProxy::accept_one() {
    Fd near(::accept4(number(listener_), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!near.is_open()) return;
    ++accepted_;
    auto connection = std::make_unique<Connection>();
    connection->near = std::move(near);
    connection->far = connect_to(target_port_);
    if (connection->far.is_open()) connections_.push_back(std::move(connection));
}

void TcpProxy::drop_ended() {
    const auto now = SteadyClock::now();
    const int lifetime = lifetime_ms_;
    const bool is_cutting = is_cutting_;
    std::erase_if(connections_, [&](const auto& each) {
        return each->is_dead || is_cutting ||
               (lifetime > 0 && now - each->begun >= Milliseconds(lifetime));
    });
    open_ = static_cast<int>(connections_.size());
    if (is_cutting) is_cutting_ = false;
}

void TcpProxy::turn() {
    std::vector<pollfd> entries = {{number(wake_.read_end), POLLIN, 0},
                                   {listener_.is_open() ? number(listener_) : -1, POLLIN, 0}};
    const bool passes = mode_ == Mode::pass;
    if (passes) {
        for (const auto& each : connections_) {
            entries.push_back({number(each->near), each->wants(each->out, each->back), 0});
            entries.push_back({number(each->far), each->wants(each->back, each->out), 0});
        }
    }
    ::poll(entries.data(), entries.size(), 20);
    if (entries[0].revents != 0) {
        char block[64];
        read_some(wake_.read_end, block);
    }
    if (entries[1].revents != 0) accept_one();
    if (!passes) return;
    for (const auto& each : connections_) {
        bytes_forwarded_ += each->move(each->near, each->far, each->out);
        each->move(each->far, each->near, each->back);
    }
}

void TcpProxy::run() {
    while (!is_ending_) {
        listen_or_not();
        drop_ended();
        is_settled_ = true;
        turn();
    }
    connections_.clear();
}

}  // namespace restream::test
