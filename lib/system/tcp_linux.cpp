#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "system/fd.hpp"
#include "system/fd_linux.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses look_up(const std::string& host, int port, int flags, int& error) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    return Addresses(error == 0 ? list : nullptr);
}

std::string words(int error_number) { return std::generic_category().message(error_number); }

/// The error number with which connecting ended; 0 where it was accepted.
int try_connect(const addrinfo& address, const Deadline& deadline) {
    const Fd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open()) return errno;
    if (::connect(number(socket), address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    for (;;) {
        pollfd entry{number(socket), POLLOUT, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return ETIMEDOUT;
        int error = 0;
        socklen_t length = sizeof error;
        ::getsockopt(number(socket), SOL_SOCKET, SO_ERROR, &error, &length);
        return error;
    }
}

}  // namespace

std::optional<std::string> connect_problem(const std::string& host, int port,
                                           const Deadline& deadline) {
    int error = 0;
    const Addresses list = look_up(host, port, 0, error);
    if (!list) return std::string(::gai_strerror(error));
    int last = 0;
    for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
        last = try_connect(*each, deadline);
        if (last == 0) return std::nullopt;
    }
    return words(last);
}

std::error_code listen_problem(const std::string& host, int port) {
    int error = 0;
    const Addresses list = look_up(host, port, AI_PASSIVE, error);
    if (!list) return make_error_code(std::errc::address_not_available);
    const Fd socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return {errno, std::generic_category()};
    // As servers do it: a port whose last connections are still in TIME_WAIT is free.
    const int yes = 1;
    ::setsockopt(number(socket), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(number(socket), list->ai_addr, list->ai_addrlen) == 0) return {};
    return {errno, std::generic_category()};
}

}  // namespace restream
