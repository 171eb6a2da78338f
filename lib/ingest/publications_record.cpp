#include "ingest/publications_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "state/lock.hpp"
#include "state/media_json.hpp"
#include "system/paths.hpp"

namespace restream {

using nlohmann::json;

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 256 * 1024;

json publication_json(const PublicationRecord& record) {
    json document = {{"path", record.path},
                     {"since", to_iso8601(record.since)},
                     {"address", record.address},
                     {"software", record.software},
                     {"bytes_received", record.bytes_received},
                     {"bitrate_kbps", record.bitrate_kbps},
                     {"players", record.players},
                     {"gop_ms", record.gop.count()}};
    document.update(json::parse(to_json(record.media)));
    if (record.role) document["role"] = encoder_role_name(*record.role);
    if (record.silence != Silence::none) document["silence"] = silence_name(record.silence);
    if (record.silent_since) document["silent_since"] = to_iso8601(*record.silent_since);
    return document;
}

json refusal_json(const IngestRefusal& refusal) {
    return {{"wish", refusal.wish == IngestRefusal::Wish::publish ? "publish" : "play"},
            {"when", to_iso8601(refusal.when)},
            {"address", refusal.address},
            {"software", refusal.software},
            {"problem", refusal.problem},
            {"times", refusal.times}};
}

json cut_off_json(const CutOff& cut_off) {
    return {{"role", cut_off_role_name(cut_off.role)},
            {"when", to_iso8601(cut_off.when)},
            {"address", cut_off.address},
            {"software", cut_off.software},
            {"code", cut_off.code},
            {"detail", cut_off.detail},
            {"times", cut_off.times}};
}

// Reading: whatever a field holds that it should not is no record of ours, and throws.

struct NoRecord {};

const json& field(const json& document, const char* name) {
    const auto found = document.find(name);
    if (found == document.end()) throw NoRecord();
    return *found;
}

std::string read_text(const json& document, const char* name) {
    const json& value = field(document, name);
    if (!value.is_string()) throw NoRecord();
    return value.get<std::string>();
}

template <typename Number>
Number read_number(const json& document, const char* name) {
    const json& value = field(document, name);
    if (!value.is_number_unsigned()) throw NoRecord();
    const auto wide = value.get<std::uint64_t>();
    if (wide > std::uint64_t(std::numeric_limits<Number>::max())) throw NoRecord();
    return static_cast<Number>(wide);
}

WallTime read_time(const json& document, const char* name) {
    const auto time = from_iso8601(read_text(document, name));
    if (!time) throw NoRecord();
    return *time;
}

MediaFacts read_media(const json& document) {
    const json media = {{"video", field(document, "video")}, {"audio", field(document, "audio")}};
    const auto facts = media_facts_from_json(media.dump());
    if (!facts) throw NoRecord();
    return *facts;
}

/// Nothing where there is no such field: of a server without a backup.
std::optional<EncoderRole> read_role(const json& document, const char* name) {
    if (!document.contains(name)) return std::nullopt;
    const std::string text = read_text(document, name);
    for (const EncoderRole each : {EncoderRole::primary, EncoderRole::backup}) {
        if (text == encoder_role_name(each)) return each;
    }
    throw NoRecord();
}

PublicationRecord read_publication(const json& document) {
    PublicationRecord record;
    record.path = read_text(document, "path");
    record.since = read_time(document, "since");
    record.address = read_text(document, "address");
    record.software = read_text(document, "software");
    record.media = read_media(document);
    record.bytes_received = read_number<std::uint64_t>(document, "bytes_received");
    record.bitrate_kbps = read_number<std::uint32_t>(document, "bitrate_kbps");
    record.players = read_number<std::uint32_t>(document, "players");
    record.gop = Milliseconds(read_number<std::uint32_t>(document, "gop_ms"));
    record.role = read_role(document, "role");
    // A server that was started before it told this goes on.
    if (document.contains("silence")) {
        const auto silence = parse_silence(read_text(document, "silence"));
        if (!silence) throw NoRecord();
        record.silence = *silence;
    }
    if (document.contains("silent_since"))
        record.silent_since = read_time(document, "silent_since");
    return record;
}

IngestRefusal read_refusal(const json& document) {
    IngestRefusal refusal;
    const std::string wish = read_text(document, "wish");
    if (wish != "publish" && wish != "play") throw NoRecord();
    refusal.wish = wish == "play" ? IngestRefusal::Wish::play : IngestRefusal::Wish::publish;
    refusal.when = read_time(document, "when");
    refusal.address = read_text(document, "address");
    refusal.software = read_text(document, "software");
    refusal.problem = read_text(document, "problem");
    refusal.times = read_number<std::uint32_t>(document, "times");
    return refusal;
}

CutOff read_cut_off(const json& document) {
    CutOff cut_off;
    if (!read_cut_off_role(read_text(document, "role"), cut_off.role)) throw NoRecord();
    cut_off.when = read_time(document, "when");
    cut_off.address = read_text(document, "address");
    cut_off.software = read_text(document, "software");
    cut_off.code = read_text(document, "code");
    cut_off.detail = read_text(document, "detail");
    cut_off.times = read_number<std::uint32_t>(document, "times");
    return cut_off;
}

const json& read_list(const json& document, const char* name) {
    const json& list = field(document, name);
    const bool is_list = list.is_array() &&
                         std::ranges::all_of(list, [](const json& one) { return one.is_object(); });
    if (!is_list) throw NoRecord();
    return list;
}

PublicationsRecord read_record(const json& document) {
    PublicationsRecord record;
    record.written = read_time(document, "written");
    for (const json& each : read_list(document, "publications")) {
        record.publications.push_back(read_publication(each));
    }
    for (const json& each : read_list(document, "refusals")) {
        record.refusals.push_back(read_refusal(each));
    }
    record.connections = read_number<std::uint32_t>(document, "connections");
    record.dropped_players = read_number<std::uint64_t>(document, "dropped_players");
    // A server of an older version, which still runs, does not write them.
    if (document.contains("cut_offs")) {
        for (const json& each : read_list(document, "cut_offs")) {
            record.cut_offs.push_back(read_cut_off(each));
        }
        record.cut_off_count = read_number<std::uint64_t>(document, "cut_off_count");
        record.silent_visits = read_number<std::uint64_t>(document, "silent_visits");
    }
    if (document.contains("listen_problem")) {
        record.listen_problem = read_text(document, "listen_problem");
    }
    if (const auto role = read_role(document, "on_air")) {
        record.on_air = OnAirRecord{*role, read_time(document, "on_air_since")};
    }
    return record;
}

}  // namespace

