// Files published by rename: a reader sees the old content or the new one, never a part.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace restream {

/// Whether the content must survive a power cut (fsync of file and folder), or only a crash of
/// ours.
enum class Durability { survives_power_cut, survives_crash };

/// Whose a file is that takes another one's place: 0600 and this process's; or as the one before,
/// where there is one: its mode, its group, and its owner, as far as this process may give files
/// away. Then, too, nobody may do what they could not do before: a group that cannot be kept leaves
/// with its rights.
enum class Ownership { is_new, is_kept };

/// Writes `content` to a temporary file beside `path` (`.NAME.PID.THREAD.tmp`, 0600), and renames
/// it over `path`. A crash leaves at most the temporary file, which nobody reads and the next
/// writer of that PID replaces. Returns what failed; the old content is then untouched, and the
/// temporary file is gone.
[[nodiscard]] std::error_code publish_file(const std::filesystem::path& path,
                                           std::string_view content, Durability durability,
                                           Ownership ownership = Ownership::is_new);

}  // namespace restream
