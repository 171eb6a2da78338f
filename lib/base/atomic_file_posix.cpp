#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/atomic_file.hpp"
#include "base/fd.hpp"

namespace restream {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code sync_directory(const std::filesystem::path& directory) {
    const Fd handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!handle.is_open() || ::fsync(static_cast<int>(handle.native())) != 0) return last_error();
    return {};
}

std::error_code write_new_file(const std::filesystem::path& path, std::string_view content,
                               Durability durability) {
    ::unlink(path.c_str());  // a leftover of an earlier process with our PID
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return last_error();
    if (!write_all(file, content)) return last_error();
    if (durability == Durability::survives_power_cut &&
        ::fsync(static_cast<int>(file.native())) != 0) {
        return last_error();
    }
    return {};
}

}  // namespace

std::error_code publish_file(const std::filesystem::path& path, std::string_view content,
                             Durability durability) {
    const auto directory = path.parent_path();
    // The thread is part of the name: two threads of one process may publish the same file.
    const auto temporary =
        directory / fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), ::gettid());
    std::error_code error = write_new_file(temporary, content, durability);
    if (!error && ::rename(temporary.c_str(), path.c_str()) != 0) error = last_error();
    if (error) {
        ::unlink(temporary.c_str());
        return error;
    }
    if (durability == Durability::survives_power_cut) return sync_directory(directory);
    return {};
}

}  // namespace restream
