// Whether this user may write somewhere.
#pragma once

#include <filesystem>

namespace restream {

/// Whether files and folders can be made in that folder, as far as permissions tell.
bool is_writable(const std::filesystem::path& folder);

}  // namespace restream
