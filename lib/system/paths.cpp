#include "system/paths.hpp"

#include <cstdlib>

#include "base/error.hpp"
#include "system/path_fault.hpp"
#include "system/path_trust.hpp"

namespace restream {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

std::optional<fs::path> chosen_folder(const char* variable) {
    const auto chosen = environment(variable);
    if (!chosen) return std::nullopt;
    std::error_code error;
    fs::path path = fs::absolute(*chosen, error);
    if (!error) return path.lexically_normal();
    throw Error(ErrorKind::refused,
                std::string(variable) + " is a relative path, and the current folder is unknown: " +
                    error.message() + "; give it an absolute path, or change to another folder",
                error);
}

fs::path share_directory() {
    if (const auto chosen = chosen_folder("RESTREAM_SHARE_DIR")) return *chosen;
    return (program_directory() / ".." / "share" / "restream").lexically_normal();
}

std::vector<std::pair<std::string, std::string>> folder_variables(const fs::path& config,
                                                                  const fs::path& state) {
    return {{"RESTREAM_CONFIG_DIR", config.string()},
            {"RESTREAM_STATE_DIR", state.string()},
            {"RESTREAM_SHARE_DIR", share_directory().string()}};
}

namespace {

/// Makes it where it is missing. Who made it, then, is known only if it is this call: what somebody
/// made in this moment (in /tmp, say) is looked at as what was there before.
void make_where_missing(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (path.has_parent_path() && path.parent_path() != path) {
        make_where_missing(path.parent_path());
    }
    if (make_closed_directory(path, error)) return;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        require_trusted(path);
        return;
    }
    const auto fault = folder_fault(path, FolderUse::write).value_or(file_fault(path, error));
    throw Error(ErrorKind::refused,
                "cannot make the folder " + path.string() + ": " + fault.describe(), error);
}

}  // namespace

void require_trusted(const fs::path& path) {
    if (const auto fault = trust_fault(path)) throw_path_fault("using " + path.string(), *fault);
}

void make_private_directory(const fs::path& path) {
    make_where_missing(path);
    require_trusted(path);
}

}  // namespace restream
