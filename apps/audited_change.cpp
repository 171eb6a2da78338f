#include "audited_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

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

std::string option_words(const std::string& name, const CLI::Option& option, Values values) {
    if (option.results().empty()) return name;
    const std::string& value = option.results().front();
    if (is_among(with_word, name)) return fmt::format("{} {}", name, shown(value, values));
    if (!is_among(with_url, name)) return name;
    const std::string server = server_of_url(value);
    return fmt::format("{} {}", name, server.empty() ? "***" : server);
}

/// Calls `what` for each option that was given: of the command, of its groups of options, and of
/// its subcommand.
template <typename What>
void for_each_given(const CLI::App& app, const What& what) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->count() > 0) what(*option);
    }
    for (const CLI::App* sub : app.get_subcommands({})) {
        if (sub->get_name().empty() || sub->parsed()) for_each_given(*sub, what);
    }
}

/// "--key-stdin"; of what has no option's name, such as NAME, empty.
std::string long_name(const CLI::Option& option) {
    return option.get_lnames().empty() ? "" : "--" + option.get_lnames().front();
}

std::string subcommand_name(const CLI::App& app) {
    for (const CLI::App* sub : app.get_subcommands()) {
        if (!sub->get_name().empty()) return sub->get_name();
    }
    return "";
}

bool is_given(const CLI::App& app, std::string_view name) {
    bool is_there = false;
    for_each_given(app, [&](const CLI::Option& option) { is_there |= long_name(option) == name; });
    return is_there;
}

bool changes_something(std::string_view verb, const CLI::App& app) {
    const std::string subcommand = subcommand_name(app);
    return std::ranges::any_of(rows, [&](const Row& row) {
        return row.verb == verb && row.subcommand == subcommand &&
               (row.option.empty() || is_given(app, row.option)) &&
               (row.without.empty() || !is_given(app, row.without));
    });
}

std::optional<std::string> change_words(std::string_view verb, const CLI::App& app, Values values) {
    if (!changes_something(verb, app)) return std::nullopt;
    std::string words(verb);
    if (const auto subcommand = subcommand_name(app); !subcommand.empty()) {
        words += " " + subcommand;
    }
    std::string options;
    for_each_given(app, [&](const CLI::Option& option) {
        const std::string name = long_name(option);
        if (is_among(not_told, name)) return;
        if (!name.empty()) {
            options += " " + option_words(name, option, values);
            return;
        }
        for (const auto& value : option.results()) words += " " + shown(value, values);
    });
    return words + options;
}

}  // namespace

AuditedCommand::AuditedCommand(std::string_view verb, CLI::App& app) : verb_(verb), app_(app) {
    const bool may_change = std::ranges::find(rows, verb, &Row::verb) != std::end(rows);
    // No group: it is in no help, and no completion.
    if (may_change) app.add_option("--asked-by", *asked_by_)->group("");
}

std::optional<std::string> AuditedCommand::note(int status) const {
    // With another status, what was named was found or made.
    const bool is_unknown = status == static_cast<int>(ErrorKind::usage) ||
                            status == static_cast<int>(ErrorKind::config);
    auto words = change_words(verb_, app_, is_unknown ? Values::unknown : Values::known);
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
