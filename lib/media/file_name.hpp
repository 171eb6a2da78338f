// From a `file:` URL to the name of a file that is not there yet.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace restream {

/// `file:/a/b.mkv`, `file:///a/b.mkv`, `file://localhost/a/b.mkv`, `file:b.mkv`; nothing for other
/// hosts, other schemes and empty names.
std::optional<std::string> path_of_file_url(std::string_view url);

/// Replaces %Y %m %d %H %M %S %y %j %F %s and %% as strftime does, in local time; leaves every
/// other % alone.
std::string expand_time(std::string_view pattern, WallTime now);

/// `name.mkv`, then `name-1.mkv`, `name-2.mkv`, …
std::filesystem::path numbered(const std::filesystem::path& path, int number);

}  // namespace restream
