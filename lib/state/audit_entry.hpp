// One change that somebody made, or tried to make.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace restream {

/// How somebody came to change something.
enum class WayIn {
    command_line,  ///< a command that this user ran
    link,          ///< the dashboard: a browser that opened a login link
    password,      ///< the dashboard: the password, or a browser that gave it earlier
    token,         ///< the dashboard: a process of its owner, with the token for changes
    none,          ///< the dashboard: not let in
};

/// "command_line"
std::string_view way_in_name(WayIn way);

/// Who changed something.
struct Actor {
    WayIn way = WayIn::command_line;
    std::optional<std::uint32_t> uid = {};  ///< of the process, if it is on this machine
    std::string user = {};                  ///< its login name; empty: not known
    std::string address = {};               ///< of who asked the dashboard; else empty

    bool operator==(const Actor&) const = default;
};

/// A line of the audit log.
struct AuditEntry {
    WallTime at{};
    Actor who;
    /// In the words of a command: "enable youtube". Never a secret.
    std::string what;
    /// "ok"; else an exit status in a word, see exit_word(), or an error code of the dashboard's.
    std::string result;

    bool operator==(const AuditEntry&) const = default;
};

/// What an exit status means: "ok", "no", "usage", "config", "busy", "refused", "bug".
std::string_view exit_word(int status);

/// One line of JSON, without its end. Only ASCII: whatever came from elsewhere is escaped, and cut
/// if it is too long. At most 11,000 bytes.
std::string to_json_line(const AuditEntry& entry);
/// Reads what to_json_line writes; also if a line that was cut short stands before it. No value
/// for anything else.
std::optional<AuditEntry> audit_entry_from_json(std::string_view line);

/// The actor alone, for a command that is run on somebody's behalf.
std::string to_json_line(const Actor& who);
std::optional<Actor> actor_from_json(std::string_view text);

/// "2026-01-31T20:14:03.120Z anna (1000), command line: enable youtube: ok". Only printable ASCII.
std::string to_text(const AuditEntry& entry);

/// {"schema": 1, "changes": […]}, in the same order.
std::string audit_document(std::span<const AuditEntry> entries);

}  // namespace restream
