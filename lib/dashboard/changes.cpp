#include "dashboard/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "config/field_editor.hpp"
#include "config/key.hpp"
#include "dashboard/body.hpp"
#include "state/command_lock.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view verb = "dashboard";

std::vector<FieldChange> changes_of(const DestinationBody& body) {
    std::vector<FieldChange> changes;
    for (const auto& [field, text] : body.texts) {
        changes.push_back({field, text ? std::optional(toml_string(*text)) : std::nullopt});
    }
    if (body.has_hold) {
        changes.push_back({"hold", body.hold
                                       ? std::optional(toml_string(format_duration(*body.hold)))
                                       : std::nullopt});
    }
    return changes;
}

/// Without its key such a destination can only be refused. **Throws**: Error{usage}.
void check_has_key(const ChangedDestination& wanted) {
    const auto problem = foresee_key_problem(wanted.destination);
    if (!problem || problem->kind != KeyProblem::Kind::missing) return;
    const bool is_dropped = std::ranges::find(wanted.dropped, "key") != wanted.dropped.end();
    throw Error(ErrorKind::usage,
                fmt::format("key is missing: {} needs its stream key{}", wanted.destination.service,
                            is_dropped ? ", and the stored key was given for another "
                                         "server; send the key again"
                                       : ""));
}

void add(const fs::path& directory, const std::string& name, const DestinationBody& body) {
    NewDestination added;
    added.name = name;
    const auto text = [&](const char* field) {
        const auto found = body.texts.find(field);
        return found == body.texts.end() ? std::string() : found->second.value_or("");
    };
    added.service = text("service");
    added.url = text("url");
    added.backup_url = text("backup_url");
    added.backup = text("backup");
    added.on_ingest_loss = text("on_ingest_loss");
    added.file_mode = text("file_mode");
    added.hold = body.hold;
    if (added.service.empty() && added.url.empty()) {
        throw Error(ErrorKind::usage, "where to? give a service or a url");
    }
    if (body.key) added.key = KeyText{*body.key};
    check_has_key({preview_destination(directory, added), {}});
    add_destination(directory, added);
}

/// The fields of secrets that are gone, because they were given for other servers.
std::vector<std::string> change(const fs::path& directory, const Destination& known,
                                const DestinationBody& body) {
    const DestinationChange wanted{changes_of(body), body.key};
    if (wanted.fields.empty()) {
        if (body.key) replace_key(directory, known, KeyText{*body.key});
        return {};
    }
    const ChangedDestination preview = preview_change(directory, known, wanted);
    const bool has_moved = body.texts.contains("service") || body.texts.contains("url");
    if (has_moved || !preview.dropped.empty()) check_has_key(preview);
    return change_destination(directory, known, wanted).dropped;
}

Answer told(const Registry& registry, const std::string& name, int status,
            const std::vector<std::string>& dropped = {}) {
    const Json document = {
        {"schema", 1}, {"name", name}, {"is_alive", registry.is_alive(name)}, {"dropped", dropped}};
    Answer answer;
    answer.status = status;
    answer.body = document.dump(2) + "\n";
    return answer;
}

}  // namespace

Answer put_destination(const fs::path& directory, const Registry& registry, const std::string& name,
                       std::string_view text) {
    const DestinationBody body = destination_body(text);
    const CommandLock lock(registry.layout(), verb);
    const Config config = load_config(directory);
    const Destination* known = config.find(name);
    if (known == nullptr) {
        add(directory, name, body);
        return told(registry, name, 201);
    }
    const auto dropped = change(directory, *known, body);
    return told(registry, name, 200, dropped);
}

Answer put_key(const fs::path& directory, const Registry& registry, const std::string& name,
               std::string_view text) {
    const Secret key = key_body(text);
    const CommandLock lock(registry.layout(), verb);
    replace_key(directory, load_config(directory).at(name), KeyText{key});
    return told(registry, name, 200);
}

}  // namespace restream
