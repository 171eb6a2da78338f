#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "doctor/login.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_file_bytes = 64 * 1024;

/// Drop-ins of all folders count in the order of their names. Source: logind.conf(5).
std::vector<fs::path> drop_ins() {
    std::vector<fs::path> files;
    for (const char* folder : {"/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d",
                               "/etc/systemd/logind.conf.d"}) {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
             entry.increment(error)) {
            if (entry->path().extension() == ".conf") files.push_back(entry->path());
        }
    }
    std::ranges::stable_sort(files, {}, [](const fs::path& each) { return each.filename(); });
    return files;
}

}  // namespace

std::optional<std::string> user_killed_at_logout() {
    std::error_code error;
    // sd_booted(3).
    if (!fs::is_directory("/run/systemd/system", error)) return std::nullopt;
    const passwd* entry = ::getpwuid(::getuid());
    if (entry == nullptr) return std::nullopt;
    const std::string user = entry->pw_name;
    if (fs::exists(fs::path("/var/lib/systemd/linger") / user, error)) return std::nullopt;
    LoginSettings settings;
    const auto main_file = try_read_file("/etc/systemd/logind.conf", longest_file_bytes);
    read_login_settings(main_file.value_or(""), Comments::are_defaults, settings);
    for (const auto& each : drop_ins()) {
        const auto text = try_read_file(each, longest_file_bytes);
        read_login_settings(text.value_or(""), Comments::are_ignored, settings);
    }
    if (!settings.kills(user)) return std::nullopt;
    return user;
}

}  // namespace restream
