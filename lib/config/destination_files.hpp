// The files of destinations.d: what they are called, and how they are written and deleted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/destination.hpp"

namespace restream {

/// destinations.d in the folder of the configuration.
std::filesystem::path destinations_folder(const std::filesystem::path& config_directory);
/// NAME.toml, NAME.key, NAME.passphrase in it.
std::filesystem::path destination_file(const std::filesystem::path& config_directory,
                                       const std::string& name);
std::filesystem::path key_file_of(const std::filesystem::path& config_directory,
                                  const std::string& name);
std::filesystem::path passphrase_file_of(const std::filesystem::path& config_directory,
                                         const std::string& name);

/// The value of `key = …`. A key file beside `file` is written by its name alone, so that the
/// folder can be moved. A key's text never stands here: it goes to a key file.
std::string key_value(const KeyReference& key, const std::filesystem::path& file);

/// A secret on its way into a file of its own.
struct SecretFile {
    std::filesystem::path path;
    Secret text;
};

/// 0600, atomically. **Throws**: Error{refused} where it can't be written, as write_with_secrets.
void write_key_file(const std::filesystem::path& path, const Secret& key);

/// Writes the secrets' files, then `toml` over `file`: so a reader never finds a file that names
/// one that is not there. Where that fails, no secret's file is left that was not there before.
void write_with_secrets(const std::vector<SecretFile>& secrets, const std::filesystem::path& file,
                        const std::string& toml);

/// Deletes a secret's file that is ours, where no destination names it, and it is known that none
/// does. **Throws**: Error{refused} where it can't be deleted.
void drop_secret_file(const std::filesystem::path& config_directory,
                      const std::filesystem::path& ours);

}  // namespace restream
