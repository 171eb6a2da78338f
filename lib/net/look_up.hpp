// Which addresses a host's name has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.hpp"

namespace restream {

struct LookedUp {
    std::vector<std::string> addresses;  ///< numeric, the one to try first in front
    std::string problem = {};            ///< the system's words where there is none
};

/// Looks a host's name up. **Blocks**: as long as the system likes; called on a thread of its own.
using LookUp = std::function<LookedUp(const std::string& host)>;

/// The system's resolver, for IPv6 and IPv4.
LookedUp look_up(const std::string& host);

/// Runs `how` on a thread of its own and then `done` on the loop's, unless `listener` is gone by
/// then. Nobody waits for that thread: where the resolver hangs, loop and process go without it.
/// **Throws**: Error{refused} where no thread can be started.
void begin_look_up(Loop& loop, LookUp how, const std::string& host,
                   std::weak_ptr<const void> listener, std::function<void(LookedUp)> done);

}  // namespace restream
