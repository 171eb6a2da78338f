#include "media/file_end.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace restream {

SessionEnd file_end(const std::filesystem::path& path, const std::error_code& error) {
    const bool is_full = error == std::errc::no_space_on_device ||
                         error == std::error_code(EDQUOT, std::generic_category());
    return {is_full ? EndCode::disk_full : EndCode::file_failed,
            fmt::format("{}: {}", path.string(), error.message())};
}

}  // namespace restream
