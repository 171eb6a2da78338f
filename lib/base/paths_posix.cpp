#include <pwd.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

fs::path home() {
    if (const auto chosen = environment("HOME")) return *chosen;
    const passwd* entry = ::getpwuid(::getuid());
    if (entry != nullptr && entry->pw_dir != nullptr) return entry->pw_dir;
    throw Error(ErrorKind::refused, "no home folder: set HOME, or RESTREAM_CONFIG_DIR and RESTREAM_STATE_DIR");
}

fs::path user_directory(const char* ours, const char* xdg, const char* below_home) {
    if (const auto chosen = environment(ours)) return fs::absolute(*chosen).lexically_normal();
    // The XDG specification: a relative path is to be ignored.
    const auto base = environment(xdg);
    if (base && fs::path(*base).is_absolute()) return fs::path(*base) / "restream";
    return home() / below_home / "restream";
}

}  // namespace

fs::path config_directory() {
    return user_directory("RESTREAM_CONFIG_DIR", "XDG_CONFIG_HOME", ".config");
}

fs::path state_directory() {
    return user_directory("RESTREAM_STATE_DIR", "XDG_STATE_HOME", ".local/state");
}

fs::path program_directory() {
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error);
    if (error) throw_system_error("finding this program's folder", error.value());
    return program.parent_path();
}

}  // namespace restream
