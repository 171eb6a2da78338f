// What the system says about a file, as the end of a session.
#pragma once

#include <filesystem>
#include <system_error>

#include "state/session_end.hpp"

namespace restream {

/// `disk_full`, also for a quota; `file_failed` for the rest.
SessionEnd file_end(const std::filesystem::path& path, const std::error_code& error);

}  // namespace restream
