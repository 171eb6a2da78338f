#include "status/status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "flv/media_pulse.hpp"
#include "ingest/record.hpp"
#include "state/absence.hpp"
#include "state/media_json.hpp"
#include "state/relay_name.hpp"
#include "state/session_end.hpp"
#include "status/values_json.hpp"

namespace restream {

namespace {

/// A living worker publishes every second. Older than this, the record says nothing about now.
constexpr auto oldest_record = std::chrono::seconds(15);

/// Why a relay that does not run should; nothing where it should not.
std::optional<Reason> reason_of(Absence absence, const std::string& relay) {
    const std::string help = fmt::format("run 'restream start {}'", destination_of(relay));
    switch (absence) {
        case Absence::dead:
            return Reason{"not_running", "wanted, but its relay does not run", help};
        case Absence::not_started:
            return Reason{std::string(not_started_code), "wanted, not started", help};
        case Absence::off:
        case Absence::stopped:
            break;
    }
    return std::nullopt;
}

void fill(RelayStatus& status, const Record& record) {
    const WallTime now = std::chrono::system_clock::now();
    status.state = record.state;
    status.confirmed = record.confirmed;
    status.reason = shown_reason(record, now);
    status.since = record.since;
    status.pid = record.guardian.pid;
    status.worker_pid = record.worker ? record.worker->pid : 0;
    status.worker_restarts = record.worker_restarts;
    status.session = record.session;
    status.reconnects = record.reconnects;
    status.attempts = record.tries;
    status.restart_pending = record.restart_pending;
    if (is_trying_again(record)) status.next_retry_in_s = 0;
    if (record.next_retry) {
        const std::chrono::duration<double> left = *record.next_retry - SteadyClock::now();
        status.next_retry_in_s = std::max(0.0, left.count());
    }
    // A clock that was set back makes a record look young, never old: no false alarm.
    if (now - record.written <= oldest_record || !record.worker) return;
    const bool has_writer = identify(record.worker->pid) == *record.worker;
    if (has_writer) {
        status.confirmed = false;
        status.reason = to_reason(
            {EndCode::no_record, "it was last written " + to_iso8601(record.written)}, record.name);
    }
}

/// A relay that has not noticed yet, or that waits for the keyframe of a publisher that sends none.
void tell_silence(RelayStatus& relay, const std::string& name, const IngestStatus& ingest) {
    const bool is_told = relay.state == State::live
                             ? relay.reason.has_value()
                             : relay.state != State::waiting || !is_ingest_coming(relay.reason);
    if (is_told) return;
    const bool has_sound = ingest.silence == Silence::picture;
    relay.confirmed = false;
    relay.reason = to_reason(
        {EndCode::ingest_silent, has_sound ? std::string(sound_without_picture) : std::string()},
        name);
}

/// Adds the relay's record to `records` where it lives. Returns it.
std::optional<Record> look_at_relay(const Registry& registry, const std::string& relay,
                                    RelayStatus& status, std::vector<Record>& records) {
    status.is_alive = registry.is_alive(relay);
    if (!status.is_alive) {
        status.reason = reason_of(absence_of(registry, relay), relay);
        return std::nullopt;
    }
    if (auto record = registry.record_of_living(relay)) {
        if (status.url.empty()) status.url = record->url;
        fill(status, *record);
        records.push_back(*record);
        return record;
    }
    status.is_alive = registry.is_alive(relay);
    if (!status.is_alive) return std::nullopt;  // it ended between the two questions
    status.state = State::waiting;
    status.reason = to_reason({EndCode::no_record}, relay);
    return std::nullopt;
}

std::optional<BackupStatus> look_at_backup(const Config& config, const Registry& registry,
                                           const std::string& name, std::vector<Record>& records) {
    BackupStatus status;
    if (const auto* destination = config.find(name)) {
        status.mode = destination->backup;
        if (status.mode != Backup::off) status.url = destination->display_backup_url();
    }
    const std::string relay = backup_relay(name);
    if (status.mode == Backup::off && !registry.is_alive(relay)) return std::nullopt;
    look_at_relay(registry, relay, status, records);
    return status;
}

/// Adds its relays' records to `records` where they live.
DestinationStatus look_at(const Config& config, const Registry& registry, const std::string& name,
                          std::vector<Record>& records) {
    DestinationStatus status;
    status.name = name;
    status.wanted = registry.is_wanted(name);
    status.down = status.wanted && registry.is_down(name);
    if (const auto* destination = config.find(name)) {
        status.service = destination->service;
        status.url = destination->display_url();
    } else {
        status.is_configured = false;
    }
    const auto record = look_at_relay(registry, name, status, records);
    if (record && !status.is_configured) status.service = record->service;
    status.backup = look_at_backup(config, registry, name, records);
    return status;
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

/// What the latest record of a relay that reads the ingest says of it.
MediaFacts media_of(const std::vector<Record>& records) {
    const Record* latest = nullptr;
    for (const auto& each : records) {
        if (each.media && (latest == nullptr || each.written > latest->written)) latest = &each;
    }
    const bool is_fresh =
        latest != nullptr && std::chrono::system_clock::now() - latest->written <= oldest_record;
    return is_fresh ? *latest->media : MediaFacts{};
}

Json or_null(int pid) { return pid != 0 ? Json(pid) : Json(); }

/// The members that a destination and its backup share.
Json relay_value(const RelayStatus& each) {
    Json value = {{"state", state_name(each.state)},
                  {"confirmed", each.confirmed},
                  {"reason", nullptr},
                  {"since", nullptr},
                  {"pid", or_null(each.pid)},
                  {"worker_pid", or_null(each.worker_pid)},
                  {"worker_restarts", each.worker_restarts},
                  {"session", nullptr},
                  {"reconnects", each.reconnects},
                  {"attempts", each.attempts},
                  {"next_retry_in_s", nullptr},
                  {"restart_pending", each.restart_pending}};
    if (each.reason) {
        value["reason"] = {{"code", each.reason->code},
                           {"message", each.reason->message},
                           {"remedy", each.reason->remedy}};
    }
    if (each.since) value["since"] = to_iso8601(*each.since);
    if (each.session) value["session"] = session_json(*each.session);
    if (each.next_retry_in_s) value["next_retry_in_s"] = *each.next_retry_in_s;
    return value;
}

Json backup_value(const BackupStatus& backup) {
    Json value = {{"mode", backup_name(backup.mode)}, {"url", backup.url}};
    value.update(relay_value(backup));
    return value;
}

Json to_value(const DestinationStatus& each) {
    Json value = {{"name", each.name},
                  {"service", each.service},
                  {"url", each.url},
                  {"wanted", each.wanted},
                  {"down", each.down}};
    value.update(relay_value(each));
    value["backup"] = each.backup ? backup_value(*each.backup) : Json();
    return value;
}

Json ingest_value(const IngestStatus& ingest) {
    Json value = {{"server", ingest_server_name(ingest.server)},
                  {"url", ingest.url},
                  {"state", ingest_state_name(ingest.state)},
                  {"pid", or_null(ingest.pid.value_or(0))},
                  {"worker_pid", or_null(ingest.worker_pid.value_or(0))},
                  {"video", nullptr},
                  {"audio", nullptr},
                  {"silence", silence_json(ingest)},
                  {"trouble", nullptr},
                  {"on_air", nullptr},
                  {"on_air_since", nullptr}};
    value.update(json_of(ingest.media));
    if (ingest.on_air) {
        value["on_air"] = encoder_role_name(ingest.on_air->role);
        value["on_air_since"] = to_iso8601(ingest.on_air->since);
    }
    if (ingest.trouble) {
        value["trouble"] = {{"code", ingest.trouble->code},
                            {"message", ingest.trouble->message},
                            {"remedy", ingest.trouble->remedy},
                            {"values", json_of(ingest.trouble->values)}};
    }
    return value;
}

}  // namespace

namespace {

/// Those that are configured, and those whose relay lives although they are not.
std::vector<std::string> every_name(const Config& config, const Registry& registry) {
    std::vector<std::string> all;
    for (const auto& each : config.destinations) all.push_back(each.name);
    for (const auto& relay : registry.known_names()) {
        std::string name(destination_of(relay));
        if (config.find(name) == nullptr && registry.is_alive(relay) &&
            std::ranges::find(all, name) == all.end()) {
            all.push_back(std::move(name));
        }
    }
    return all;
}

/// What is wanted may stand in what could not be read.
std::vector<std::string> every_name_despite(const Config& config, const Registry& registry) {
    std::vector<std::string> all = every_name(config, registry);
    for (auto& name : registry.wanted_names()) {
        if (std::ranges::find(all, name) == all.end()) all.push_back(std::move(name));
    }
    std::ranges::sort(all);
    return all;
}

/// What an unknown destination's last record says of it.
void complete(DestinationStatus& status, const Registry& registry) {
    status.is_configured = true;
    const auto last = registry.last_record(status.name);
    if (!last) return;
    if (status.url.empty()) status.url = last->url;
    if (status.service.empty()) status.service = last->service;
}

}  // namespace

Config shown_config(const ConfigReading& reading, const Layout& layout) {
    Config config = reading.config;
    if (reading.knows_ingest) return config;
    const auto record = last_ingest_record(layout);
    config.ingest = {};
    config.ingest.server = record ? record->kind : IngestServer::external;
    config.ingest.url = record ? record->url : "";
    return config;
}

Status look(const ConfigReading& reading, const Registry& registry,
            const std::vector<std::string>& names) {
    if (!reading.problem) return look(reading.config, registry, names);
    const Config config = shown_config(reading, registry.layout());
    Status status =
        look(config, registry, names.empty() ? every_name_despite(config, registry) : names);
    for (auto& each : status.destinations) {
        if (!each.is_configured) complete(each, registry);
    }
    status.config_problem = reading.problem;
    return status;
}

Status look(const Config& config, const Registry& registry, const std::vector<std::string>& names) {
    Status status;
    const std::vector<std::string> all = names.empty() ? every_name(config, registry) : names;
    std::vector<Record> records;
    for (const auto& name : all)
        status.destinations.push_back(look_at(config, registry, name, records));
    status.ingest = ingest_status(config.ingest, registry.layout(), records);
    // nginx and external servers do not tell what is published.
    const bool is_silent = status.ingest.state == IngestState::silent;
    if (status.ingest.media == MediaFacts{} &&
        (is_silent || status.ingest.state == IngestState::live)) {
        status.ingest.media = media_of(records);
    }
    for (auto& each : status.destinations) {
        if (!is_silent) break;
        tell_silence(each, each.name, status.ingest);
        if (each.backup) tell_silence(*each.backup, each.name, status.ingest);
    }
    return status;
}

bool is_carrying(const RelayStatus& relay) {
    return relay.state == State::live && !is_code(relay.reason, EndCode::ingest_silent);
}

std::string to_json(const Status& status) {
    Json destinations = Json::array();
    for (const auto& each : status.destinations) destinations.push_back(to_value(each));
    const Json document = {{"schema", 1},
                           {"config_error", json_of(status.config_problem)},
                           {"ingest", ingest_value(status.ingest)},
                           {"destinations", std::move(destinations)}};
    return document.dump(2) + "\n";
}

}  // namespace restream
