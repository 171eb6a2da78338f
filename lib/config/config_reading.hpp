// A configuration as far as it can be read: for what looks, and for what stops.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "config/config.hpp"

namespace restream {

/// What is wrong, and where.
struct ConfigProblem {
    std::string message;  ///< "FILE:LINE:COLUMN: WORDS", as load_config throws it
    std::string words;
    std::string file;  ///< empty where the message names none
    int line = 0;      ///< 0: of the whole file
    int column = 0;    ///< 0: of the whole line

    bool operator==(const ConfigProblem&) const = default;
};

/// Takes the message of a load_config apart.
ConfigProblem config_problem(std::string_view message);

/// As documents have it, in `config_error`: {"message", "words", "file", "line", "column"}; null
/// for a valid configuration.
Json json_of(const std::optional<ConfigProblem>& problem);

/// Nothing may be started by it: a part that cannot be read has its defaults, or is missing.
struct ConfigReading {
    Config config;
    std::optional<ConfigProblem> problem;  ///< the first; nothing where the configuration is valid
    bool knows_ingest = true;              ///< else [ingest] has its defaults
    bool knows_dashboard = true;           ///< else [dashboard] has its defaults
};

/// load_config() for a configuration that may be broken: reads each section and each file by
/// itself. Throws nothing.
ConfigReading read_config(const std::filesystem::path& directory);

}  // namespace restream
