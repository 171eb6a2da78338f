// The few changes that are made to destinations.d: add, change, key, remove. Nothing else is ever
// written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/destination.hpp"
#include "config/field_editor.hpp"

namespace restream {

/// What `add` was given: `service` or `url`; where both, the URL wins over the service's.
struct NewDestination {
    std::string name;
    std::string service;
    std::string url;
    std::string backup_url;
    KeyReference key = {};                  ///< KeyText goes to destinations.d/NAME.key, 0600
    std::string backup = {};                ///< as in the file; empty: the service's word
    std::string on_ingest_loss = {};        ///< likewise; empty: the default
    std::optional<Milliseconds> hold = {};  ///< nothing: the default
    KeyReference passphrase = {};  ///< of SRT; KeyText goes to destinations.d/NAME.passphrase, 0600
    std::optional<Milliseconds> latency = {};  ///< of SRT; nothing: SRT's own
    std::string file_mode = {};                ///< of a file, as in the file; empty: the default
};

/// What add_destination would make, as it would load; writes nothing. **Throws**: as
/// add_destination.
Destination preview_destination(const std::filesystem::path& config_directory,
                                const NewDestination& added);

/// Writes destinations.d/NAME.toml (0600, atomically); the folder 0700 if it is not there.
/// **Throws**: Error{usage} where the name is taken or cannot be; Error{config} where the result
/// would not load (nothing is left behind then).
void add_destination(const std::filesystem::path& config_directory, const NewDestination& added);

/// Replaces the key. A KeyText goes to the key file the destination names, or to
/// destinations.d/NAME.key; only the `key = …` value of NAME.toml changes, all else in it stays as
/// the user wrote it. NAME.key is deleted when it is named no more.
/// **Throws**: Error{usage} where the key can be none; Error{config} where the destination stands
/// in restream.toml, which is never rewritten, and its key cannot be replaced without, or where the
/// value can't be replaced alone (dotted keys): with file and line, and what to write there.
void replace_key(const std::filesystem::path& config_directory, const Destination& destination,
                 const KeyReference& key);

/// What is to change; all else stays.
struct DestinationChange {
    std::vector<FieldChange> fields;  ///< but the secrets'
    std::optional<Secret> key = {};
};

/// What a change makes of a destination.
struct ChangedDestination {
    Destination destination;           ///< as it loads, but for `[defaults]`
    std::vector<std::string> dropped;  ///< fields of secrets that are gone: "key", "passphrase" …
};

/// What change_destination would make; writes nothing. **Throws**: as change_destination.
ChangedDestination preview_change(const std::filesystem::path& config_directory,
                                  const Destination& destination, const DestinationChange& change);

/// Changes fields of NAME.toml, and the key; all else in it stays as the user wrote it. Its secrets
/// only ever go to the servers that they were given for: if one of the new servers is unknown (see
/// are_servers_known), all secrets that are not given anew are dropped, in the same write, and
/// their files are deleted if they are ours.
/// **Throws**: Error{config} where the destination stands in restream.toml, or the result would not
/// load; Error{usage} where the key can be none: then nothing is changed.
ChangedDestination change_destination(const std::filesystem::path& config_directory,
                                      const Destination& destination,
                                      const DestinationChange& change);

/// **Throws**: Error{config} where the destination stands in restream.toml, with file, line and
/// remedy. For what has to be known before its relay is stopped.
void check_is_removable(const std::filesystem::path& config_directory,
                        const Destination& destination);

/// Deletes destinations.d/NAME.toml, and NAME.key and NAME.passphrase where no other destination
/// names them.
/// **Throws**: Error{config} as check_is_removable; Error{refused} where a file can't be deleted.
void remove_destination(const std::filesystem::path& config_directory,
                        const Destination& destination);

}  // namespace restream
