// What the system knows about a TCP connection that a library made and does not show.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"

namespace restream {

/// Finds the connection that something opened between its construction and find(), among the
/// descriptors of this process. REQUIRES: no other thread connects to the same port meanwhile.
class ConnectionFinder {
  public:
    ConnectionFinder();
    /// The connection to `port` that was not there before. Nothing where there is none or more than
    /// one, or where the system does not tell. Not owned: valid as long as the library keeps it
    /// open.
    std::optional<Fd::Native> find(int port) const;

  private:
    std::vector<Fd::Native> before_;
};

/// Smoothed round trip. Nothing where the system does not tell.
std::optional<double> round_trip_ms(Fd::Native connection);

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
