// The ingest server as other commands need it: up before relays start, down when asked.
#pragma once

#include <filesystem>

#include "config/config.hpp"
#include "state/registry.hpp"

namespace restream {

/// Starts the managed ingest server where it is down; leaves one that lives, and an external one, alone.
/// `programs` is the folder with restream-ingest.
/// **Blocks**: until it answers, at most 10 s.
/// **Throws**: Error{refused} with cause and remedy (port taken, nginx missing); Error{busy}.
/// Returns whether it had to be started.
bool bring_up_ingest(const Config& config, const Registry& registry,
                     const std::filesystem::path& programs);

/// Ends the managed ingest server. Returns false where none was running or it is external.
/// **Blocks**: until its processes are gone. **Throws**: Error{refused}, Error{busy}.
bool take_down_ingest(const Config& config, const Registry& registry);

}  // namespace restream
