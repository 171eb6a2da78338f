#include <pwd.h>
#include <unistd.h>

#include "base/error.hpp"
#include "service/user_manager.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds patience = std::chrono::seconds(5);

Captured systemctl(std::vector<std::string> arguments) {
    const auto program = find_in_path("systemctl");
    if (!program) throw Error(ErrorKind::refused, "there is no systemctl in PATH");
    SpawnRequest request;
    request.program = *program;
    request.arguments = {"--user", "--no-pager", "--no-ask-password"};
    for (auto& each : arguments) request.arguments.push_back(std::move(each));
    return run_captured(std::move(request), Deadline::after(patience));
}

std::string first_line(std::string text) {
    text.erase(std::min(text.find('\n'), text.size()));
    return text;
}

/// UnitPath=/home/me/.config/systemd/user.control /home/me/.config/systemd/user …
bool names_folder(std::string_view line, const fs::path& units) {
    const std::string wanted = " " + units.string() + " ";
    std::string all(line.substr(std::min(line.find('=') + 1, line.size())));
    while (!all.empty() && all.back() == '\n') all.pop_back();
    return (" " + all + " ").find(wanted) != std::string::npos;
}

}  // namespace

UserManager::UserManager(fs::path units) {
    try {
        const Captured told = systemctl({"show", "--property=UnitPath"});
        is_reachable_ = told.status == 0 && names_folder(told.output, units);
    } catch (const Error&) {
        // No systemctl: no manager.
    }
}

std::optional<std::string> UserManager::run(const std::vector<std::string>& arguments) const {
    const Captured told = systemctl(arguments);
    if (told.timed_out) return "it does not answer";
    if (told.status == 0) return std::nullopt;
    const std::string words = first_line(told.error);
    return words.empty() ? "exit status " + std::to_string(told.status) : words;
}

std::optional<bool> UserManager::is_active(std::string_view unit) const {
    if (!is_reachable_) return std::nullopt;
    const Captured told = systemctl({"is-active", "--quiet", std::string(unit)});
    if (told.timed_out) return std::nullopt;
    return told.status == 0;
}

fs::path user_unit_directory() { return user_config_directory() / "systemd" / "user"; }

std::string user_name() {
    const passwd* entry = ::getpwuid(::getuid());
    return entry == nullptr || entry->pw_name == nullptr ? "" : entry->pw_name;
}

bool is_lingering() {
    const std::string user = user_name();
    std::error_code error;
    // Source: systemd-logind, user_check_linger_file().
    return !user.empty() && fs::exists(fs::path("/var/lib/systemd/linger") / user, error);
}

}  // namespace restream
