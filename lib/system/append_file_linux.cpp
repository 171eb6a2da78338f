#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "system/append_file.hpp"
#include "system/fd.hpp"

namespace restream {

std::error_code append_to_file(const std::filesystem::path& path, std::string_view text) noexcept {
    const Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
    if (file.is_open() && write_all(file, text)) return {};
    return {errno, std::generic_category()};
}

}  // namespace restream
