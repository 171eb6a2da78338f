#include "dashboard/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "config/destination.hpp"
#include "config/key_text.hpp"

namespace restream {

using nlohmann::json;

namespace {

constexpr std::array text_fields = {"service",        "url",      "backup_url", "backup",
                                    "on_ingest_loss", "file_mode"};

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::usage, message); }

/// What the members of a body may be.
enum class Members { plain, arrays };

/// An object of plain members, or of arrays of those. Nothing in it is nested further, and no
/// member is there twice: of two, who checks might see one and who obeys the other.
json object_of(std::string_view text, Members members = Members::plain) {
    const int deepest = members == Members::arrays ? 1 : 0;
    bool is_nested = false;
    bool is_double = false;
    std::set<std::string> names;
    const auto look = [&](int depth, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start && depth > 0) is_nested = true;
        if (event == json::parse_event_t::array_start && depth > deepest) is_nested = true;
        if (event == json::parse_event_t::key && depth == 1) {
            is_double |= !names.insert(value.get<std::string>()).second;
        }
        return !is_nested;
    };
    json document = json::parse(text, look, false);
    if (!document.is_object()) fail("the body must be a JSON object");
    if (is_nested) fail("the body's members must be plain values");
    if (is_double) fail("the body has a member twice");
    return document;
}

void allow_only(const json& body, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : body.items()) {
        if (std::ranges::find(known, name) == known.end()) {
            fail(fmt::format("the body has a member that is not known; known are {}",
                             fmt::join(known, ", ")));
        }
    }
}

/// Nothing for null and for an empty text.
std::optional<std::string> text_of(const json& value, std::string_view name) {
    if (value.is_null()) return std::nullopt;
    if (!value.is_string()) fail(fmt::format("{} must be a string or null", name));
    auto text = value.get<std::string>();
    if (text.find("***") != std::string::npos) {
        fail(
            fmt::format("{} holds ***, which stands for a secret that is not shown; give the whole "
                        "of it, or leave it out",
                        name));
    }
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<Milliseconds> hold_of(const json& value) {
    if (value.is_null()) return std::nullopt;
    constexpr double longest_s = 24 * 3600;
    if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > longest_s) {
        fail("hold_s must be a number of seconds, at most a day");
    }
    return Milliseconds(std::llround(value.get<double>() * 1000));
}

/// Nothing where it holds none.
std::optional<Secret> key_of(const json& body) {
    const auto found = body.find("key");
    if (found == body.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) fail("key must be a string");
    Secret key(found->get<std::string>());
    if (key.is_empty()) return std::nullopt;
    if (const auto problem = key_text_problem(key.reveal())) fail("the stream key " + *problem);
    return key;
}

}  // namespace

DestinationBody destination_body(std::string_view text) {
    const json body = object_of(text);
    allow_only(body, {"service", "url", "backup_url", "backup", "on_ingest_loss", "file_mode",
                      "hold_s", "key"});
    DestinationBody wanted;
    for (const char* field : text_fields) {
        const auto found = body.find(field);
        if (found != body.end()) wanted.texts[field] = text_of(*found, field);
    }
    if (const auto found = body.find("hold_s"); found != body.end()) {
        wanted.has_hold = true;
        wanted.hold = hold_of(*found);
    }
    wanted.key = key_of(body);
    return wanted;
}

Secret key_body(std::string_view text) {
    const json body = object_of(text);
    allow_only(body, {"key"});
    auto key = key_of(body);
    if (!key) fail("key must be a string that is not empty");
    return std::move(*key);
}

std::optional<std::vector<std::string>> names_body(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const json body = object_of(text, Members::arrays);
    allow_only(body, {"names"});
    const auto found = body.find("names");
    if (found == body.end()) return std::nullopt;
    if (!found->is_array() || found->empty()) {
        fail("names must be an array of at least one name; without it, all are meant");
    }
    std::vector<std::string> names;
    for (const json& each : *found) {
        if (!each.is_string()) fail("names must be an array of strings");
        if (name_problem(each.get<std::string>())) fail("names must hold destinations' names");
        names.push_back(each.get<std::string>());
    }
    return names;
}

std::string_view field_of_message(std::string_view message) {
    // The names in the configuration, and those here. A key's problem is a sentence.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> words = {
        {{"service", "service"},
         {"url", "url"},
         {"backup_url", "backup_url"},
         {"backup", "backup"},
         {"on_ingest_loss", "on_ingest_loss"},
         {"file_mode", "file_mode"},
         {"hold", "hold_s"},
         {"hold_s", "hold_s"},
         {"key", "key"}}};
    if (message.starts_with("the stream key ")) return "key";
    const auto first = message.substr(0, message.find_first_of(": "));
    const auto found =
        std::ranges::find(words, first, &std::pair<std::string_view, std::string_view>::first);
    return found == words.end() ? std::string_view() : found->second;
}

}  // namespace restream
