#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/peer_user.hpp"

namespace restream {

namespace {

/// An IPv4 end of a connection, as the kernel has it: an IPv6 socket that speaks IPv4, too.
struct End {
    int family = AF_UNSPEC;
    std::array<std::uint32_t, 4> address{};  ///< in network order; of IPv4 the first one
    std::uint16_t port = 0;                  ///< in network order
};

std::optional<End> loopback_end(const sockaddr_storage& storage) {
    End end;
    if (storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage, sizeof in);
        end = {AF_INET, {in.sin_addr.s_addr, 0, 0, 0}, in.sin_port};
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in6{};
        std::memcpy(&in6, &storage, sizeof in6);
        std::memcpy(end.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
        end.port = in6.sin6_port;
        if (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr)) {
            end.family = AF_INET6;
            return end;
        }
        if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return std::nullopt;
        end = {AF_INET, {end.address[3], 0, 0, 0}, end.port};
    }
    constexpr std::uint32_t loopback_net = 127;
    if (end.family != AF_INET || ntohl(end.address[0]) >> 24 != loopback_net) return std::nullopt;
    return end;
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
    const auto here = loopback_end(ours);
    const auto there = loopback_end(theirs);
    if (!here || !there || here->family != there->family) return std::nullopt;
    const auto found = ask_for_socket(*there, *here);
    // A socket that its process has closed belongs to nobody, and is told as root's.
    if (!found || found->idiag_inode == 0) {
        return std::nullopt;
    }
    return found->idiag_uid;
}

std::uint32_t this_user() { return ::geteuid(); }

}  // namespace restream
