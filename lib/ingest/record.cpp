#include "ingest/record.hpp"

#include <nlohmann/json.hpp>

#include "ingest/server.hpp"
#include "state/lock.hpp"
#include "state/record.hpp"
#include "system/paths.hpp"

namespace restream {

using nlohmann::json;

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 64 * 1024;

json process_json(const ProcessId& id) { return json::parse(to_json(id)); }

std::optional<std::uint32_t> read_number(const json& document, const char* name) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto wide = found->get<std::uint64_t>();
    if (wide > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(wide);
}

std::optional<std::string> read_text(const json& document, const char* name) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::optional<ProcessId> read_process(const json& document, const char* name) {
    const auto found = document.find(name);
    return found == document.end() ? std::nullopt : process_from_json(found->dump());
}

}  // namespace

std::string to_json(const IngestRecord& record) {
    json document = {{"schema", schema},
                     {"kind", ingest_server_name(record.kind)},
                     {"guardian", process_json(record.guardian)},
                     {"server", nullptr},
                     {"restarts", record.restarts},
                     {"reloads", record.reloads},
                     {"problem", record.problem},
                     {"since", to_iso8601(record.since)},
                     {"url", record.url}};
    if (record.server) document["server"] = process_json(*record.server);
    if (record.silent_since) document["silent_since"] = to_iso8601(*record.silent_since);
    return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<IngestRecord> ingest_record_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object() || read_number(document, "schema") != schema) return std::nullopt;
    const std::optional<IngestServer> kind =
        document.contains("kind")
            ? ingest_server_from_name(read_text(document, "kind").value_or(""))
            : IngestServer::nginx;  // written when there was no other
    const auto guardian = read_process(document, "guardian");
    const auto restarts = read_number(document, "restarts");
    const auto reloads = read_number(document, "reloads");
    const auto problem = read_text(document, "problem");
    const auto since = from_iso8601(read_text(document, "since").value_or(""));
    if (!kind || !guardian || !restarts || !reloads || !problem || !since) return std::nullopt;
    return IngestRecord{*kind,
                        *guardian,
                        read_process(document, "server"),
                        *restarts,
                        *reloads,
                        *problem,
                        *since,
                        from_iso8601(read_text(document, "silent_since").value_or("")),
                        read_text(document, "url").value_or("")};
}

std::optional<IngestRecord> last_ingest_record(const Layout& layout) {
    const auto text = try_read_file(layout.ingest_record(), longest_record_bytes);
    return text ? ingest_record_from_json(*text) : std::nullopt;
}

std::optional<IngestRecord> live_ingest_record(const Layout& layout) {
    if (!FileLock::is_held(layout.ingest_lock())) return std::nullopt;
    auto record = last_ingest_record(layout);
    if (!record || identify(record->guardian.pid) != record->guardian) return std::nullopt;
    return record;
}

}  // namespace restream
