// What the system knows about a TCP connection beyond what sockets' own functions tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "system/fd.hpp"

namespace restream {

/// Smoothed round trip. Nothing where the system does not tell.
std::optional<double> round_trip_ms(Fd::Native connection);

/// How a connection fares.
struct TcpFacts {
    double rtt_ms = 0;                ///< smoothed
    std::uint32_t retransmits = 0;    ///< segments sent again, since it was made
    std::uint32_t unsent_bytes = 0;   ///< given to the kernel and never sent yet
    std::uint32_t delivery_kbps = 0;  ///< what the peer acknowledged lately; 0: not known
};

/// **Source**: TCP_INFO (linux/tcp.h). Nothing where the system does not tell.
std::optional<TcpFacts> tcp_facts(Fd::Native connection);

/// Sends small messages at once, and lets the kernel take only so much that was not sent yet: what
/// it takes beyond the network's pace is delay that nobody sees. Where the system cannot, nothing
/// happens.
void keep_short(Fd::Native connection, int most_unsent_bytes);

/// Given to the kernel and not yet acknowledged by the peer's: what a peer that has vanished leaves
/// there, whoever says that it was "sent". Nothing where the system does not tell.
std::optional<std::size_t> unacknowledged_bytes(Fd::Native connection);

/// A peer that is gone is noticed after about this long, also while nothing is sent: the system
/// asks it now and then, and ends the connection where no answer comes. Where the system cannot,
/// nothing happens.
void notice_silence(Fd::Native connection, Milliseconds longest);

/// For a descriptor that a library opened: processes that we start do not inherit it.
void close_on_exec(Fd::Native descriptor);

}  // namespace restream
