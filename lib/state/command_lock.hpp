// One command at a time changes something.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "state/layout.hpp"
#include "state/lock.hpp"

namespace restream {

/// Held by a command while it decides and starts or asks, for milliseconds: never while it waits
/// for the network or for a process to end. The file says who holds it: "PID VERB".
class CommandLock {
  public:
    static constexpr Milliseconds patience = std::chrono::seconds(5);

    /// **Blocks**: until it is free, at most `patience`.
    /// **Throws**: Error{busy} that names the holder's PID and verb.
    CommandLock(const Layout& layout, std::string_view verb, Milliseconds longest = patience);

  private:
    FileLock lock_;
};

}  // namespace restream
