#include "state/record.hpp"

#include <array>
#include <utility>

#include "base/json_reader.hpp"
#include "state/media_json.hpp"

namespace restream {

namespace {

constexpr int schema = 1;

/// Encoders send a keyframe every 2 s, some every 4 s.
constexpr auto usual_wait_for_keyframe = std::chrono::seconds(5);

constexpr std::array<std::pair<State, std::string_view>, 7> state_names = {{
    {State::stopped, "stopped"},
    {State::waiting, "waiting"},
    {State::connecting, "connecting"},
    {State::live, "live"},
    {State::holding, "holding"},
    {State::backoff, "backoff"},
    {State::rejected, "rejected"},
}};

std::int64_t since_boot_ms(SteadyTime time) {
    return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

Json reason_json(const Reason& reason) {
    return {{"code", reason.code}, {"message", reason.message}, {"remedy", reason.remedy}};
}

Json session_json(const SessionFigures& session) {
    return {{"started", to_iso8601(session.started)},
            {"bytes_sent", session.bytes_sent},
            {"bitrate_kbps", session.bitrate_kbps},
            {"video_messages", session.video_messages},
            {"audio_messages", session.audio_messages},
            {"dropped_messages", session.dropped_messages},
            {"queue_ms", session.queue_ms},
            {"rtt_ms", session.rtt_ms}};
}

}  // namespace

std::string_view state_name(State state) {
    for (const auto& [each, name] : state_names) {
        if (each == state) return name;
    }
    return "stopped";
}

bool is_session(State state) {
    return state == State::connecting || state == State::live || state == State::holding;
}

std::optional<State> parse_state(std::string_view name) {
    for (const auto& [state, each] : state_names) {
        if (each == name) return state;
    }
    return std::nullopt;
}

const std::optional<Reason>& shown_reason(const Record& record, WallTime now) {
    if (!record.failure || record.state == State::live) return record.reason;
    if (!record.reason) return record.failure;
    const bool may_come_soon = record.state == State::waiting &&
                               record.reason->code.starts_with("waiting_for_") &&
                               now - record.since < usual_wait_for_keyframe;
    return may_come_soon ? record.failure : record.reason;
}

bool is_trying_again(const Record& record) {
    const bool waits_for_nothing = record.state == State::waiting && !record.reason;
    return record.failure && (record.state == State::connecting || waits_for_nothing);
}

static bool read_json(const Json& value, Reason& into) {
    JsonReader reader(value);
    reader.read("code", into.code);
    reader.read("message", into.message);
    reader.read("remedy", into.remedy);
    return reader.is_good();
}

static bool read_json(const Json& value, SessionFigures& into) {
    JsonReader reader(value);
    reader.read("started", into.started);
    reader.read("bytes_sent", into.bytes_sent);
    reader.read("bitrate_kbps", into.bitrate_kbps);
    reader.read("video_messages", into.video_messages);
    reader.read("audio_messages", into.audio_messages);
    reader.read("dropped_messages", into.dropped_messages);
    reader.read("queue_ms", into.queue_ms);
    reader.read("rtt_ms", into.rtt_ms);
    return reader.is_good();
}

std::string to_json(const Record& record) {
    Json document = {{"schema", schema},
                     {"name", record.name},
                     {"service", record.service},
                     {"url", record.url},
                     {"state", state_name(record.state)},
                     {"confirmed", record.confirmed},
                     {"settled", record.settled},
                     {"reason", nullptr},
                     {"failure", nullptr},
                     {"tries", record.tries},
                     {"restart_pending", record.restart_pending},
                     {"since", to_iso8601(record.since)},
                     {"guardian", json_of(record.guardian)},
                     {"worker", nullptr},
                     {"worker_restarts", record.worker_restarts},
                     {"session", nullptr},
                     {"reconnects", record.reconnects},
                     {"attempts", record.attempts},
                     {"next_retry_ms", nullptr},
                     {"dirty_end", nullptr},
                     {"written", to_iso8601(record.written)}};
    if (record.reason) document["reason"] = reason_json(*record.reason);
    if (record.failure) document["failure"] = reason_json(*record.failure);
    if (record.worker) document["worker"] = json_of(*record.worker);
    if (record.session) document["session"] = session_json(*record.session);
    if (record.next_retry) document["next_retry_ms"] = since_boot_ms(*record.next_retry);
    if (record.dirty_end) document["dirty_end"] = to_iso8601(*record.dirty_end);
    document.sort_members();
    document["media"] = record.media ? json_of(*record.media) : Json();
    return document.dump() + "\n";
}

std::optional<Record> record_from_json(std::string_view text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    JsonReader reader(*document);
    Record record;
    std::uint32_t found_schema = 0;
    reader.read("schema", found_schema);
    reader.read("name", record.name);
    reader.read("service", record.service);
    reader.read("url", record.url);
    reader.read("state", record.state);
    reader.read("confirmed", record.confirmed);
    reader.read("settled", record.settled);
    reader.read("reason", record.reason);
    // An older restream wrote none of these.
    reader.read_if_there("failure", record.failure);
    reader.read_if_there("tries", record.tries);
    reader.read_if_there("restart_pending", record.restart_pending);
    reader.read("since", record.since);
    reader.read("guardian", record.guardian);
    reader.read("worker", record.worker);
    reader.read("worker_restarts", record.worker_restarts);
    reader.read("session", record.session);
    // A worker that was started before it was told goes on.
    reader.read_if_there("media", record.media);
    reader.read("reconnects", record.reconnects);
    reader.read("attempts", record.attempts);
    // A worker that was started before this was so told a wall-clock time.
    reader.read_if_there("next_retry_ms", record.next_retry);
    reader.read("dirty_end", record.dirty_end);
    reader.read("written", record.written);
    if (!reader.is_good() || found_schema != schema) return std::nullopt;
    return record;
}

Json json_of(const ProcessId& id) {
    return {{"boot_id", id.boot_id}, {"pid", id.pid}, {"start_time", id.start_time}};
}

bool read_json(const Json& value, ProcessId& into) {
    JsonReader reader(value);
    std::uint32_t pid = 0;
    reader.read("pid", pid);
    reader.read("start_time", into.start_time);
    reader.read("boot_id", into.boot_id);
    into.pid = static_cast<int>(pid);
    return reader.is_good() && into.pid > 0;
}

std::optional<ProcessId> process_from_json(std::string_view text) {
    const auto value = parse_json(text);
    ProcessId id;
    return value && read_json(*value, id) ? std::optional(id) : std::nullopt;
}

bool read_json(const Json& value, State& into) { return read_word(value, into, parse_state); }

}  // namespace restream
