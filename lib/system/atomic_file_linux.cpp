#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "system/atomic_file.hpp"
#include "system/fd.hpp"
#include "system/fd_linux.hpp"

namespace restream {

namespace {

std::error_code sync_directory(const std::filesystem::path& directory) {
    const Fd handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!handle.is_open() || ::fsync(static_cast<int>(handle.native())) != 0) return last_error();
    return {};
}

/// Ownership::is_kept.
void take_after(const Fd& file, const struct stat& before) {
    const int fd = static_cast<int>(file.native());
    constexpr auto same = static_cast<uid_t>(-1);
    bool has_group = ::fchown(fd, before.st_uid, before.st_gid) == 0;
    if (!has_group) has_group = ::fchown(fd, same, before.st_gid) == 0;
    // Last: until here it was its owner's alone.
    const mode_t taken = has_group ? 0777 : 0707;
    [[maybe_unused]] const int ignored = ::fchmod(fd, before.st_mode & taken);
}

std::error_code write_new_file(const std::filesystem::path& path, std::string_view content,
                               Durability durability, const struct stat* before) {
    ::unlink(path.c_str());  // a leftover of an earlier process with our PID
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return last_error();
    if (!write_all(file, content)) return last_error();
    if (before != nullptr) take_after(file, *before);
    if (durability == Durability::survives_power_cut &&
        ::fsync(static_cast<int>(file.native())) != 0) {
        return last_error();
    }
    return {};
}

}  // namespace

std::error_code publish_file(const std::filesystem::path& path, std::string_view content,
                             Durability durability, Ownership ownership) {
    struct stat before {};
    const bool is_kept = ownership == Ownership::is_kept && ::lstat(path.c_str(), &before) == 0 &&
                         S_ISREG(before.st_mode);
    const auto directory = path.parent_path();
    // The thread is part of the name: two threads of one process may publish the same file.
    const auto temporary =
        directory / fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), ::gettid());
    std::error_code error =
        write_new_file(temporary, content, durability, is_kept ? &before : nullptr);
    if (!error && ::rename(temporary.c_str(), path.c_str()) != 0) error = last_error();
    if (error) {
        ::unlink(temporary.c_str());
        return error;
    }
    if (durability == Durability::survives_power_cut) return sync_directory(directory);
    return {};
}

}  // namespace restream
