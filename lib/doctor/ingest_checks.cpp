#include "doctor/ingest_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/error.hpp"
#include "config/key.hpp"
#include "config/url.hpp"
#include "doctor/found.hpp"
#include "doctor/network_checks.hpp"
#include "doctor/turned_away.hpp"
#include "doctor/user_checks.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_installation.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/publication_words.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "state/lock.hpp"
#include "status/media_words.hpp"
#include "system/peer_user.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace {

Term term_of(IngestServer server) {
    return {std::string(ingest_server_name(server)), std::string(describe_server(server))};
}

Diagnosis published(const std::string& tracks) {
    return tracks.empty() ? found(Severity::ok, "published_without_tracks")
                          : found(Severity::ok, "published", tracks);
}

std::vector<Record> live_records(const Registry& registry) {
    std::vector<Record> records;
    for (const auto& name : registry.known_names()) {
        if (auto record = registry.live_record(name)) records.push_back(std::move(*record));
    }
    return records;
}

std::optional<Diagnosis> check_installation() {
    if (!find_nginx()) return found(Severity::failure, "nginx_missing");
    if (!find_rtmp_module()) return found(Severity::failure, "nginx_module_missing");
    return std::nullopt;
}

Diagnosis check_nginx_publisher(const IngestConfig& config, const Layout& layout) {
    const auto stat = ask_nginx(layout.nginx_directory(), Deadline::after(std::chrono::seconds(1)));
    if (!stat) return found(Severity::warning, "nginx_silent");
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const auto* played = stat->find(endpoint);
    if (played != nullptr && played->has_publisher)
        return published(media_words(media_facts_of(*played)));
    if (!stat->is_published_elsewhere(endpoint)) return found(Severity::warning, "not_published");
    return endpoint.playpath.is_empty() ? found(Severity::failure, "published_with_key")
                                        : found(Severity::failure, "published_with_other_key");
}

std::string track_words(const MediaFacts& media) {
    std::string words = media_words(media);
    return words.empty() ? "no tracks yet" : words;
}

/// What a destination is set up for once, when a session begins.
bool have_same_tracks(const MediaFacts& one, const MediaFacts& other) {
    if (one.video.has_value() != other.video.has_value()) return false;
    if (one.audio.has_value() != other.audio.has_value()) return false;
    const auto picture = [](const VideoTrack& track) {
        return std::tie(track.codec, track.profile, track.width, track.height);
    };
    const auto sound = [](const AudioTrack& track) {
        return std::tie(track.codec, track.profile, track.sample_rate_hz, track.channels);
    };
    return (!one.video || picture(*one.video) == picture(*other.video)) &&
           (!one.audio || sound(*one.audio) == sound(*other.audio));
}

/// Nothing where the backup can follow the primary, and where one of them is not there.
std::optional<Diagnosis> check_encoders(const PublicationsRecord& record) {
    const auto* primary = record.find(EncoderRole::primary);
    const auto* backup = record.find(EncoderRole::backup);
    if (primary == nullptr || backup == nullptr) return std::nullopt;
    if (have_same_tracks(primary->media, backup->media)) return std::nullopt;
    return found(Severity::warning, "backup_tracks_differ", track_words(primary->media),
                 track_words(backup->media));
}

Diagnosis check_embedded_publisher(const IngestConfig& config, const Layout& layout,
                                   const CheckedState& state) {
    const auto record = last_publications(layout);
    if (!record) {
        const std::string path = layout.publications_record().string();
        return state.is_writable ? found(Severity::warning, "publications_unreadable", path)
                                 : found(Severity::warning, "publications_unwritten", path);
    }
    if (auto differ = check_encoders(*record)) return std::move(*differ);
    if (const auto* played = record->played(played_path(config))) {
        return published(media_words(played->media));
    }
    if (auto told = publisher_trouble(*record, config, std::chrono::system_clock::now())) {
        return {{Severity::failure, "ingest", std::move(told->message), std::move(told->cause),
                 std::move(told->remedy), std::move(told->code), std::move(told->values)},
                {}};
    }
    return found(Severity::warning, "not_published");
}

/// What runs, by the record; by the configuration where there is none.
IngestServer kind_of_running(const IngestConfig& config, const Layout& layout) {
    return running_server(layout).value_or(config.server);
}

/// Starting it again fails as long as another program has its port.
Diagnosis tell_down(const IngestConfig& config) {
    const std::string host = listen_places(config.listen_host).first;
    const auto holder = find_port_holder(host, config.listen_port);
    if (!holder) return found(Severity::failure, "ingest_down");
    return found(Severity::failure, "ingest_port_taken",
                 host_and_port(config.listen_host, config.listen_port), holder->describe());
}

