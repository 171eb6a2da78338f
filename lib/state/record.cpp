#include "state/record.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "state/media_json.hpp"

namespace restream {

using nlohmann::json;

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

json process_json(const ProcessId& id) {
    return {{"pid", id.pid}, {"start_time", id.start_time}, {"boot_id", id.boot_id}};
}

std::int64_t since_boot_ms(SteadyTime time) {
    return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

/// What is not UTF-8 (a server's own words may be anything) becomes U+FFFD instead of an exception.
std::string dump(const json& document) {
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Reads members of one object; `is_good` tells whether all of them were there and of their type.
class Reader {
  public:
    explicit Reader(const json& object) : object_(object), is_good_(object.is_object()) {}

    void read(const char* name, std::string& into) {
        const json* value = find(name, &json::is_string);
        if (value != nullptr) into = value->get<std::string>();
    }
    void read(const char* name, bool& into) {
        const json* value = find(name, &json::is_boolean);
        if (value != nullptr) into = value->get<bool>();
    }
    template <std::unsigned_integral Number>
    void read(const char* name, Number& into) {
        const json* value = find(name, &json::is_number_unsigned);
        if (value == nullptr) return;
        const auto wide = value->get<std::uint64_t>();
        if (wide > std::numeric_limits<Number>::max())
            is_good_ = false;
        else
            into = static_cast<Number>(wide);
    }
    void read(const char* name, WallTime& into) {
        std::string text;
        read(name, text);
        const auto time = from_iso8601(text);
        if (time)
            into = *time;
        else
            is_good_ = false;
    }
    void read(const char* name, SteadyTime& into) {
        std::uint64_t ms = 0;
        read(name, ms);
        // In a thousand years at the latest.
        if (ms > 1000ULL * 366 * 24 * 3600 * 1000)
            is_good_ = false;
        else
            into = SteadyTime(Milliseconds(static_cast<std::int64_t>(ms)));
    }
    void read(const char* name, State& into) {
        std::string text;
        read(name, text);
        const auto state = parse_state(text);
        if (state)
            into = *state;
        else
            is_good_ = false;
    }
    void read(const char* name, ProcessId& into) {
        const json* value = find(name, &json::is_object);
        if (value == nullptr) return;
        Reader inner(*value);
        std::uint32_t pid = 0;
        inner.read("pid", pid);
        inner.read("start_time", into.start_time);
        inner.read("boot_id", into.boot_id);
        into.pid = static_cast<int>(pid);
        if (!inner.is_good_ || into.pid <= 0) is_good_ = false;
    }
    void read(const char* name, double& into) {
        const json* value = find(name, &json::is_number);
        if (value != nullptr) into = value->get<double>();
    }
    void read(const char* name, Reason& into) {
        const json* value = find(name, &json::is_object);
        if (value == nullptr) return;
        Reader inner(*value);
        inner.read("code", into.code);
        inner.read("message", into.message);
        inner.read("remedy", into.remedy);
        is_good_ = is_good_ && inner.is_good_;
    }
    void read(const char* name, SessionFigures& into) {
        const json* value = find(name, &json::is_object);
        if (value == nullptr) return;
        Reader inner(*value);
        inner.read("started", into.started);
        inner.read("bytes_sent", into.bytes_sent);
        inner.read("bitrate_kbps", into.bitrate_kbps);
        inner.read("video_messages", into.video_messages);
        inner.read("audio_messages", into.audio_messages);
        inner.read("dropped_messages", into.dropped_messages);
        inner.read("queue_ms", into.queue_ms);
        inner.read("rtt_ms", into.rtt_ms);
        is_good_ = is_good_ && inner.is_good_;
    }
    void read(const char* name, MediaFacts& into) {
        const json* value = find(name, &json::is_object);
        if (value == nullptr) return;
        const auto facts = media_facts_from_json(dump(*value));
        if (facts) {
            into = *facts;
        } else {
            is_good_ = false;
        }
    }
    /// null stands for nothing; a missing member does not.
    template <typename Value>
    void read(const char* name, std::optional<Value>& into) {
        if (is_good_ && object_.contains(name) && object_[name].is_null()) {
            into.reset();
            return;
        }
        Value value{};
        read(name, value);
        into = value;
    }
    bool is_good() const { return is_good_; }

  private:
    const json* find(const char* name, bool (json::*is_type)() const noexcept) {
        if (!is_good_) return nullptr;
        const auto found = object_.find(name);
        if (found == object_.end() || !((*found).*is_type)()) {
            is_good_ = false;
            return nullptr;
        }
        return &*found;
    }
    const json& object_;
    bool is_good_;
};

json reason_json(const Reason& reason) {
    return {{"code", reason.code}, {"message", reason.message}, {"remedy", reason.remedy}};
}

json session_json(const SessionFigures& session) {
    return {{"started", to_iso8601(session.started)},
            {"bytes_sent", session.bytes_sent},
            {"bitrate_kbps", session.bitrate_kbps},
            {"video_messages", session.video_messages},
            {"audio_messages", session.audio_messages},
            {"dropped_messages", session.dropped_messages},
            {"queue_ms", session.queue_ms},
            {"rtt_ms", session.rtt_ms ? json(*session.rtt_ms) : json(nullptr)}};
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

std::string to_json(const Record& record) {
    json document = {{"schema", schema},
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
                     {"guardian", process_json(record.guardian)},
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
    if (record.worker) document["worker"] = process_json(*record.worker);
    if (record.session) document["session"] = session_json(*record.session);
    if (record.next_retry) document["next_retry_ms"] = since_boot_ms(*record.next_retry);
    if (record.dirty_end) document["dirty_end"] = to_iso8601(*record.dirty_end);
    // Text that is ready: each relay writes its record once a second.
    std::string text = dump(document);
    text.pop_back();
    return text + ",\"media\":" + (record.media ? to_json(*record.media) : "null") + "}\n";
}

std::optional<Record> record_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return std::nullopt;
    Reader reader(document);
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
    if (document.contains("failure")) reader.read("failure", record.failure);
    if (document.contains("tries")) reader.read("tries", record.tries);
    if (document.contains("restart_pending")) {
        reader.read("restart_pending", record.restart_pending);
    }
    reader.read("since", record.since);
    reader.read("guardian", record.guardian);
    reader.read("worker", record.worker);
    reader.read("worker_restarts", record.worker_restarts);
    reader.read("session", record.session);
    // A worker that was started before it was told goes on.
    if (document.contains("media")) reader.read("media", record.media);
    reader.read("reconnects", record.reconnects);
    reader.read("attempts", record.attempts);
    // A worker that was started before this was so told a wall-clock time.
    if (document.contains("next_retry_ms")) reader.read("next_retry_ms", record.next_retry);
    reader.read("dirty_end", record.dirty_end);
    reader.read("written", record.written);
    if (!reader.is_good() || found_schema != schema) return std::nullopt;
    return record;
}

std::string to_json(const ProcessId& id) { return dump(process_json(id)); }

std::optional<ProcessId> process_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return std::nullopt;
    const json wrapped = {{"process", document}};
    Reader reader(wrapped);
    ProcessId id;
    reader.read("process", id);
    if (!reader.is_good()) return std::nullopt;
    return id;
}

}  // namespace restream
