#include "dashboard/documents.hpp"

#include "base/json.hpp"
#include "ingest/address.hpp"

namespace restream {

namespace {

std::string text_of(const Json& document) { return document.dump(2) + "\n"; }

std::string_view key_kind(const KeyReference& key) {
    if (std::holds_alternative<KeyText>(key)) return "text";
    if (std::holds_alternative<KeyFile>(key)) return "file";
    if (std::holds_alternative<KeyEnv>(key)) return "env";
    if (std::holds_alternative<KeyCommand>(key)) return "command";
    return "none";
}

Json destination_value(const Destination& each, const Config& config) {
    const auto own = config.directory / "destinations.d" / (each.name + ".toml");
    return {{"name", each.name},
            {"service", each.service},
            {"url", each.display_url()},
            {"backup_url", each.backup_url.empty() ? Json() : Json(each.display_backup_url())},
            {"backup", each.backup_url.empty() ? Json() : Json(backup_name(each.backup))},
            {"key", key_kind(each.key)},
            {"on_ingest_loss", on_ingest_loss_name(each.on_ingest_loss)},
            {"file_mode", each.file_mode ? Json(file_mode_text(*each.file_mode)) : Json()},
            {"hold_s", std::chrono::duration<double>(each.hold).count()},
            {"is_editable", each.origin == own},
            {"file", each.origin.lexically_proximate(config.directory).generic_string()}};
}

}  // namespace

std::string destinations_document(const Config& config) {
    Json destinations = Json::array();
    for (const auto& each : config.destinations) {
        destinations.push_back(destination_value(each, config));
    }
    return text_of({{"schema", 1}, {"destinations", std::move(destinations)}});
}

std::string ingest_document(const ConfigReading& reading, const Registry& registry) {
    Json document = json_of(look_at_ingest(reading, registry));
    document["obs"] = nullptr;
    if (!reading.knows_ingest) return text_of(document);
    const Config& config = reading.config;
    const bool has_playpath = !ingest_endpoint(config.ingest).playpath.is_empty();
    const bool has_key = config.ingest.has_publish_key();
    // With both, OBS is given the whole URL as its server.
    document["obs"] = {{"server", has_playpath && has_key ? config.ingest.display_url()
                                                          : publish_url(config.ingest)},
                       {"has_key", has_playpath || has_key}};
    return text_of(document);
}

std::string in_one_line(std::string_view document) {
    std::string line;
    line.reserve(document.size());
    bool is_indent = false;
    for (const char c : document) {
        if (c == '\n') {
            is_indent = true;
            continue;
        }
        if (is_indent && c == ' ') continue;
        is_indent = false;
        line += c;
    }
    return line;
}

std::string data_element_text(std::string_view document) {
    std::string text = in_one_line(document);
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
        text.replace(at, 1, "\\u003c");
    }
    return text;
}

}  // namespace restream
