// Whether this system ends a user's processes when the last session is closed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restream {

/// What systemd-logind is set to, as far as it matters here.
struct LoginSettings {
    bool kills_user_processes = false;
    std::vector<std::string> only_users;
    std::vector<std::string> excluded_users = {"root"};  // logind.conf(5)

    /// Whether this user's relays end at logout, where he does not linger.
    bool kills(std::string_view user) const;
};

/// Reads one logind.conf over what is known so far. A commented line of the main file shows what
/// the system was built with.
enum class Comments { are_defaults, are_ignored };
void read_login_settings(std::string_view text, Comments comments, LoginSettings& settings);

/// The user whose processes will be killed at logout; nothing where none will, or there is no
/// systemd.
std::optional<std::string> user_killed_at_logout();

}  // namespace restream
