#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "system/peer_user.hpp"

namespace restream {

namespace {

/// One end of a connection, as the kernel has it: of an IPv6 socket that speaks IPv4, the IPv4 one.
struct End {
    int family = AF_UNSPEC;
    std::array<std::uint32_t, 4> address{};  ///< in network order; of IPv4 the first one
    std::uint16_t port = 0;                  ///< in network order
    bool is_loopback = false;
    std::uint32_t interface = 0;  ///< of a link-local address
};

End ipv4_end(std::uint32_t address, std::uint16_t port) {
    constexpr std::uint32_t loopback_net = 127;
    return {AF_INET, {address, 0, 0, 0}, port, ntohl(address) >> 24 == loopback_net};
}

std::optional<End> end_of(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage, sizeof in);
        return ipv4_end(in.sin_addr.s_addr, in.sin_port);
    }
    if (storage.ss_family != AF_INET6) return std::nullopt;
    sockaddr_in6 in6{};
    std::memcpy(&in6, &storage, sizeof in6);
    End end{AF_INET6, {}, in6.sin6_port, IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0};
    std::memcpy(end.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    end.interface = in6.sin6_scope_id;
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return ipv4_end(end.address[3], end.port);
    return end;
}

bool are_of_one_machine(const End& here, const End& there) {
    if (here.family != there.family) return false;
    return (here.is_loopback && there.is_loopback) || here.address == there.address;
}

/// The kernel's own tables are read in one question and one answer.
std::optional<inet_diag_msg> ask_for_socket(const End& local, const End& remote) {
    const Fd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink.is_open()) return std::nullopt;
    const int number = static_cast<int>(netlink.native());
    // It answers at once; whatever it does, nobody waits for long.
    const timeval longest{1, 0};
    ::setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    struct {
        nlmsghdr header{};
        inet_diag_req_v2 request{};
    } question;
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    inet_diag_req_v2& request = question.request;
    request.sdiag_family = static_cast<std::uint8_t>(local.family);
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_states = ~std::uint32_t(0);
    request.id.idiag_sport = local.port;
    request.id.idiag_dport = remote.port;
    request.id.idiag_if = local.interface;
    std::memcpy(request.id.idiag_src, local.address.data(), sizeof request.id.idiag_src);
    std::memcpy(request.id.idiag_dst, remote.address.data(), sizeof request.id.idiag_dst);
    request.id.idiag_cookie[0] = static_cast<std::uint32_t>(INET_DIAG_NOCOOKIE);
    request.id.idiag_cookie[1] = static_cast<std::uint32_t>(INET_DIAG_NOCOOKIE);
    if (::send(number, &question, sizeof question, 0) != static_cast<ssize_t>(sizeof question)) {
        return std::nullopt;
    }
    alignas(nlmsghdr) std::array<char, 4096> answer{};
    const ssize_t count = ::recv(number, answer.data(), answer.size(), 0);
    nlmsghdr header{};
    constexpr std::size_t begin = NLMSG_ALIGN(sizeof header);
    inet_diag_msg found{};
    if (count < static_cast<ssize_t>(begin + sizeof found)) return std::nullopt;
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
    std::memcpy(&found, answer.data() + begin, sizeof found);
    return found;
}

/// A connection of this process with itself; not open where there is none.
struct OwnConnection {
    Fd caller;
    Fd accepted;
};

OwnConnection connect_to_itself(int family) {
    sockaddr_storage place{};
    place.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET) {
        reinterpret_cast<sockaddr_in&>(place).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        reinterpret_cast<sockaddr_in6&>(place).sin6_addr = in6addr_loopback;
        size = sizeof(sockaddr_in6);
    }
    auto* const address = reinterpret_cast<sockaddr*>(&place);
    const Fd listener(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Fd caller(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int listening = static_cast<int>(listener.native());
    const bool is_connected = ::bind(listening, address, size) == 0 &&
                              ::listen(listening, 1) == 0 &&
                              ::getsockname(listening, address, &size) == 0 &&
                              ::connect(static_cast<int>(caller.native()), address, size) == 0;
    if (!is_connected) return {};
    return {std::move(caller), Fd(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC))};
}

}  // namespace

std::optional<std::uint32_t> peer_user(Fd::Native connection) {
    const int number = static_cast<int>(connection);
    sockaddr_storage ours{};
    sockaddr_storage theirs{};
    socklen_t our_size = sizeof ours;
    socklen_t their_size = sizeof theirs;
    if (::getsockname(number, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
        ::getpeername(number, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0) {
        return std::nullopt;
    }
    const auto here = end_of(ours);
    const auto there = end_of(theirs);
    if (!here || !there || !are_of_one_machine(*here, *there)) return std::nullopt;
    const auto found = ask_for_socket(*there, *here);
    // A socket that its process has closed belongs to nobody, and is told as root's; and where it
    // is gone, the kernel answers with one that listens there.
    if (!found || found->idiag_inode == 0 || found->id.idiag_dport != here->port) {
        return std::nullopt;
    }
    return found->idiag_uid;
}

bool knows_peer_users() {
    bool was_asked = false;
    for (const int family : {AF_INET, AF_INET6}) {
        const OwnConnection own = connect_to_itself(family);
        if (!own.accepted.is_open()) continue;
        if (peer_user(own.accepted.native())) return true;
        was_asked = true;
    }
    return !was_asked;  // Without a connection nothing is learned: what is strict stays.
}

std::uint32_t this_user() { return ::geteuid(); }

}  // namespace restream
