// Files published by rename: a reader sees the old content or the new one, never a part.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace restream {

/// Whether the content must survive a power cut (fsync of file and folder), or only a crash of
/// ours.
enum class Durability { survives_power_cut, survives_crash };

/// The owner and mode of the new file. is_new: this process's user, and 0600. is_kept: those of the
/// file that it replaces, if there is one: its mode, its group, and its owner, as far as this
/// process may give files away. A group that cannot be kept loses its rights: nobody gains any.
enum class Ownership { is_new, is_kept };

/// Writes `content` to a temporary file beside `path` (`.NAME.PID.THREAD.tmp`, 0600), and renames
/// it over `path`. A crash leaves at most the temporary file, which nobody reads and the next
/// writer of that PID replaces. Returns what failed; the old content is then untouched, and the
/// temporary file is gone.
[[nodiscard]] std::error_code publish_file(const std::filesystem::path& path,
                                           std::string_view content, Durability durability,
                                           Ownership ownership = Ownership::is_new);

}  // namespace restream
