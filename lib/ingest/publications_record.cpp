#include "ingest/publications_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/paths.hpp"
#include "state/lock.hpp"

namespace restream {

using nlohmann::json;

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 256 * 1024;

// Writing. What is not known is null, so that readers need not guess.

template <typename Value>
json or_null(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

json positive_or_null(int value) { return value > 0 ? json(value) : json(nullptr); }

json video_json(const std::optional<VideoTrack>& video) {
    if (!video) return nullptr;
    return {{"codec", video->codec},
            {"profile", video->profile},
            {"width", positive_or_null(video->width)},
            {"height", positive_or_null(video->height)},
            {"fps", or_null(video->fps)},
            {"bitrate_kbps", or_null(video->bitrate_kbps)},
            {"keyframe_interval_s", or_null(video->keyframe_interval_s)},
            {"b_frames", or_null(video->b_frames)}};
}

json audio_json(const std::optional<AudioTrack>& audio) {
    if (!audio) return nullptr;
    return {{"codec", audio->codec},
            {"profile", audio->profile},
            {"sample_rate_hz", positive_or_null(audio->sample_rate_hz)},
            {"channels", positive_or_null(audio->channels)},
            {"bitrate_kbps", or_null(audio->bitrate_kbps)}};
}

json publication_json(const PublicationRecord& record) {
    return {{"path", record.path},
            {"since", to_iso8601(record.since)},
            {"address", record.address},
            {"software", record.software},
            {"video", video_json(record.media.video)},
            {"audio", audio_json(record.media.audio)},
            {"bytes_received", record.bytes_received},
            {"bitrate_kbps", record.bitrate_kbps},
            {"players", record.players},
            {"gop_ms", record.gop.count()}};
}

json refusal_json(const IngestRefusal& refusal) {
    return {{"wish", refusal.wish == IngestRefusal::Wish::publish ? "publish" : "play"},
            {"when", to_iso8601(refusal.when)},
            {"address", refusal.address},
            {"software", refusal.software},
            {"problem", refusal.problem},
            {"times", refusal.times}};
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

template <typename Value>
std::optional<Value> read_optional(const json& document, const char* name,
                                   bool (json::*is)() const) {
    const json& value = field(document, name);
    if (value.is_null()) return std::nullopt;
    if (!(value.*is)()) throw NoRecord();
    return value.get<Value>();
}

std::optional<int> read_int(const json& document, const char* name) {
    if (field(document, name).is_null()) return std::nullopt;
    return read_number<int>(document, name);
}

std::optional<double> read_double(const json& document, const char* name) {
    const json& value = field(document, name);
    if (value.is_null()) return std::nullopt;
    if (!value.is_number()) throw NoRecord();
    return value.get<double>();
}

const json* read_object(const json& document, const char* name) {
    const json& value = field(document, name);
    if (value.is_null()) return nullptr;
    if (!value.is_object()) throw NoRecord();
    return &value;
}

MediaFacts read_media(const json& document) {
    MediaFacts media;
    if (const json* video = read_object(document, "video")) {
        VideoTrack& track = media.video.emplace();
        track.codec = read_text(*video, "codec");
        track.profile = read_text(*video, "profile");
        track.width = read_int(*video, "width").value_or(0);
        track.height = read_int(*video, "height").value_or(0);
        track.fps = read_double(*video, "fps");
        track.bitrate_kbps = read_int(*video, "bitrate_kbps");
        track.keyframe_interval_s = read_double(*video, "keyframe_interval_s");
        track.b_frames = read_optional<bool>(*video, "b_frames", &json::is_boolean);
    }
    if (const json* audio = read_object(document, "audio")) {
        AudioTrack& track = media.audio.emplace();
        track.codec = read_text(*audio, "codec");
        track.profile = read_text(*audio, "profile");
        track.sample_rate_hz = read_int(*audio, "sample_rate_hz").value_or(0);
        track.channels = read_int(*audio, "channels").value_or(0);
        track.bitrate_kbps = read_int(*audio, "bitrate_kbps");
    }
    return media;
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
    return record;
}

}  // namespace

const PublicationRecord* PublicationsRecord::find(std::string_view path) const {
    const auto found = std::ranges::find(publications, path, &PublicationRecord::path);
    return found == publications.end() ? nullptr : &*found;
}

std::string to_json(const PublicationsRecord& record) {
    json document = {{"schema", schema},
                     {"written", to_iso8601(record.written)},
                     {"publications", json::array()},
                     {"refusals", json::array()},
                     {"connections", record.connections},
                     {"dropped_players", record.dropped_players}};
    for (const auto& each : record.publications) {
        document["publications"].push_back(publication_json(each));
    }
    for (const auto& each : record.refusals) document["refusals"].push_back(refusal_json(each));
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
