// A flag that the next boot takes down.
#pragma once

#include <filesystem>
#include <system_error>

namespace restream {

/// Whether it was set in this boot: its file holds the boot's id.
bool is_set_in_this_boot(const std::filesystem::path& flag);
[[nodiscard]] std::error_code set_in_this_boot(const std::filesystem::path& flag);

}  // namespace restream
