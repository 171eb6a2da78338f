// Doctor's look at the state folder: can it be written, who died, what was left behind.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

/// Writable, and free space.
std::vector<Diagnosis> check_state_folder(const std::filesystem::path& root);

/// Wanted relays that do not run, relays in trouble, records and locks that do not fit together.
std::vector<Diagnosis> check_relays(const Config& config, const Registry& registry);

/// Temporary files of processes that are gone.
std::vector<Diagnosis> check_leftovers(const Layout& layout,
                                       const std::filesystem::path& config_directory);

}  // namespace restream
