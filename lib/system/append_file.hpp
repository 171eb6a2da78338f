// Files that grow: logs.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace restream {

/// Appends to the file, which is made where it is missing: 0600, because what a log tells is its
/// owner's. Returns what failed; a part may have been written.
[[nodiscard]] std::error_code append_to_file(const std::filesystem::path& path,
                                             std::string_view text) noexcept;

}  // namespace restream
