#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "system/fd.hpp"
#include "system/fd_linux.hpp"
#include "system/path_fault.hpp"
#include "system/path_trust.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

fs::path home() {
    if (const auto chosen = environment("HOME")) return *chosen;
    const passwd* entry = ::getpwuid(::getuid());
    if (entry != nullptr && entry->pw_dir != nullptr) return entry->pw_dir;
    throw Error(ErrorKind::refused,
                "no home folder: set HOME, or RESTREAM_CONFIG_DIR and RESTREAM_STATE_DIR");
}

fs::path base_directory(const char* xdg, const char* below_home) {
    // The XDG specification: a relative path is to be ignored.
    const auto base = environment(xdg);
    if (base && fs::path(*base).is_absolute()) return *base;
    return home() / below_home;
}

fs::path user_directory(const char* ours, const char* xdg, const char* below_home) {
    if (const auto chosen = chosen_folder(ours)) return *chosen;
    return base_directory(xdg, below_home) / "restream";
}

/// An open regular file. Without waiting: what stands there may be a pipe that nobody writes to.
Fd open_regular(const fs::path& path, struct stat& facts, std::error_code& error) {
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open() || ::fstat(static_cast<int>(file.native()), &facts) != 0)
        error = last_error();
    else if (S_ISDIR(facts.st_mode))
        error = std::make_error_code(std::errc::is_a_directory);
    else if (!S_ISREG(facts.st_mode))
        error = std::make_error_code(std::errc::invalid_argument);
    return file;
}

/// The bytes, or why not. Four system calls for a file that has a size; those in /proc have none,
/// and tell their end by a read of nothing. `status` reads some of them for each destination.
std::string read_bytes(const Fd& file, const struct stat& facts, std::uintmax_t most_bytes,
                       std::error_code& error) {
    const auto size = static_cast<std::uintmax_t>(facts.st_size);
    std::string bytes;
    char block[16384];
    for (;;) {
        const ssize_t got = ::read(static_cast<int>(file.native()), block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = last_error();
        if (got <= 0) break;
        bytes.append(block, static_cast<std::size_t>(got));
        if (bytes.size() > most_bytes) {
            error = std::make_error_code(std::errc::file_too_large);
            break;
        }
        if (bytes.size() == size && static_cast<std::size_t>(got) < sizeof block) break;
    }
    return error ? std::string() : bytes;
}

std::string read_bytes(const fs::path& path, std::uintmax_t most_bytes, std::error_code& error) {
    struct stat facts {};
    const Fd file = open_regular(path, facts, error);
    return error ? std::string() : read_bytes(file, facts, most_bytes, error);
}

}  // namespace

std::string read_file(const fs::path& path, std::uintmax_t most_bytes) {
    std::error_code error;
    std::string bytes = read_bytes(path, most_bytes, error);
    if (error) throw Error(ErrorKind::refused, path.string() + ": " + error.message(), error);
    return bytes;
}

std::optional<std::string> try_read_file(const fs::path& path, std::uintmax_t most_bytes) {
    std::error_code error;
    std::string bytes = read_bytes(path, most_bytes, error);
    if (error) return std::nullopt;
    return bytes;
}

std::variant<std::string, PathFault> read_trusted_file(const fs::path& path,
                                                       std::uintmax_t most_bytes) {
    struct stat facts {};
    std::error_code error;
    const Fd file = open_regular(path, facts, error);
    if (!error) {
        if (auto fault = trust_fault(file, path)) return std::move(*fault);
    }
    std::string bytes = error ? std::string() : read_bytes(file, facts, most_bytes, error);
    if (error) throw Error(ErrorKind::refused, path.string() + ": " + error.message(), error);
    return bytes;
}

fs::path user_config_directory() { return base_directory("XDG_CONFIG_HOME", ".config"); }

fs::path config_directory() {
    return user_directory("RESTREAM_CONFIG_DIR", "XDG_CONFIG_HOME", ".config");
}

fs::path state_directory() {
    return user_directory("RESTREAM_STATE_DIR", "XDG_STATE_HOME", ".local/state");
}

bool make_closed_directory(const fs::path& path, std::error_code& error) {
    error.clear();
    if (::mkdir(path.c_str(), 0700) != 0) error = last_error();
    return !error;
}

fs::path program_directory() {
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error);
    if (error) throw_system_error("finding this program's folder", error.value());
    return program.parent_path();
}

}  // namespace restream
