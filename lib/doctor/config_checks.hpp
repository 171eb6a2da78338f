// Doctor's look at the configuration: is it valid, and who else may read its keys.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/config.hpp"
#include "config/config_reading.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

struct CheckedConfig {
    std::optional<Config> config;  ///< nothing where it is invalid, or others can change it
    std::vector<Diagnosis> diagnoses;
};

CheckedConfig check_config(const std::filesystem::path& directory);

/// What is known in spite of a configuration that is broken: what could be read of it, the ingest
/// as its record has it, and all that runs or is wanted.
Config known_config(const ConfigReading& reading, const Registry& registry);

/// Relays that would publish under the same name at the same server.
std::vector<Diagnosis> check_twins(const Config& config);

/// Keys that are missing, and files with keys or webhooks' URLs that others may read.
std::vector<Diagnosis> check_keys(const Config& config, const Registry& registry);

}  // namespace restream
