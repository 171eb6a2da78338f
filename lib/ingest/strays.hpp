// Processes of an ingest server that lost their guardian.
#pragma once

#include <span>

#include "state/layout.hpp"
#include "system/process.hpp"

namespace restream {

/// Asks them to end, and kills what has not after a second. **Blocks**: until they are gone, 2 s at
/// most.
void end_processes(std::span<const ProcessId> processes);

/// Does so with every process that holds the ingest's lock, and with those that the last record
/// names, but not with this one. The embedded server hides its memory and with it what it holds: it
/// is known from the record alone.
void end_ingest_strays(const Layout& layout);

}  // namespace restream
