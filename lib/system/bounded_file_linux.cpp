#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "system/bounded_file.hpp"
#include "system/fd.hpp"

namespace restream {

namespace {

std::error_code failure() { return {errno, std::generic_category()}; }

/// Whether the path still names the file that is open.
bool is_in_place(int file, const std::filesystem::path& path) {
    struct stat own {};
    struct stat named {};
    return ::fstat(file, &own) == 0 && ::stat(path.c_str(), &named) == 0 &&
           own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

}  // namespace

void rotate_files(const std::filesystem::path& path, int keep) {
    std::error_code ignored;
    if (keep <= 0) {
        std::filesystem::remove(path, ignored);
        return;
    }
    for (int n = keep; n >= 1; --n) {
        std::filesystem::rename(rotated_path(path, n - 1), rotated_path(path, n), ignored);
    }
}

std::filesystem::path rotated_path(const std::filesystem::path& path, int number) {
    return number == 0 ? path : std::filesystem::path(path.string() + "." + std::to_string(number));
}

std::error_code append_line(const std::filesystem::path& path, std::string_view line,
                            const FileBound& bound) {
    // A pipe that nobody reads must not block.
    const Fd opened(::open(
        path.c_str(),
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0600));
    if (!opened.is_open()) return failure();
    const int file = static_cast<int>(opened.native());
    struct stat info {};
    if (::fstat(file, &info) != 0) return failure();
    if (!S_ISREG(info.st_mode)) return std::make_error_code(std::errc::invalid_argument);
    ssize_t written = 0;
    do {
        written = ::write(file, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    if (written < 0) return failure();
    if (static_cast<std::size_t>(written) < line.size()) {
        return std::make_error_code(std::errc::no_space_on_device);
    }
    if (::fstat(file, &info) != 0) return failure();
    if (static_cast<std::uint64_t>(info.st_size) < bound.max_bytes) return {};
    // The lock goes with the descriptor. If another process has it, that one rotates.
    if (::flock(file, LOCK_EX | LOCK_NB) == 0 && is_in_place(file, path)) {
        rotate_files(path, bound.keep);
    }
    return {};
}

}  // namespace restream
