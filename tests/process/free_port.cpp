#include "process/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <vector>

#include "system/fd.hpp"

namespace restream::test {

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool can_bind(int port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int descriptor = static_cast<int>(socket.native());
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    return ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The reservation is an abstract socket: it leaves no file and is gone with this program.
Fd reserve(int port) {
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                     "restream-test-port-%d", port);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1) +
                      static_cast<socklen_t>(length);
    if (::bind(static_cast<int>(socket.native()), reinterpret_cast<const sockaddr*>(&address),
               size) != 0) {
        return {};
    }
    return socket;
}

}  // namespace

int free_port() {
    static std::vector<Fd> reservations;
    static std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<int> any(20000, 32000);
    for (int tries = 0; tries < 1000; ++tries) {
        const int port = any(random);
        Fd reservation = reserve(port);
        if (!reservation.is_open() || !can_bind(port)) continue;
        reservations.push_back(std::move(reservation));
        return port;
    }
    throw std::runtime_error("no free port");
}

bool is_listening(int port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    return ::connect(static_cast<int>(socket.native()), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0;
}

}  // namespace restream::test
