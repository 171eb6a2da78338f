#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/error.hpp"
#include "state/lock.hpp"
#include "system/fd_linux.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

struct flock whole_file() {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    return range;  // l_len 0: all of it; l_pid 0, as F_OFD_* demands
}

bool is_same_file(const Fd& file, const fs::path& path) {
    struct stat open_file {
    }, named{};
    return ::fstat(number(file), &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const fs::path& path) {
    for (;;) {
        Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.is_open()) {
            const std::error_code error(errno, std::generic_category());
            throw Error(
                ErrorKind::refused,
                "opening the lock " + path.string() + ": " + file_fault(path, error).describe(),
                error);
        }
        struct flock range = whole_file();
        if (::fcntl(number(file), F_OFD_SETLK, &range) != 0) {
            if (errno == EAGAIN || errno == EACCES) return std::nullopt;
            if (errno == EINTR) continue;
            throw_system_error("locking " + path.string(), errno);
        }
        if (is_same_file(file, path)) return FileLock(std::move(file), path);
    }
}

std::optional<FileLock> FileLock::acquire(const fs::path& path, const Deadline& deadline) {
    std::optional<FileLock> lock;
    wait_until(deadline, [&] { return (lock = try_acquire(path)).has_value(); });
    return lock;
}

bool FileLock::is_held(const fs::path& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.is_open()) return false;
    struct flock range = whole_file();
    return ::fcntl(number(file), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

bool FileLock::is_in_place() const { return is_same_file(file_, path_); }

void FileLock::note(std::string_view text) noexcept {
    if (::ftruncate(number(file_), 0) != 0) return;
    [[maybe_unused]] const auto written = ::pwrite(number(file_), text.data(), text.size(), 0);
}

namespace {

class Directory {
  public:
    explicit Directory(const fs::path& path) : handle_(::opendir(path.c_str())) {}
    ~Directory() {
        if (handle_ != nullptr) ::closedir(handle_);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    /// The next entry's name; nullptr at the end, or where the folder cannot be read.
    const char* next() {
        if (handle_ == nullptr) return nullptr;
        const dirent* entry = ::readdir(handle_);
        return entry == nullptr ? nullptr : entry->d_name;
    }

  private:
    DIR* handle_;
};

bool holds(const fs::path& process, const struct stat& locked) {
    Directory descriptors(process / "fd");
    while (const char* name = descriptors.next()) {
        struct stat each {};
        if (::stat((process / "fd" / name).c_str(), &each) != 0) continue;
        if (each.st_dev != locked.st_dev || each.st_ino != locked.st_ino) continue;
        const auto facts = try_read_file(process / "fdinfo" / name, 65536);
        if (facts && facts->find("OFDLCK") != std::string::npos) return true;
    }
    return false;
}

}  // namespace

std::vector<ProcessId> FileLock::holders(const fs::path& path) {
    std::vector<ProcessId> found;
    struct stat locked {};
    if (::stat(path.c_str(), &locked) != 0) return found;
    Directory processes("/proc");
    while (const char* name = processes.next()) {
        int pid = 0;
        const std::string_view text(name);
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
        if (error != std::errc() || stop != text.data() + text.size()) continue;
        if (!holds(fs::path("/proc") / name, locked)) continue;
        if (auto id = identify(pid)) found.push_back(std::move(*id));
    }
    return found;
}

}  // namespace restream
