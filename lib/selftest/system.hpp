// What the self-test asks of the system, and nobody else does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream::selftest {

/// From now on this socket is as if its machine had vanished: whatever arrives is dropped before it
/// is acknowledged, and a listening one answers nobody. For those that it accepts, too. False where
/// the system cannot.
///
/// A filter that lets no packet through (SO_ATTACH_FILTER), which the kernel asks before TCP sees
/// one. Needs no rights.
bool drop_arrivals(const Fd& socket);
/// It is back.
void take_arrivals(const Fd& socket);

/// Why drop_arrivals can't work on this system, in words; nothing where it works. Tried on sockets
/// of its own, as some systems take a filter and do not obey it.
/// **Blocks**: 50 ms at most.
std::optional<std::string> why_none_can_vanish();

/// From now on, a descendant whose parent ends becomes a child of this process instead of init's.
void adopt_orphans();

/// What a process has in memory now; 0 where that cannot be known. **Unit**: bytes.
std::uint64_t resident_bytes(const ProcessId& process);

}  // namespace restream::selftest
