// Whose process is at the other end of a connection within this machine.
#pragma once

#include <cstdint>
#include <optional>

#include "system/fd.hpp"

namespace restream {

/// The user ID of the process at the other end of a TCP connection within this machine: over
/// loopback, or from one of its addresses to the same one. Nothing where it comes from elsewhere,
/// where the other end is closed already, or where the system does not say. **Source**:
/// sock_diag(7).
std::optional<std::uint32_t> peer_user(Fd::Native connection);
/// Whether this system can report it at all; tried on a connection of this process with itself.
bool knows_peer_users();

/// Of this process.
std::uint32_t this_user();

}  // namespace restream
