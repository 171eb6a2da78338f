#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "engine/listener.hpp"
#include "system/fd_linux.hpp"

namespace restream::test {

namespace {

/// An address of either kind.
struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;

    Address(const std::string& text, int port) {
        auto& four = reinterpret_cast<sockaddr_in&>(bytes);
        auto& six = reinterpret_cast<sockaddr_in6&>(bytes);
        if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
            four.sin_family = AF_INET;
            four.sin_port = htons(static_cast<std::uint16_t>(port));
            size = sizeof four;
        } else if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
            six.sin6_family = AF_INET6;
            six.sin6_port = htons(static_cast<std::uint16_t>(port));
            size = sizeof six;
        } else {
            throw std::runtime_error("no address: " + text);
        }
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
    Fd socket(int flags) const {
        return Fd(::socket(bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    }
};

/// Returns the port.
int bind_to(const Fd& socket, const Address& address) {
    if (::bind(number(socket), address.get(), address.size) != 0) {
        throw std::runtime_error("cannot bind a socket on loopback");
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(number(socket), reinterpret_cast<sockaddr*>(&bound), &size);
    // The port stands at the same place in both kinds.
    return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

std::size_t count_entries(const char* folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

Listener::Listener(const char* address, int port) : address_(address) {
    const Address wanted(address_, port);
    fd_ = wanted.socket(0);
    port_ = bind_to(fd_, wanted);
    if (::listen(number(fd_), 16) != 0) throw std::runtime_error("cannot listen on loopback");
}

void Listener::fall_silent() {
    // A queue for one, and two who want to stand in it.
    ::listen(number(fd_), 0);
    const Address here(address_, port_);
    for (int i = 0; i < 2; ++i) {
        queued_.push_back(here.socket(SOCK_NONBLOCK));
        (void)::connect(number(queued_.back()), here.get(), here.size);
    }
}

Fd Listener::accept(const Deadline& deadline) const {
    if (!wait_readable(fd_, deadline)) return {};
    return Fd(::accept4(number(fd_), nullptr, nullptr, SOCK_CLOEXEC));
}

Twins listen_on_both() {
    for (int tries = 0; tries < 100; ++tries) {
        Listener six("::1");
        try {
            Listener four("127.0.0.1", six.port());
            return {std::move(six), std::move(four)};
        } catch (const std::runtime_error&) {
            // Free on one of them only: the next one, then.
        }
    }
    throw std::runtime_error("no port is free on both kinds of loopback");
}

ClosedPort::ClosedPort() {
    const Address any("127.0.0.1", 0);
    fd_ = any.socket(0);
    port_ = bind_to(fd_, any);
}

void reset(Fd& connection) {
    const linger at_once{1, 0};
    ::setsockopt(number(connection), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection.close();
}

std::size_t count_descriptors() { return count_entries("/proc/self/fd"); }
std::size_t count_threads() { return count_entries("/proc/self/task"); }

}  // namespace restream::test
