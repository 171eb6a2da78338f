#include "audited_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <span>

#include "base/error.hpp"
#include "config/destination.hpp"
#include "config/url.hpp"
#include "state/audit_log.hpp"
#include "state/state_access.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

/// What changes something. A verb with subcommands or options that only look has one row for each
/// that does not.
struct Row {
    std::string_view verb;
    std::string_view subcommand = {};
    std::string_view option = {};   ///< only if it is given
    std::string_view without = {};  ///< not if it is given
};

constexpr Row rows[] = {
    {"add"},
    {"remove"},
    {"key"},
    {"enable"},
    {"disable"},
    // The healing, which a timer does every few seconds; `service status` has what it did.
    {"start", {}, {}, "--heal"},
    {"stop"},
    {"restart"},
    {"ingest", "start"},
    {"ingest", "stop"},
    {"ingest", "reload"},
    {"ingest", "restart"},
    {"service", "install"},
    {"service", "remove"},
    {"doctor", {}, "--fix"},
    {"dashboard", {}, "--background"},
    {"dashboard", {}, "--stop"},
    {"dashboard", {}, "--link"},
    {"dashboard", {}, "--rotate-token"},
};

/// How a command answers, not what it does.
constexpr std::array not_told = {"--json", "--timeout", "--wait-live", "--yes", "--asked-by"};
constexpr std::array with_word = {"--service", "--backup", "--latency"};
constexpr std::array with_url = {"--url", "--backup-url"};

bool is_among(std::span<const char* const> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Whether names and words were known: nobody has a stream key for a destination's name.
enum class Values { known, unknown };

/// A name, an ID, a number: what is written like a destination's name. Whatever else stands in its
/// place was mistyped, and may be a key; YouTube's look like names.
std::string shown(const std::string& value, Values values) {
    return values == Values::unknown || name_problem(value) ? "***" : value;
}

std::string option_words(const CommandLine::Given& given, Values values) {
    const auto& [name, texts] = given;
    if (texts.empty()) return name;
    const std::string& value = texts.front();
    if (is_among(with_word, name)) return fmt::format("{} {}", name, shown(value, values));
    if (!is_among(with_url, name)) return name;
    const std::string server = server_of_url(value);
    return fmt::format("{} {}", name, server.empty() ? "***" : server);
}

bool changes_something(std::string_view verb, const CommandLine& line) {
    const std::string subcommand = line.subcommand();
    const auto given = line.given();
    const auto is_given = [&](std::string_view name) {
        return std::ranges::find(given, name, &CommandLine::Given::option) != given.end();
    };
    return std::ranges::any_of(rows, [&](const Row& row) {
        return row.verb == verb && row.subcommand == subcommand &&
               (row.option.empty() || is_given(row.option)) &&
               (row.without.empty() || !is_given(row.without));
    });
}

std::optional<std::string> change_words(std::string_view verb, const CommandLine& line,
                                        Values values) {
    if (!changes_something(verb, line)) return std::nullopt;
    std::string words(verb);
    if (const auto subcommand = line.subcommand(); !subcommand.empty()) {
        words += " " + subcommand;
    }
    std::string options;
    for (const auto& given : line.given()) {
        if (is_among(not_told, given.option)) continue;
        if (!given.option.empty()) {
            options += " " + option_words(given, values);
            continue;
        }
        for (const auto& value : given.values) words += " " + shown(value, values);
    }
    return words + options;
}

}  // namespace

AuditedCommand::AuditedCommand(std::string_view verb, CommandLine& line)
    : verb_(verb), line_(line) {
    const bool may_change = std::ranges::find(rows, verb, &Row::verb) != std::end(rows);
    if (may_change) line.arguments().value("--asked-by", *asked_by_, "", {.is_hidden = true});
}

std::optional<std::string> AuditedCommand::note(int status) const {
    // With another status, what was named was found or made.
    const bool is_unknown = status == static_cast<int>(ErrorKind::usage) ||
                            status == static_cast<int>(ErrorKind::config);
    auto words = change_words(verb_, line_, is_unknown ? Values::unknown : Values::known);
    if (!words) return std::nullopt;
    try {
        const Layout layout(state_directory());
        std::error_code ignored;
        if (status != 0 && !std::filesystem::exists(layout.root(), ignored)) return std::nullopt;
        if (trust_fault(layout)) return std::nullopt;  // the command has told it
        const auto who = actor_from_json(*asked_by_).value_or(this_actor());
        return append_audit(layout, {std::chrono::system_clock::now(), who, std::move(*words),
                                     std::string(exit_word(status))});
    } catch (const Error& error) {
        return error.what();  // no state folder can be named
    }
}

}  // namespace restream
