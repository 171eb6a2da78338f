#include "dashboard/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/destination.hpp"
#include "config/key_text.hpp"

namespace restream {

namespace {

constexpr std::array text_fields = {"service",        "url",      "backup_url", "backup",
                                    "on_ingest_loss", "file_mode"};

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::usage, message); }

/// What the members of a body may be.
enum class Members { plain, arrays };

bool is_nested(const Json& value) { return value.is_array() || value.is_object(); }

/// An object of plain members, or of arrays of those. Nothing in it is nested further, and no
/// member is there twice: of two, who checks might see one and who obeys the other.
Json object_of(std::string_view text, Members members = Members::plain) {
    auto document = parse_json(text, DuplicateMembers::kept);
    if (!document || !document->is_object()) fail("the body must be a JSON object");
    std::set<std::string_view> names;
    bool is_double = false;
    for (const auto& [name, value] : document->members()) {
        const bool may_be = members == Members::arrays && value.is_array() &&
                            std::ranges::none_of(value.elements(), is_nested);
        if (is_nested(value) && !may_be) fail("the body's members must be plain values");
        is_double |= !names.insert(name).second;
    }
    if (is_double) fail("the body has a member twice");
    return std::move(*document);
}

void allow_only(const Json& body, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : body.members()) {
        if (std::ranges::find(known, name) == known.end()) {
            fail(fmt::format("the body has a member that is not known; known are {}",
                             fmt::join(known, ", ")));
        }
    }
}

/// Nothing for null and for an empty text.
std::optional<std::string> text_of(const Json& value, std::string_view name) {
    if (value.is_null()) return std::nullopt;
    const std::string* text = value.as_string();
    if (text == nullptr) fail(fmt::format("{} must be a string or null", name));
    if (text->find("***") != std::string::npos) {
        fail(
            fmt::format("{} holds ***, which stands for a secret that is not shown; give the whole "
                        "of it, or leave it out",
                        name));
    }
    return text->empty() ? std::nullopt : std::optional(*text);
}

std::optional<Milliseconds> hold_of(const Json& value) {
    if (value.is_null()) return std::nullopt;
    constexpr double longest_s = 24 * 3600;
    const auto hold_s = value.as_number();
    if (!hold_s || *hold_s < 0 || *hold_s > longest_s) {
        fail("hold_s must be a number of seconds, at most a day");
    }
    return Milliseconds(std::llround(*hold_s * 1000));
}

/// Nothing where it holds none.
std::optional<Secret> key_of(const Json& body) {
    const Json* found = body.find("key");
    if (found == nullptr || found->is_null()) return std::nullopt;
    const std::string* text = found->as_string();
    if (text == nullptr) fail("key must be a string");
    Secret key(*text);
    if (key.is_empty()) return std::nullopt;
    if (const auto problem = key_text_problem(key.reveal())) fail("the stream key " + *problem);
    return key;
}

}  // namespace

DestinationBody destination_body(std::string_view text) {
    const Json body = object_of(text);
    allow_only(body, {"service", "url", "backup_url", "backup", "on_ingest_loss", "file_mode",
                      "hold_s", "key"});
    DestinationBody wanted;
    for (const char* field : text_fields) {
        const Json* found = body.find(field);
        if (found != nullptr) wanted.texts[field] = text_of(*found, field);
    }
    if (const Json* found = body.find("hold_s")) {
        wanted.has_hold = true;
        wanted.hold = hold_of(*found);
    }
    wanted.key = key_of(body);
    return wanted;
}

Secret key_body(std::string_view text) {
    const Json body = object_of(text);
    allow_only(body, {"key"});
    auto key = key_of(body);
    if (!key) fail("key must be a string that is not empty");
    return std::move(*key);
}

std::optional<std::vector<std::string>> names_body(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const Json body = object_of(text, Members::arrays);
    allow_only(body, {"names"});
    const Json* found = body.find("names");
    if (found == nullptr) return std::nullopt;
    if (found->elements().empty()) {
        fail("names must be an array of at least one name; without it, all are meant");
    }
    std::vector<std::string> names;
    for (const Json& each : found->elements()) {
        const std::string* name = each.as_string();
        if (name == nullptr) fail("names must be an array of strings");
        if (name_problem(*name)) fail("names must hold destinations' names");
        names.push_back(*name);
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
