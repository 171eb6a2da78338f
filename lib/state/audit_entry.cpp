#include "state/audit_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/json_reader.hpp"

namespace restream {

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

/// The text, escaped where it is not printable ASCII.
std::string printable(std::string_view text) {
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (is_plain) return std::string(text);
    std::string escaped = Json(text).dump_ascii();
    // JSON lets this one stand as it is.
    for (std::size_t at = 0; (at = escaped.find('\x7f', at)) != std::string::npos;) {
        escaped.replace(at, 1, "\\u007f");
    }
    return escaped;
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(cut(text, longest_name));
}

void add_actor(Json& value, const Actor& who) {
    value["way"] = way_in_name(who.way);
    value["uid"] = who.uid;
    value["user"] = text_or_null(who.user);
    value["address"] = text_or_null(who.address);
}

Json to_value(const AuditEntry& entry) {
    Json value = {{"at", to_iso8601(entry.at)}};
    add_actor(value, entry.who);
    value["what"] = cut(entry.what, longest_what);
    value["result"] = cut(entry.result, longest_name);
    return value;
}

/// No value if a member is missing, or is another type. A text that is null is empty.
std::optional<Actor> actor_of(const Json& value) {
    JsonReader reader(value);
    Actor who;
    std::string way;
    reader.read("way", way);
    reader.read("uid", who.uid);
    reader.read_or_null("user", who.user);
    reader.read_or_null("address", who.address);
    const auto named = std::ranges::find(way_names, way);
    if (!reader.is_good() || named == way_names.end()) return std::nullopt;
    who.way = static_cast<WayIn>(named - way_names.begin());
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

std::string to_json_line(const AuditEntry& entry) { return to_value(entry).dump_ascii(); }

std::optional<AuditEntry> audit_entry_from_json(std::string_view line) {
    const auto begin = line.rfind(begin_of_line);
    if (begin == std::string_view::npos) return std::nullopt;
    const auto value = parse_json(line.substr(begin));
    auto who = value ? actor_of(*value) : std::nullopt;
    if (!who) return std::nullopt;
    JsonReader reader(*value);
    AuditEntry entry;
    reader.read("at", entry.at);
    reader.read_or_null("what", entry.what);
    reader.read_or_null("result", entry.result);
    if (!reader.is_good()) return std::nullopt;
    entry.who = std::move(*who);
    return entry;
}

std::string to_json_line(const Actor& who) {
    Json value;
    add_actor(value, who);
    return value.dump_ascii();
}

std::optional<Actor> actor_from_json(std::string_view text) {
    const auto value = parse_json(text);
    return value ? actor_of(*value) : std::nullopt;
}

std::string to_text(const AuditEntry& entry) {
    return fmt::format("{} {}: {}: {}", to_iso8601(entry.at), words_of(entry.who),
                       printable(entry.what), printable(entry.result));
}

std::string audit_document(std::span<const AuditEntry> entries) {
    Json changes = Json::array();
    for (const auto& each : entries) changes.push_back(to_value(each));
    const Json document = {{"schema", 1}, {"changes", std::move(changes)}};
    return document.dump(2) + "\n";
}

}  // namespace restream
