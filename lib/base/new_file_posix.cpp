#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/new_file.hpp"

namespace restream {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

NewFile NewFile::create(const std::filesystem::path& path, std::error_code& error) {
    error.clear();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        error = last_error();
        return {};
    }
    return NewFile(Fd(fd));
}

std::error_code NewFile::write(std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::pwrite(static_cast<int>(fd_.native()), bytes.data(), bytes.size(),
                                      static_cast<off_t>(at_));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error();
        at_ += static_cast<std::uint64_t>(written);
        size_ = std::max(size_, at_);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

void NewFile::remove(const std::filesystem::path& path) noexcept {
    struct stat own {};
    struct stat named {};
    const bool is_own = fd_.is_open() && ::fstat(static_cast<int>(fd_.native()), &own) == 0 &&
                        ::lstat(path.c_str(), &named) == 0 && own.st_dev == named.st_dev &&
                        own.st_ino == named.st_ino;
    if (is_own) ::unlink(path.c_str());
    (void)close();
}

std::error_code NewFile::close() noexcept {
    if (!fd_.is_open()) return {};
    // Closed below even if this fails: a second descriptor of the same file reports what close()
    // would.
    const int copy = ::fcntl(static_cast<int>(fd_.native()), F_DUPFD_CLOEXEC, 0);
    std::error_code error;
    if (copy >= 0 && ::close(copy) != 0 && errno != EINTR) error = last_error();
    fd_.close();
    return error;
}

}  // namespace restream
