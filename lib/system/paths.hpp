// Where things are on this system.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace restream {

/// `$RESTREAM_CONFIG_DIR`, or the user's configuration folder + `restream`. Absolute.
std::filesystem::path config_directory();
/// The folder in which every program of this user keeps its configuration. Absolute.
std::filesystem::path user_config_directory();
/// `$RESTREAM_STATE_DIR`, or the user's state folder + `restream`. Absolute.
std::filesystem::path state_directory();
/// Our read-only files (services.toml, templates): `$RESTREAM_SHARE_DIR`, or `../share/restream`
/// beside the folder of this program.
std::filesystem::path share_directory();
/// The folder this program was started from, where its siblings are.
std::filesystem::path program_directory();

/// The variables that tell a program of ours these folders, and where share_directory() is.
std::vector<std::pair<std::string, std::string>> folder_variables(
    const std::filesystem::path& config, const std::filesystem::path& state);

/// An environment variable; nothing where it is not set or empty.
std::optional<std::string> environment(const char* name);

/// Bytes of a regular file. **Throws**: Error{refused} with the path and the cause; also where it
/// is longer than `most_bytes`.
std::string read_file(const std::filesystem::path& path, std::uintmax_t most_bytes);
/// The same; nothing where it cannot be read.
std::optional<std::string> try_read_file(const std::filesystem::path& path,
                                         std::uintmax_t most_bytes);

/// Makes the folder and its parents, 0700, where they are missing. **Throws**: Error{refused}, also
/// where it is there and not to be trusted (see system/path_trust.hpp).
void make_private_directory(const std::filesystem::path& path);
/// Makes one folder, 0700 from its first moment on. False where it could not, or is there already.
bool make_closed_directory(const std::filesystem::path& path, std::error_code& error);

}  // namespace restream
