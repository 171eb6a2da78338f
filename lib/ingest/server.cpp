#include "ingest/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/publications_record.hpp"
#include "ingest/record.hpp"
#include "state/lock.hpp"
#include "state/session_end.hpp"

namespace restream {

namespace {

bool any_waits_for(std::span<const Record> records, EndCode code) {
    return std::ranges::any_of(records,
                               [&](const Record& each) { return is_code(each.reason, code); });
}

bool is_any_live(std::span<const Record> records) {
    return std::ranges::any_of(records,
                               [](const Record& each) { return each.state == State::live; });
}

/// Of records that say something about now, as far as the ingest is concerned.
std::vector<Record> fresh(std::span<const Record> records) {
    // A living worker publishes every second.
    constexpr auto oldest = std::chrono::seconds(3);
    const WallTime now = std::chrono::system_clock::now();
    std::vector<Record> found;
    std::ranges::copy_if(records, std::back_inserter(found),
                         [&](const Record& each) { return now - each.written <= oldest; });
    return found;
}

/// What is missing, as relays tell it.
Silence silence_of(std::span<const Record> records) {
    const bool has_sound = std::ranges::any_of(records, [](const Record& each) {
        return is_code(each.reason, EndCode::ingest_silent) &&
               each.reason->message.find(sound_without_picture) != std::string::npos;
    });
    return has_sound ? Silence::picture : Silence::everything;
}

/// nginx says who publishes; whether something comes, relays know best, then its guardian.
IngestState nginx_state(const IngestConfig& config, const Layout& layout,
                        const std::optional<IngestRecord>& record,
                        std::span<const Record> live_records, IngestStatus& status) {
    const auto stat = ask_nginx(layout.nginx_directory(), Deadline::after(nginx_patience));
    if (!stat) return IngestState::unknown;
    const auto* found = stat->find(ingest_endpoint(config));
    if (found == nullptr || !found->has_publisher) return IngestState::no_publisher;
    const auto told = fresh(live_records);
    // One that waits for a keyframe proves nothing: nginx gives it the sequence headers alone.
    if (is_any_live(told)) return IngestState::live;
    if (any_waits_for(told, EndCode::ingest_silent)) {
        status.silence = silence_of(told);
        status.silent_since = record ? record->silent_since : std::nullopt;
        return IngestState::silent;
    }
    if (!record || !record->silent_since) return IngestState::live;
    status.silence = Silence::everything;
    status.silent_since = record->silent_since;
    return IngestState::silent;
}

IngestState embedded_state(const IngestConfig& config, const Layout& layout, IngestStatus& status) {
    const auto record = last_publications(layout);
    if (!record) return IngestState::unknown;
    const auto* found = record->played(played_path(config));
    status.trouble = publisher_trouble(*record, config, std::chrono::system_clock::now());
    if (found == nullptr) return IngestState::no_publisher;
    status.media = found->media;
    status.on_air = record->on_air;
    status.silence = found->silence;
    status.silent_since = found->silent_since;
    return found->silence == Silence::none ? IngestState::live : IngestState::silent;
}

}  // namespace

std::string_view describe_server(IngestServer server) {
    switch (server) {
        case IngestServer::embedded:
            return "the embedded server";
        case IngestServer::nginx:
            return "nginx";
        case IngestServer::external:
            return "an external server";
    }
    return "an external server";
}

std::string_view ingest_state_name(IngestState state) {
    switch (state) {
        case IngestState::live:
            return "live";
        case IngestState::silent:
            return "silent";
        case IngestState::no_publisher:
            return "no_publisher";
        case IngestState::down:
            return "down";
        case IngestState::unknown:
            return "unknown";
    }
    return "unknown";
}

IngestState ingest_state_of(std::span<const Record> live_records) {
    const bool is_coming = std::ranges::any_of(live_records, [](const Record& each) {
        return each.state == State::waiting && is_ingest_coming(each.reason);
    });
    if (is_any_live(live_records) || is_coming) return IngestState::live;
    if (any_waits_for(live_records, EndCode::ingest_silent)) return IngestState::silent;
    if (any_waits_for(live_records, EndCode::no_publisher)) return IngestState::no_publisher;
    if (any_waits_for(live_records, EndCode::ingest_down)) return IngestState::down;
    return IngestState::unknown;
}

IngestStatus ingest_status(const IngestConfig& config, const Layout& layout,
                           std::span<const Record> live_records) {
    IngestStatus status;
    status.server = config.server;
    if (!config.url.empty()) status.url = config.display_url();
    if (config.server == IngestServer::external) {
        status.state = ingest_state_of(live_records);
        if (status.state == IngestState::silent) status.silence = silence_of(live_records);
        return status;
    }
    status.state = IngestState::down;
    if (!FileLock::is_held(layout.ingest_lock())) return status;
    const auto record = live_ingest_record(layout);
    if (record) {
        status.pid = record->guardian.pid;
        if (record->server) status.worker_pid = record->server->pid;
    }
    // What runs is asked, which may not be what the configuration wants by now.
    const bool is_nginx = (record ? record->kind : config.server) == IngestServer::nginx;
    status.state = is_nginx ? nginx_state(config, layout, record, live_records, status)
                            : embedded_state(config, layout, status);
    return status;
}

bool is_ingest_silent(const IngestConfig& config, const Layout& layout) {
    if (config.server == IngestServer::external) return false;
    const auto record = live_ingest_record(layout);
    if (!record) return false;
    if (record->kind == IngestServer::nginx) return record->silent_since.has_value();
    const auto publications = last_publications(layout);
    const auto* played = publications ? publications->played(played_path(config)) : nullptr;
    return played != nullptr && played->silence != Silence::none;
}

std::optional<IngestServer> running_server(const Layout& layout) {
    const auto record = live_ingest_record(layout);
    return record ? std::optional(record->kind) : std::nullopt;
}

bool says_who_publishes(IngestServer server, const Layout& layout) {
    if (server == IngestServer::embedded) return last_publications(layout).has_value();
    return ask_nginx(layout.nginx_directory(), Deadline::after(nginx_patience)).has_value();
}

void require_managed(const IngestConfig& config) {
    if (config.server != IngestServer::external) return;
    throw Error(ErrorKind::refused,
                fmt::format("the ingest server at {} is external: restream does not manage it; use "
                            "that server's own commands, or set server = \"embedded\" in the "
                            "[ingest] section of restream.toml",
                            config.display_url()));
}

}  // namespace restream
