#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.hpp"
#include "media/picture_file.hpp"

namespace restream {

PictureFile::PictureFile(const std::filesystem::path& path)
    : name_(path.string()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_.is_open()) return;
    const std::error_code error(errno, std::generic_category());
    throw Error(ErrorKind::refused, "the slate can't be made: " + name_ + ": " + error.message(),
                error);
}

std::optional<std::size_t> PictureFile::read(std::span<std::uint8_t> into) const noexcept {
    for (;;) {
        const ssize_t got = ::read(static_cast<int>(file_.native()), into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return std::nullopt;
    }
}

std::optional<std::int64_t> PictureFile::seek(std::int64_t offset, int whence) const noexcept {
    const off_t at = ::lseek(static_cast<int>(file_.native()), offset, whence);
    if (at < 0) return std::nullopt;
    return at;
}

}  // namespace restream
