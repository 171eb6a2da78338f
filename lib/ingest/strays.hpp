// Processes of an ingest server that lost their guardian.
#pragma once

#include <filesystem>
#include <span>

#include "base/process.hpp"

namespace restream {

/// Asks them to end, and kills what has not after a second. **Blocks**: until they are gone, 2 s at
/// most.
void end_processes(std::span<const ProcessId> processes);

/// Does so with every process that holds the lock, but this one.
void end_strays(const std::filesystem::path& lock);

}  // namespace restream
