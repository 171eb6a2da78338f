#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>  // glibc's <netinet/tcp.h> has only the first half of tcp_info
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "system/tcp_facts.hpp"

namespace restream {

std::optional<double> round_trip_ms(Fd::Native connection) {
    tcp_info facts{};
    socklen_t size = sizeof(facts);
    if (::getsockopt(static_cast<int>(connection), IPPROTO_TCP, TCP_INFO, &facts, &size) != 0) {
        return std::nullopt;
    }
    return facts.tcpi_rtt / 1000.0;
}

std::optional<TcpFacts> tcp_facts(Fd::Native connection) {
    tcp_info facts{};  // what an older kernel does not fill in stays 0
    socklen_t size = sizeof(facts);
    if (::getsockopt(static_cast<int>(connection), IPPROTO_TCP, TCP_INFO, &facts, &size) != 0) {
        return std::nullopt;
    }
    TcpFacts told;
    told.rtt_ms = facts.tcpi_rtt / 1000.0;
    told.retransmits = facts.tcpi_total_retrans;
    told.unsent_bytes = facts.tcpi_notsent_bytes;
    told.delivery_kbps = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(facts.tcpi_delivery_rate / 125, 0xffff'ffff));
    return told;
}

void keep_short(Fd::Native connection, int most_unsent_bytes) {
    const int number = static_cast<int>(connection);
    const int yes = 1;
    (void)::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    (void)::setsockopt(number, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent_bytes,
                       sizeof(most_unsent_bytes));
}

std::optional<std::size_t> unacknowledged_bytes(Fd::Native connection) {
    int bytes = 0;
    if (::ioctl(static_cast<int>(connection), SIOCOUTQ, &bytes) != 0 || bytes < 0) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(bytes);
}

void notice_silence(Fd::Native connection, Milliseconds longest) {
    const int number = static_cast<int>(connection);
    const auto set = [number](int level, int option, int value) {
        (void)::setsockopt(number, level, option, &value, sizeof(value));
    };
    const auto ms = std::clamp<Milliseconds::rep>(longest.count(), 1, 3'600'000);
    // Half of the time for the first question, the other half for three of them to be answered.
    // The kernel counts them in whole seconds.
    const int half = static_cast<int>(std::max<Milliseconds::rep>(1, ms / 2000));
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, half);
    set(IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, half / 3));
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(ms));
}

void close_on_exec(Fd::Native descriptor) {
    (void)::fcntl(static_cast<int>(descriptor), F_SETFD, FD_CLOEXEC);
}

}  // namespace restream