const PublicationRecord* PublicationsRecord::find(std::string_view path) const {
    const auto found = std::ranges::find(publications, path, &PublicationRecord::path);
    return found == publications.end() ? nullptr : &*found;
}

const PublicationRecord* PublicationsRecord::find(EncoderRole role) const {
    const auto found = std::ranges::find(publications, role, &PublicationRecord::role);
    return found == publications.end() ? nullptr : &*found;
}

const PublicationRecord* PublicationsRecord::played(std::string_view path) const {
    return on_air ? find(on_air->role) : find(path);
}

std::string to_json(const PublicationsRecord& record) {
    json document = {{"schema", schema},
                     {"written", to_iso8601(record.written)},
                     {"publications", json::array()},
                     {"refusals", json::array()},
                     {"connections", record.connections},
                     {"dropped_players", record.dropped_players},
                     {"cut_offs", json::array()},
                     {"cut_off_count", record.cut_off_count},
                     {"silent_visits", record.silent_visits}};
    if (!record.listen_problem.empty()) document["listen_problem"] = record.listen_problem;
    if (record.on_air) {
        document["on_air"] = encoder_role_name(record.on_air->role);
        document["on_air_since"] = to_iso8601(record.on_air->since);
    }
    for (const auto& each : record.publications) {
        document["publications"].push_back(publication_json(each));
    }
    for (const auto& each : record.refusals) document["refusals"].push_back(refusal_json(each));
    for (const auto& each : record.cut_offs) document["cut_offs"].push_back(cut_off_json(each));
    return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<PublicationsRecord> publications_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object()) return std::nullopt;
    try {
        if (read_number<int>(document, "schema") != schema) return std::nullopt;
        return read_record(document);
    } catch (const NoRecord&) {
        return std::nullopt;
    }
}

std::optional<PublicationsRecord> last_publications(const Layout& layout) {
    const auto text = try_read_file(layout.publications_record(), longest_record_bytes);
    return text ? publications_from_json(*text) : std::nullopt;
}

std::optional<PublicationsRecord> live_publications(const Layout& layout) {
    if (!FileLock::is_held(layout.ingest_lock())) return std::nullopt;
    return last_publications(layout);
}

}  // namespace restream
