#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "system/fd_linux.hpp"
#include "system/new_file.hpp"

namespace restream {

namespace {

/// Of what is our own. A file system without permissions has none to set: what is recorded there is
/// kept all the same.
void set_mode(const Fd& own, unsigned mode) noexcept {
    [[maybe_unused]] const int ignored = ::fchmod(static_cast<int>(own.native()), mode);
}

}  // namespace

unsigned NewMode::folder() const {
    const unsigned readers = file & (S_IRGRP | S_IROTH);
    return S_IRWXU | (file & (S_IRWXG | S_IRWXO)) | (readers >> 2U);
}

std::error_code make_folders(const std::filesystem::path& path, const NewMode& mode) {
    std::error_code ignored;
    if (path.empty() || std::filesystem::is_directory(path, ignored)) return {};
    if (const auto failed = make_folders(path.parent_path(), mode)) return failed;
    if (::mkdir(path.c_str(), mode.is_exact ? 0700 : mode.folder()) != 0) {
        const std::error_code error = last_error();
        return std::filesystem::is_directory(path, ignored) ? std::error_code() : error;
    }
    if (!mode.is_exact) return {};
    // Of the very folder: in its place there may be a link by now.
    const Fd made(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (made.is_open()) set_mode(made, mode.folder());
    return {};
}

NewFile NewFile::create(const std::filesystem::path& path, const NewMode& mode,
                        std::error_code& error) {
    error.clear();
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   mode.is_exact ? 0600 : mode.file));
    if (!file.is_open()) {
        error = last_error();
        return {};
    }
    if (mode.is_exact) set_mode(file, mode.file);
    return NewFile(std::move(file));
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
