#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "ingest/listen_check.hpp"
#include "server/connection_socket.hpp"
#include "system/fd_linux.hpp"

namespace restream {

namespace {

/// Connections that wait for accept(): what a thousand that come at once need.
constexpr int backlog = 1024;
/// A dead peer is noticed after 10 s + 3 × 5 s of silence, or when it has not acknowledged what was
/// sent for 20 s.
constexpr int keepalive_idle_s = 10;
constexpr int keepalive_interval_s = 5;
constexpr int keepalive_probes = 3;
constexpr int unacknowledged_ms = 20'000;
/// **Source**: POSIX, IOV_MAX is 16 at least; Linux takes 1,024. More pieces save nothing.
constexpr std::size_t most_pieces = 64;

void set_option(const Fd& socket, int level, int name, int value) {
    ::setsockopt(number(socket), level, name, &value, sizeof value);
}

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// A listening socket, or the error number.
std::variant<Fd, int> listen_socket(const addrinfo& address) {
    Fd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open()) return errno;
    set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.ai_family == AF_INET6) {
        const auto& wide = *reinterpret_cast<const sockaddr_in6*>(address.ai_addr);
        set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY,
                   IN6_IS_ADDR_UNSPECIFIED(&wide.sin6_addr) ? 0 : 1);
    }
    if (::bind(number(socket), address.ai_addr, address.ai_addrlen) != 0 ||
        ::listen(number(socket), backlog) != 0) {
        return errno;
    }
    return socket;
}

IpAddress address_in(const sockaddr_storage& storage) {
    std::array<std::uint8_t, 16> bytes{};
    if (storage.ss_family == AF_INET6) {
        const auto& wide = reinterpret_cast<const sockaddr_in6&>(storage);
        std::memcpy(bytes.data(), &wide.sin6_addr, bytes.size());
    } else {
        const auto& narrow = reinterpret_cast<const sockaddr_in&>(storage);
        bytes[10] = bytes[11] = 0xff;
        std::memcpy(bytes.data() + 12, &narrow.sin_addr, 4);
    }
    return IpAddress(bytes);
}

IpAddress local_address(const Fd& socket) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    ::getsockname(number(socket), reinterpret_cast<sockaddr*>(&storage), &length);
    return address_in(storage);
}

void prepare(const Fd& socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms);
}

Moved moved(ssize_t count) {
    if (count > 0) return {Moved::How::some, static_cast<std::size_t>(count)};
    if (count == 0) return {Moved::How::ended, 0};
    const bool is_later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {is_later ? Moved::How::would_block : Moved::How::broken, 0};
}

}  // namespace

std::vector<Fd> listen_at(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    const Addresses list(failure == 0 ? found : nullptr);
    if (!list) {
        throw Error(ErrorKind::refused,
                    fmt::format("listening at {}: {}; use 127.0.0.1, or "
                                "0.0.0.0 for all IPv4 addresses of this machine",
                                host_and_port(host, port), ::gai_strerror(failure)));
    }
    std::vector<Fd> sockets;
    int first_error = 0;
    for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
        auto opened = listen_socket(*each);
        if (auto* socket = std::get_if<Fd>(&opened)) {
            sockets.push_back(std::move(*socket));
            continue;
        }
        const int error = std::get<int>(opened);
        // A name may stand for addresses of a family that this machine has switched off.
        const bool is_absent = error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
        if (!is_absent) throw cannot_listen(host, port, {error, std::generic_category()});
        if (first_error == 0) first_error = error;
    }
    if (sockets.empty()) throw cannot_listen(host, port, {first_error, std::generic_category()});
    return sockets;
}

Listening listen_for_ingest(const std::string& host, int port) {
    const ListenPlaces places = listen_places(host);
    const auto is_absent = [](const Error& error) {
        return error.cause() == std::errc::address_family_not_supported ||
               error.cause() == std::errc::address_not_available;
    };
    Listening result;
    try {
        result.sockets = listen_at(places.first, port);
    } catch (const Error& error) {
        if (places.first != "::" || !is_absent(error)) throw;
        result.sockets = listen_at(places.second, port);
        return result;
    }
    if (places.first == "::" || places.second.empty()) return result;
    try {
        auto second = listen_at(places.second, port_of(result.sockets.front()));
        std::ranges::move(second, std::back_inserter(result.sockets));
    } catch (const Error& error) {
        const int taken_port = port_of(result.sockets.front());
        if (error.cause() == std::errc::address_in_use) {
            result.problem = fmt::format("{} is taken {}", host_and_port(places.second, taken_port),
                                         taken_by(places.second, taken_port));
        } else if (!is_absent(error)) {
            result.problem = error.what();
        }
    }
    return result;
}

bool is_beyond_loopback(const Fd& listener) { return !local_address(listener).is_loopback(); }

int port_of(const Fd& listener) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    ::getsockname(number(listener), reinterpret_cast<sockaddr*>(&storage), &length);
    // At the same place in both kinds of address.
    return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

std::variant<Accepted, NotAccepted> accept_connection(const Fd& listener) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    Fd socket(::accept4(number(listener), reinterpret_cast<sockaddr*>(&storage), &length,
                        SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) {
        switch (errno) {
            case EAGAIN:
                return NotAccepted::nobody;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                return NotAccepted::no_descriptors;
            default:  // the network's errors, told here by Linux: accept(2)
                return NotAccepted::gone;
        }
    }
    prepare(socket);
    const IpAddress peer = address_in(storage);
    const bool is_local = peer.is_loopback() || peer == local_address(socket);
    return Accepted{std::move(socket), {peer, is_local}};
}

Moved read_gathered(const Fd& socket, std::span<const std::span<std::uint8_t>> spaces) {
    std::array<iovec, most_pieces> pieces;
    const std::size_t count = std::min(spaces.size(), most_pieces);
    for (std::size_t i = 0; i < count; ++i) pieces[i] = {spaces[i].data(), spaces[i].size()};
    return moved(::readv(number(socket), pieces.data(), static_cast<int>(count)));
}

Moved write_gathered(const Fd& socket, std::span<const std::span<const std::uint8_t>> pieces) {
    std::array<iovec, most_pieces> vectors;
    const std::size_t count = std::min(pieces.size(), most_pieces);
    for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return moved(::sendmsg(number(socket), &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

void end_writing(const Fd& socket) { ::shutdown(number(socket), SHUT_WR); }

void reset_on_close(const Fd& socket) {
    const linger at_once{1, 0};
    ::setsockopt(number(socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::size_t raise_descriptor_limit(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &limit);
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

}  // namespace restream
