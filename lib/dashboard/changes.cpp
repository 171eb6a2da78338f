#include "dashboard/changes.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "config/editor.hpp"
#include "config/field_editor.hpp"
#include "state/command_lock.hpp"

namespace restream {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr std::string_view verb = "dashboard";

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::usage, message); }

json parse_body(std::string_view body) {
    json document = json::parse(body, nullptr, false);
    if (!document.is_object()) fail("the body must be a JSON object");
    return document;
}

/// A member that is a text, or null. Nothing where it is not there.
std::optional<std::optional<std::string>> text_member(const json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end()) return std::nullopt;
    if (found->is_null()) return std::optional<std::string>();
    if (!found->is_string()) fail(fmt::format("{} must be a string or null", name));
    auto text = found->get<std::string>();
    if (text.find("***") != std::string::npos) {
        fail(
            fmt::format("{} holds ***, which stands for a secret that is not shown; give the whole "
                        "of it, or leave it out",
                        name));
    }
    if (text.empty()) return std::optional<std::string>();
    return std::optional(std::move(text));
}

std::optional<Milliseconds> hold_member(const json& body) {
    const auto found = body.find("hold_s");
    if (found == body.end() || found->is_null()) return std::nullopt;
    constexpr double longest_s = 24 * 3600;
    if (!found->is_number() || found->get<double>() < 0 || found->get<double>() > longest_s) {
        fail("hold_s must be a number of seconds");
    }
    return Milliseconds(std::llround(found->get<double>() * 1000));
}

/// The stream key that the body holds; nothing where it holds none.
std::optional<Secret> key_member(const json& body) {
    const auto found = body.find("key");
    if (found == body.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) fail("key must be a string");
    Secret key(found->get<std::string>());
    if (key.is_empty()) return std::nullopt;
    return key;
}

void allow_only(const json& body, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : body.items()) {
        if (std::ranges::find(known, name) == known.end()) {
            fail(fmt::format("{} is no member of this body; it knows {}", name,
                             fmt::join(known, ", ")));
        }
    }
}

constexpr std::array text_fields = {"service", "url", "backup_url", "backup", "on_ingest_loss"};

std::vector<FieldChange> changes_of(const json& body) {
    std::vector<FieldChange> changes;
    for (const char* field : text_fields) {
        if (const auto text = text_member(body, field)) {
            changes.push_back({field, *text ? std::optional(toml_string(**text)) : std::nullopt});
        }
    }
    if (const auto hold = hold_member(body)) {
        changes.push_back({"hold", toml_string(format_duration(*hold))});
    } else if (body.contains("hold_s")) {
        changes.push_back({"hold", std::nullopt});
    }
    return changes;
}

void add(const Config& config, const std::string& name, const json& body) {
    NewDestination added;
    added.name = name;
    const auto text = [&](const char* field) {
        const auto found = text_member(body, field);
        return found ? found->value_or("") : std::string();
    };
    added.service = text("service");
    added.url = text("url");
    added.backup_url = text("backup_url");
    added.backup = text("backup");
    added.on_ingest_loss = text("on_ingest_loss");
    added.hold = hold_member(body);
    if (added.service.empty() && added.url.empty()) fail("where to? give a service or a url");
    if (auto key = key_member(body)) added.key = KeyText{std::move(*key)};
    add_destination(config.directory, added);
}

Answer told(const Registry& registry, const std::string& name, int status) {
    const ordered_json document = {
        {"schema", 1}, {"name", name}, {"is_alive", registry.is_alive(name)}};
    Answer answer;
    answer.status = status;
    answer.body = document.dump(2) + "\n";
    return answer;
}

}  // namespace

Answer put_destination(const Config& config, const Registry& registry, const std::string& name,
                       std::string_view text) {
    const json body = parse_body(text);
    allow_only(body, {"service", "url", "backup_url", "backup", "on_ingest_loss", "hold_s", "key"});
    const CommandLock lock(registry.layout(), verb);
    const Destination* known = config.find(name);
    if (known == nullptr) {
        add(config, name, body);
        return told(registry, name, 201);
    }
    const auto key = key_member(body);
    if (const auto changes = changes_of(body); !changes.empty()) {
        change_destination(config.directory, *known, changes);
    }
    if (key) {
        replace_key(config.directory, load_config(config.directory).at(name), KeyText{*key});
    }
    return told(registry, name, 200);
}

Answer put_key(const Config& config, const Registry& registry, const std::string& name,
               std::string_view text) {
    const json body = parse_body(text);
    allow_only(body, {"key"});
    const auto key = key_member(body);
    if (!key) fail("key must be a string that is not empty");
    const CommandLock lock(registry.layout(), verb);
    replace_key(config.directory, config.at(name), KeyText{*key});
    return told(registry, name, 200);
}

}  // namespace restream
