#include "ingest/publications_record.hpp"

#include <algorithm>

#include "base/json_reader.hpp"
#include "state/lock.hpp"
#include "state/media_json.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 256 * 1024;

Json publication_json(const PublicationRecord& record) {
    Json document = {{"path", record.path},
                     {"since", to_iso8601(record.since)},
                     {"address", record.address},
                     {"software", record.software},
                     {"bytes_received", record.bytes_received},
                     {"bitrate_kbps", record.bitrate_kbps},
                     {"players", record.players},
                     {"gop_ms", record.gop.count()}};
    document.update(json_of(record.media));
    if (record.role) document["role"] = encoder_role_name(*record.role);
    if (record.silence != Silence::none) document["silence"] = silence_name(record.silence);
    if (record.silent_since) document["silent_since"] = to_iso8601(*record.silent_since);
    return document;
}

Json refusal_json(const IngestRefusal& refusal) {
    return {{"wish", refusal.wish == IngestRefusal::Wish::publish ? "publish" : "play"},
            {"when", to_iso8601(refusal.when)},
            {"address", refusal.address},
            {"software", refusal.software},
            {"problem", refusal.problem},
            {"times", refusal.times}};
}

Json cut_off_json(const CutOff& cut_off) {
    return {{"role", cut_off_role_name(cut_off.role)},
            {"when", to_iso8601(cut_off.when)},
            {"address", cut_off.address},
            {"software", cut_off.software},
            {"code", cut_off.code},
            {"detail", cut_off.detail},
            {"times", cut_off.times}};
}

}  // namespace

static bool read_json(const Json& value, EncoderRole& into) {
    for (const EncoderRole each : {EncoderRole::primary, EncoderRole::backup}) {
        if (value != Json(encoder_role_name(each))) continue;
        into = each;
        return true;
    }
    return false;
}

static bool read_json(const Json& value, Silence& into) {
    return read_word(value, into, parse_silence);
}

static bool read_json(const Json& value, CutOff::Role& into) {
    const std::string* name = value.as_string();
    return name != nullptr && read_cut_off_role(*name, into);
}

static bool read_json(const Json& value, IngestRefusal::Wish& into) {
    into = value == Json("play") ? IngestRefusal::Wish::play : IngestRefusal::Wish::publish;
    return value == Json("play") || value == Json("publish");
}

static bool read_json(const Json& value, PublicationRecord& into) {
    JsonReader reader(value);
    std::uint32_t gop_ms = 0;
    reader.read("path", into.path);
    reader.read("since", into.since);
    reader.read("address", into.address);
    reader.read("software", into.software);
    reader.require(read_json(value, into.media));
    reader.read("bytes_received", into.bytes_received);
    reader.read("bitrate_kbps", into.bitrate_kbps);
    reader.read("players", into.players);
    reader.read("gop_ms", gop_ms);
    into.gop = Milliseconds(gop_ms);
    reader.read_or_missing("role", into.role);
    // A server that was started before it told this goes on.
    reader.read_if_there("silence", into.silence);
    reader.read_or_missing("silent_since", into.silent_since);
    return reader.is_good();
}

static bool read_json(const Json& value, IngestRefusal& into) {
    JsonReader reader(value);
    reader.read("wish", into.wish);
    reader.read("when", into.when);
    reader.read("address", into.address);
    reader.read("software", into.software);
    reader.read("problem", into.problem);
    reader.read("times", into.times);
    return reader.is_good();
}

static bool read_json(const Json& value, CutOff& into) {
    JsonReader reader(value);
    reader.read("role", into.role);
    reader.read("when", into.when);
    reader.read("address", into.address);
    reader.read("software", into.software);
    reader.read("code", into.code);
    reader.read("detail", into.detail);
    reader.read("times", into.times);
    return reader.is_good();
}

static bool read_json(const Json& value, PublicationsRecord& into) {
    JsonReader reader(value);
    reader.read("written", into.written);
    reader.read("publications", into.publications);
    reader.read("refusals", into.refusals);
    reader.read("connections", into.connections);
    reader.read("dropped_players", into.dropped_players);
    // A server of an older version, which still runs, does not write them.
    if (value.contains("cut_offs")) {
        reader.read("cut_offs", into.cut_offs);
        reader.read("cut_off_count", into.cut_off_count);
        reader.read("silent_visits", into.silent_visits);
    }
    reader.read_if_there("listen_problem", into.listen_problem);
    if (value.contains("on_air")) {
        OnAirRecord& on_air = into.on_air.emplace();
        reader.read("on_air", on_air.role);
        reader.read("on_air_since", on_air.since);
    }
    return reader.is_good();
}

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
    Json document = {{"schema", schema},
                     {"written", to_iso8601(record.written)},
                     {"publications", Json::array()},
                     {"refusals", Json::array()},
                     {"connections", record.connections},
                     {"dropped_players", record.dropped_players},
                     {"cut_offs", Json::array()},
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
    document.sort_members();
    return document.dump() + "\n";
}

std::optional<PublicationsRecord> publications_from_json(std::string_view text) {
    const auto document = parse_json(text);
    PublicationsRecord record;
    const bool is_known = document && read_member<int>(*document, "schema") == schema;
    return is_known && read_json(*document, record) ? std::optional(std::move(record))
                                                    : std::nullopt;
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
