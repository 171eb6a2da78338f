#include "ingest/record.hpp"

#include "base/json_reader.hpp"
#include "ingest/server.hpp"
#include "state/lock.hpp"
#include "state/record.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 64 * 1024;

}  // namespace

static bool read_json(const Json& value, IngestServer& into) {
    return read_word(value, into, ingest_server_from_name);
}

std::string to_json(const IngestRecord& record) {
    Json document = {{"schema", schema},
                     {"kind", ingest_server_name(record.kind)},
                     {"guardian", json_of(record.guardian)},
                     {"server", nullptr},
                     {"restarts", record.restarts},
                     {"reloads", record.reloads},
                     {"problem", record.problem},
                     {"since", to_iso8601(record.since)},
                     {"url", record.url}};
    if (record.server) document["server"] = json_of(*record.server);
    if (record.silent_since) document["silent_since"] = to_iso8601(*record.silent_since);
    document.sort_members();
    return document.dump() + "\n";
}

std::optional<IngestRecord> ingest_record_from_json(std::string_view text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    JsonReader reader(*document);
    IngestRecord record;
    int found_schema = 0;
    reader.read("schema", found_schema);
    record.kind = IngestServer::nginx;  // of a restream that had no other, and did not write it
    reader.read_if_there("kind", record.kind);
    reader.read("guardian", record.guardian);
    reader.read("restarts", record.restarts);
    reader.read("reloads", record.reloads);
    reader.read("problem", record.problem);
    reader.read("since", record.since);
    if (!reader.is_good() || found_schema != schema) return std::nullopt;
    record.server = read_member<ProcessId>(*document, "server");
    record.silent_since = read_member<WallTime>(*document, "silent_since");
    record.url = read_member<std::string>(*document, "url").value_or("");
    return record;
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
