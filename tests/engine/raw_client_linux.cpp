#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "engine/listener.hpp"
#include "engine/raw_client.hpp"
#include "system/fd_linux.hpp"
#include "system/random.hpp"

namespace restream::test {

namespace {

RtmpClient::Setup wishing(std::string_view app, RtmpRole role) {
    RtmpClient::Setup setup;
    setup.endpoint.host = "127.0.0.1";
    setup.endpoint.app = app;
    setup.endpoint.tc_url = "rtmp://127.0.0.1/" + setup.endpoint.app;
    setup.role = role;
    setup.random = random_bytes(1528);
    return setup;
}

Fd ipv4_socket() { return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

sockaddr_in ipv4_loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

template <typename Address>
Fd connected(Fd made, const Address& address) {
    if (::connect(number(made), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("nobody takes connections there");
    }
    return made;
}

// Whether the server still listens is the test's question.
void write_bytes(const Fd& socket, std::span<const std::uint8_t> bytes) {
    (void)write_all(socket, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void write_output_of(RtmpClient& client, const Fd& socket) {
    std::array<std::span<const std::uint8_t>, 16> pieces;
    while (!client.output().is_empty()) {
        const std::size_t count = client.output().gather(pieces);
        std::size_t written = 0;
        for (const auto piece : std::span(pieces).first(count)) {
            write_bytes(socket, piece);
            written += piece.size();
        }
        client.output().consume(written);
    }
}

void await_accepted(const Fd& socket, RtmpClient& client, const char* else_what) {
    const Deadline deadline = long_enough();
    for (;;) {
        const auto event = client.next();
        write_output_of(client, socket);
        if (std::holds_alternative<RtmpClient::Accepted>(event)) return;
        std::array<char, 4096> block;
        const bool is_there =
            std::holds_alternative<RtmpClient::NeedMore>(event) && wait_readable(socket, deadline);
        const std::size_t got = is_there ? read_some(socket, block) : 0;
        if (got == 0) throw std::runtime_error(else_what);
        client.feed({reinterpret_cast<const std::uint8_t*>(block.data()), got});
    }
}

}  // namespace

Fd connect_to(int port) { return connected(ipv4_socket(), ipv4_loopback(port)); }

Fd connect_to_ipv6(int port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(port));
    address.sin6_addr = in6addr_loopback;
    return connected(Fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)), address);
}

Fd connect_with_short_buffer(int port) {
    Fd made = ipv4_socket();
    const int bytes = 4096;
    // Before connecting: then the window that is offered is as short.
    ::setsockopt(number(made), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return connected(std::move(made), ipv4_loopback(port));
}

bool is_closed_by_peer(const Fd& socket, const Deadline& deadline) {
    char block[4096];
    while (wait_readable(socket, deadline)) {
        if (read_some(socket, block) == 0) return true;
    }
    return false;
}

void half_close(const Fd& socket) { ::shutdown(number(socket), SHUT_WR); }

RawPublisher::RawPublisher(int port, std::string_view app)
    : fd_(connect_to(port)), client_(wishing(app, RtmpRole::publish)) {
    await_accepted(fd_, client_, "the publisher was not accepted");
}

void RawPublisher::write_output() { write_output_of(client_, fd_); }

void RawPublisher::send(const Tag& tag) {
    client_.send(tag);
    write_output();
}

void RawPublisher::send_raw(std::span<const std::uint8_t> bytes) { write_bytes(fd_, bytes); }

RawPlayer::RawPlayer(int port, std::string_view app) : fd_(connect_with_short_buffer(port)) {
    RtmpClient client(wishing(app, RtmpRole::play));
    await_accepted(fd_, client, "the player was not accepted");
}

DescriptorLimit::DescriptorLimit() {
    const Pipe probe = make_pipe();  // its first end has the lowest number that is free
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    before_ = limit.rlim_cur;
    limit.rlim_cur = static_cast<rlim_t>(number(probe.read_end) + 1);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

DescriptorLimit::~DescriptorLimit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = before_;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace restream::test
