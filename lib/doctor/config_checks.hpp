// Doctor's look at the configuration: is it valid, and who else may read its keys.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

struct CheckedConfig {
    std::optional<Config> config;  ///< nothing where it is invalid
    std::vector<Diagnosis> diagnoses;
};

CheckedConfig check_config(const std::filesystem::path& directory);

/// Keys that are missing, and files with keys or webhooks' URLs that others may read.
std::vector<Diagnosis> check_keys(const Config& config, const Registry& registry);

}  // namespace restream
