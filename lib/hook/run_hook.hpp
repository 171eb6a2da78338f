// Does what a hook asks for: runs its command, or posts to its URL.
#pragma once

#include <string>

#include "relay/hook_job.hpp"

namespace restream {

/// Returns what went wrong, as one line without any secret of ours; empty where nothing did.
/// **Blocks**: until it is done, at most for the hook's deadline; then a command is killed with its
/// group, as is what it left running there when it ended. A connection that can't be made is tried
/// twice again within the deadline; what was sent once is never sent again.
std::string run_hook(const HookJob& job);

}  // namespace restream
