// The few changes that commands make to destinations.d: add, key, remove. Nothing else is ever written.
#pragma once

#include <filesystem>
#include <string>

#include "config/destination.hpp"

namespace restream {

/// What `add` was given; `url` or `service`, not both.
struct NewDestination {
    std::string name;
    std::string service;
    std::string url;
    std::string backup_url;
    KeyReference key;  ///< KeyText goes to destinations.d/NAME.key, 0600
};

/// Writes destinations.d/NAME.toml (0600, atomically); the folder 0700 if it is not there.
/// **Throws**: Error{usage} where the name is taken or cannot be; Error{config} where the result would not
/// load (nothing is left behind then).
void add_destination(const std::filesystem::path& config_directory, const NewDestination& added);

/// Replaces the key. A KeyText goes to the key file the destination names, or to destinations.d/NAME.key;
/// only the `key = …` value of NAME.toml changes, all else in it stays as the user wrote it.
/// **Throws**: Error{config} where the destination stands in restream.toml, which is never rewritten, and
/// its key cannot be replaced without: with file and line, and what to write there.
void replace_key(const std::filesystem::path& config_directory, const Destination& destination,
                 const KeyReference& key);

/// Deletes destinations.d/NAME.toml and NAME.key. **Throws**: Error{config} where it stands in restream.toml.
void remove_destination(const std::filesystem::path& config_directory, const Destination& destination);

}  // namespace restream
