#include "ingest/server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/publications_record.hpp"
#include "ingest/record.hpp"
#include "relay/session_end.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

bool any_waits_for(std::span<const Record> records, EndCode code) {
    return std::ranges::any_of(records,
                               [&](const Record& each) { return is_code(each.reason, code); });
}

IngestState nginx_state(const IngestConfig& config, const Layout& layout) {
    const auto stat = ask_nginx(layout.nginx_directory(), Deadline::after(nginx_patience));
    if (!stat) return IngestState::unknown;
    const auto* found = stat->find(ingest_endpoint(config));
    const bool is_live = found != nullptr && found->has_publisher;
    return is_live ? IngestState::live : IngestState::no_publisher;
}

IngestState embedded_state(const IngestConfig& config, const Layout& layout, IngestStatus& status) {
    const auto record = last_publications(layout);
    if (!record) return IngestState::unknown;
    const auto* found = record->played(played_path(config));
    status.trouble = publisher_trouble(*record, config, std::chrono::system_clock::now());
    if (found == nullptr) return IngestState::no_publisher;
    status.media = found->media;
    status.on_air = record->on_air;
    return IngestState::live;
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
    const bool is_carried = std::ranges::any_of(
        live_records, [](const Record& each) { return each.state == State::live; });
    if (is_carried || any_waits_for(live_records, EndCode::waiting_for_keyframe))
        return IngestState::live;
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
    status.state = is_nginx ? nginx_state(config, layout) : embedded_state(config, layout, status);
    return status;
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
