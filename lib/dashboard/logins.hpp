// Browsers that have shown once that they may come in.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "state/audit_entry.hpp"

namespace restream {

/// Sessions live as long as the dashboard does. Each belongs to the user of this machine who began
/// it: a browser sends its cookies for 127.0.0.1 to whatever listens there, on any port, so another
/// user can come to know them. Bounded: the oldest one ends.
class Logins {
  public:
    /// `code_file`: the file with the code of the newest link, see new_login_code().
    explicit Logins(std::filesystem::path code_file) : code_file_(std::move(code_file)) {}

    /// The name of a new session. `way`: how its browser came in.
    std::string begin(std::optional<std::uint32_t> user, WayIn way = WayIn::link);
    /// How the browser of that session came in; no value if there is no such session.
    std::optional<WayIn> way_of(std::string_view session, std::optional<std::uint32_t> user) const;
    /// Every session ends.
    void end_all();
    /// Whether that is the code, and not older than ten minutes. It is used up then.
    bool use_code(std::string_view code) const;

    static constexpr std::size_t most_sessions = 64;

  private:
    struct Session {
        Secret name;
        std::optional<std::uint32_t> user;
        WayIn way = WayIn::link;
    };
    std::filesystem::path code_file_;
    std::deque<Session> sessions_;  ///< the oldest first
};

/// The value of that cookie in a Cookie header; empty where it is not there.
/// **Source**: RFC 6265, section 4.2.
std::string_view cookie_value(std::string_view header, std::string_view name);

}  // namespace restream
