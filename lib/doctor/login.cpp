#include "doctor/login.hpp"

#include <algorithm>
#include <sstream>

namespace restream {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string> words(std::string_view text) {
    std::istringstream all{std::string(text)};
    std::vector<std::string> result;
    for (std::string each; all >> each;) result.push_back(std::move(each));
    return result;
}

/// As systemd reads a boolean.
bool is_yes(std::string_view text) {
    return text == "yes" || text == "true" || text == "on" || text == "1" || text == "y" ||
           text == "t";
}

bool has(const std::vector<std::string>& users, std::string_view user) {
    return std::ranges::find(users, user) != users.end();
}

}  // namespace

bool LoginSettings::kills(std::string_view user) const {
    if (!kills_user_processes || has(excluded_users, user)) return false;
    return only_users.empty() || has(only_users, user);
}

void read_login_settings(std::string_view text, Comments comments, LoginSettings& settings) {
    std::istringstream lines{std::string(text)};
    for (std::string whole; std::getline(lines, whole);) {
        std::string_view line = trimmed(whole);
        if (line.starts_with('#')) {
            if (comments == Comments::are_ignored) continue;
            line = trimmed(line.substr(1));
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = trimmed(line.substr(0, equals));
        const auto value = trimmed(line.substr(equals + 1));
        if (name == "KillUserProcesses") settings.kills_user_processes = is_yes(value);
        if (name == "KillOnlyUsers") settings.only_users = words(value);
        if (name == "KillExcludeUsers") settings.excluded_users = words(value);
    }
}

}  // namespace restream
