// Whose process asks over loopback.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fd.hpp"

namespace restream {

/// The user ID of the process at the other end of a TCP connection within this machine's loopback.
/// Nothing where it comes from elsewhere, where the other end is closed already, or where the
/// system does not say. **Source**: sock_diag(7).
std::optional<std::uint32_t> peer_user(Fd::Native connection);

/// Of this process.
std::uint32_t this_user();

}  // namespace restream