std::vector<Diagnosis> check_managed(const IngestConfig& config, const Layout& layout) {
    std::vector<Diagnosis> result;
    if (config.server == IngestServer::nginx) {
        if (auto missing = check_installation()) return {std::move(*missing)};
    }
    if (!FileLock::is_held(layout.ingest_lock())) {
        return {tell_down(config)};
    }
    const auto record = live_ingest_record(layout);
    if (record && record->kind != config.server) {
        result.push_back(found(Severity::warning, "ingest_server_differs", term_of(record->kind),
                               term_of(config.server)));
    }
    if (record && !record->problem.empty()) {
        // After a reload that failed, it goes on as it was.
        const auto severity = record->server ? Severity::warning : Severity::failure;
        result.push_back(found(severity, "ingest_problem", record->problem));
    }
    if (record && record->restarts > 0) {
        const auto log = layout.nginx_directory() / "error.log";
        result.push_back(
            record->kind == IngestServer::nginx
                ? found(Severity::warning, "nginx_crashed", record->restarts, log.string())
                : found(Severity::warning, "embedded_server_crashed", record->restarts));
    }
    return result;
}

/// How many tries a guesser has is in server/key_guard.hpp: from many places, many.
std::optional<Diagnosis> check_publish_key_size(const Config& config) {
    // 16 hexadecimal digits are 64 bits; 16 letters of a sentence are enough, too.
    constexpr std::size_t shortest_key = 16;
    const auto size = foresee_publish_key_size(config);
    if (!size || *size >= shortest_key) return std::nullopt;
    const IngestConfig& ingest = config.ingest;
    return found(Severity::warning, "publish_key_short",
                 host_and_port(ingest.listen_host, ingest.listen_port), shortest_key);
}

/// Who can come from other machines, and what keeps strangers out.
std::optional<Diagnosis> check_openness(const IngestConfig& config) {
    if (config.server == IngestServer::external || is_loopback(config.listen_host)) {
        return std::nullopt;
    }
    const std::string place = host_and_port(config.listen_host, config.listen_port);
    if (config.allow_publish.empty()) return found(Severity::ok, "ingest_open_by_key", place);
    return config.has_publish_key()
               ? found(Severity::ok, "ingest_open_by_key_to_addresses", place, config.allow_publish)
               : found(Severity::ok, "ingest_open_to_addresses", place, config.allow_publish);
}

/// Whether the relays can get there. True where they can.
bool check_reachable(const IngestConfig& config, std::vector<Diagnosis>& result) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const auto problem = reach_problem(endpoint.host, endpoint.port, std::chrono::seconds(1));
    if (!problem) {
        result.push_back(found(Severity::ok, "ingest_reachable", endpoint.address()));
        return true;
    }
    result.push_back(
        config.server == IngestServer::external
            ? found(Severity::failure, "external_ingest_unreachable", endpoint.address(),
                    problem->message)
            : found(Severity::failure, "ingest_unreachable", endpoint.address(), problem->message));
    return false;
}

/// A publisher that is connected and sends nothing: of whichever server.
std::optional<Diagnosis> check_silence(const Config& config, const Registry& registry) {
    const auto status = ingest_status(config.ingest, registry.layout(), live_records(registry));
    if (status.state != IngestState::silent) return std::nullopt;
    if (status.silence == Silence::picture) {
        return found(Severity::failure, "ingest_without_picture");
    }
    return found(Severity::failure, "ingest_silent");
}

Diagnosis check_external_publisher(const Registry& registry) {
    switch (ingest_state_of(live_records(registry))) {
        case IngestState::live:
            return found(Severity::ok, "external_published");
        case IngestState::no_publisher:
            return found(Severity::warning, "external_not_published");
        default:
            return found(Severity::ok, "external_not_known");
    }
}

/// Whom the embedded server refused or cut off, and who reaches another one instead.
void check_visitors(const Layout& layout, std::vector<Diagnosis>& result) {
    const auto record = last_publications(layout);
    if (!record) return;
    auto turned_away = check_turned_away(*record, std::chrono::system_clock::now());
    std::ranges::move(turned_away, std::back_inserter(result));
    if (record->listen_problem.empty()) return;
    result.push_back(found(Severity::warning, "localhost_taken", record->listen_problem));
}

}  // namespace

std::vector<Diagnosis> check_ingest(const Config& config, const Registry& registry,
                                    const CheckedState& state) {
    const Layout& layout = registry.layout();
    const bool is_external = config.ingest.server == IngestServer::external;
    std::vector<Diagnosis> result;
    if (!is_external) {
        result = check_managed(config.ingest, layout);
        if (auto is_short = check_publish_key_size(config)) result.push_back(std::move(*is_short));
        if (auto open = check_openness(config.ingest)) result.push_back(std::move(*open));
        auto users = check_other_users(config.ingest, other_people(), knows_peer_users());
        std::ranges::move(users, std::back_inserter(result));
        if (!FileLock::is_held(layout.ingest_lock())) return result;
    }
    if (!check_reachable(config.ingest, result)) return result;
    const bool is_nginx =
        !is_external && kind_of_running(config.ingest, layout) == IngestServer::nginx;
    if (auto silent = check_silence(config, registry)) {
        result.push_back(std::move(*silent));
    } else if (is_external) {
        result.push_back(check_external_publisher(registry));
    } else if (is_nginx) {
        result.push_back(check_nginx_publisher(config.ingest, layout));
    } else {
        result.push_back(check_embedded_publisher(config.ingest, layout, state));
    }
    if (!is_external && !is_nginx) check_visitors(layout, result);
    return result;
}

}  // namespace restream
