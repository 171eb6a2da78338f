#include "base/paths.hpp"

#include <cstdlib>

#include "base/error.hpp"

namespace restream {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

fs::path share_directory() {
    if (const auto chosen = environment("RESTREAM_SHARE_DIR")) return fs::absolute(*chosen);
    return (program_directory() / ".." / "share" / "restream").lexically_normal();
}

std::vector<std::pair<std::string, std::string>> folder_variables(const fs::path& config,
                                                                  const fs::path& state) {
    return {{"RESTREAM_CONFIG_DIR", config.string()},
            {"RESTREAM_STATE_DIR", state.string()},
            {"RESTREAM_SHARE_DIR", share_directory().string()}};
}

void make_private_directory(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (path.has_parent_path() && path.parent_path() != path) {
        make_private_directory(path.parent_path());
    }
    error.clear();
    fs::create_directory(path, error);
    if (!error) fs::permissions(path, fs::perms::owner_all, fs::perm_options::replace, error);
    if (error && !fs::is_directory(path)) {
        throw Error(ErrorKind::refused,
                    "cannot make the folder " + path.string() + ": " + error.message(), error);
    }
}

}  // namespace restream
