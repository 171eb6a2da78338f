#include "state/audit_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace restream {

using nlohmann::ordered_json;

namespace {

constexpr std::array way_names = {"command_line", "link", "password", "token", "none"};
constexpr std::array way_words = {"command line", "link", "password", "token", "not let in"};

constexpr std::size_t longest_name = 64;
/// Forty destinations in one batch.
constexpr std::size_t longest_what = 1500;

/// What every line begins with, and no text in one can hold: its quotes would be escaped.
constexpr std::string_view begin_of_line = "{\"at\":\"";

/// Between two characters.
std::string cut(std::string_view text, std::size_t longest) {
    if (text.size() <= longest) return std::string(text);
    std::size_t end = longest - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "...";
}

std::string dump(const ordered_json& value) {
    return value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

/// The text, escaped where it is not printable ASCII.
std::string printable(std::string_view text) {
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (is_plain) return std::string(text);
    std::string escaped = dump(ordered_json(std::string(text)));
    // JSON lets this one stand as it is.
    for (std::size_t at = 0; (at = escaped.find('\x7f', at)) != std::string::npos;) {
        escaped.replace(at, 1, "\\u007f");
    }
    return escaped;
}

ordered_json text_or_null(std::string_view text) {
    return text.empty() ? ordered_json() : ordered_json(cut(text, longest_name));
}

void add_actor(ordered_json& value, const Actor& who) {
    value["way"] = way_in_name(who.way);
    value["uid"] = who.uid ? ordered_json(*who.uid) : ordered_json();
    value["user"] = text_or_null(who.user);
    value["address"] = text_or_null(who.address);
}

ordered_json to_value(const AuditEntry& entry) {
    ordered_json value = {{"at", to_iso8601(entry.at)}};
    add_actor(value, entry.who);
    value["what"] = cut(entry.what, longest_what);
    value["result"] = cut(entry.result, longest_name);
    return value;
}

/// The text of a member; no value if it is another type. Null is the empty text.
std::optional<std::string> text_of(const ordered_json& value, const char* name) {
    const auto member = value.find(name);
    if (member == value.end()) return std::nullopt;
    if (member->is_null()) return std::string();
    if (!member->is_string()) return std::nullopt;
    return member->get<std::string>();
}

std::optional<Actor> actor_of(const ordered_json& value) {
    const auto way = text_of(value, "way");
    const auto user = text_of(value, "user");
    const auto address = text_of(value, "address");
    const auto uid = value.find("uid");
    if (!way || !user || !address || uid == value.end()) return std::nullopt;
    const auto named = std::ranges::find(way_names, *way);
    if (named == way_names.end()) return std::nullopt;
    Actor who{static_cast<WayIn>(named - way_names.begin()), std::nullopt, *user, *address};
    if (uid->is_null()) return who;
    constexpr std::uint64_t largest = 0xFFFF'FFFF;
    if (!uid->is_number_unsigned() || uid->get<std::uint64_t>() > largest) return std::nullopt;
    who.uid = uid->get<std::uint32_t>();
    return who;
}

std::string words_of(const Actor& who) {
    std::string words;
    if (who.uid) words = fmt::format("({})", *who.uid);
    if (!who.user.empty()) words = fmt::format("{} {}", printable(who.user), words);
    if (!who.address.empty()) {
        words += fmt::format("{}{}", words.empty() ? "" : " at ", printable(who.address));
    }
    if (words.empty()) words = "unknown";
    return fmt::format("{}, {}", words, way_words.at(static_cast<std::size_t>(who.way)));
}

}  // namespace

std::string_view way_in_name(WayIn way) { return way_names.at(static_cast<std::size_t>(way)); }

std::string_view exit_word(int status) {
    if (status == 0) return "ok";
    switch (static_cast<ErrorKind>(status)) {
        case ErrorKind::no:
            return "no";
        case ErrorKind::usage:
            return "usage";
        case ErrorKind::config:
            return "config";
        case ErrorKind::busy:
            return "busy";
        case ErrorKind::refused:
            return "refused";
        case ErrorKind::bug:
            break;
    }
    return "bug";
}

std::string to_json_line(const AuditEntry& entry) { return dump(to_value(entry)); }

std::optional<AuditEntry> audit_entry_from_json(std::string_view line) {
    const auto begin = line.rfind(begin_of_line);
    if (begin == std::string_view::npos) return std::nullopt;
    const ordered_json value = ordered_json::parse(line.substr(begin), nullptr, false);
    if (!value.is_object()) return std::nullopt;
    const auto at = from_iso8601(text_of(value, "at").value_or(""));
    auto who = actor_of(value);
    auto what = text_of(value, "what");
    auto result = text_of(value, "result");
    if (!at || !who || !what || !result) return std::nullopt;
    return AuditEntry{*at, std::move(*who), std::move(*what), std::move(*result)};
}

std::string to_json_line(const Actor& who) {
    ordered_json value = ordered_json::object();
    add_actor(value, who);
    return dump(value);
}

std::optional<Actor> actor_from_json(std::string_view text) {
    const ordered_json value = ordered_json::parse(text, nullptr, false);
    return value.is_object() ? actor_of(value) : std::nullopt;
}

std::string to_text(const AuditEntry& entry) {
    return fmt::format("{} {}: {}: {}", to_iso8601(entry.at), words_of(entry.who),
                       printable(entry.what), printable(entry.result));
}

std::string audit_document(std::span<const AuditEntry> entries) {
    ordered_json changes = ordered_json::array();
    for (const auto& each : entries) changes.push_back(to_value(each));
    const ordered_json document = {{"schema", 1}, {"changes", std::move(changes)}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace restream
