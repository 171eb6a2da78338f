#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/random.hpp"
#include "engine/listener.hpp"
#include "engine/raw_client.hpp"

namespace restream::test {

namespace {

int number(const Fd& fd) { return static_cast<int>(fd.native()); }

RtmpClient::Setup publishing(std::string_view app) {
    RtmpClient::Setup setup;
    setup.endpoint.host = "127.0.0.1";
    setup.endpoint.app = app;
    setup.endpoint.tc_url = "rtmp://127.0.0.1/" + setup.endpoint.app;
    setup.role = RtmpRole::publish;
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
    : fd_(connect_to(port)), client_(publishing(app)) {
    const Deadline deadline = long_enough();
    for (;;) {
        const auto event = client_.next();
        write_output();
        if (std::holds_alternative<RtmpClient::Accepted>(event)) return;
        std::array<char, 4096> block;
        const bool is_there =
            std::holds_alternative<RtmpClient::NeedMore>(event) && wait_readable(fd_, deadline);
        const std::size_t got = is_there ? read_some(fd_, block) : 0;
        if (got == 0) throw std::runtime_error("the publisher was not accepted");
        client_.feed({reinterpret_cast<const std::uint8_t*>(block.data()), got});
    }
}

void RawPublisher::write_output() {
    std::array<std::span<const std::uint8_t>, 16> pieces;
    while (!client_.output().is_empty()) {
        const std::size_t count = client_.output().gather(pieces);
        for (std::size_t i = 0; i < count; ++i) {
            send_raw(pieces[i]);
        }
        std::size_t written = 0;
        for (std::size_t i = 0; i < count; ++i) written += pieces[i].size();
        client_.output().consume(written);
    }
}

void RawPublisher::send(const Tag& tag) {
    client_.send(tag);
    write_output();
}

void RawPublisher::send_raw(std::span<const std::uint8_t> bytes) {
    // Whether the server still listens is the test's question.
    (void)write_all(fd_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
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
