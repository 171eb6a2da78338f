// Doctor's look at the state folder: can it be written, who died, what was left behind.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

/// What this process can do with the state folder.
struct CheckedState {
    std::vector<Diagnosis> diagnoses;
    /// What is wanted and what runs can be known.
    bool is_readable = true;
    /// Records and flags can be written now.
    bool is_writable = true;
};

/// Its folders, and free space.
CheckedState check_state_folder(const Registry& registry);

/// Wanted relays that do not run, relays in trouble, records and locks that do not fit together.
/// REQUIRES: the state folder is readable.
std::vector<Diagnosis> check_relays(const Config& config, const Registry& registry,
                                    const CheckedState& state = {});

/// Temporary files of processes that are gone.
std::vector<Diagnosis> check_leftovers(const Layout& layout,
                                       const std::filesystem::path& config_directory);

}  // namespace restream
