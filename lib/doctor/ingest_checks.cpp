#include "doctor/ingest_checks.hpp"

#include <fmt/format.h>

#include <tuple>

#include "base/error.hpp"
#include "config/url.hpp"
#include "doctor/network_checks.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_installation.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/publication_words.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "ingest/tcp.hpp"
#include "state/lock.hpp"
#include "status/media_words.hpp"

namespace restream {

namespace {

Diagnosis said(Severity severity, std::string message, std::string cause = "",
               std::string remedy = "") {
    return {{severity, "ingest", std::move(message), std::move(cause), std::move(remedy)}, {}};
}

std::vector<Record> live_records(const Registry& registry) {
    std::vector<Record> records;
    for (const auto& name : registry.known_names()) {
        if (auto record = registry.live_record(name)) records.push_back(std::move(*record));
    }
    return records;
}

std::optional<Diagnosis> check_installation() {
    if (!find_nginx()) {
        return said(Severity::failure, "nginx was not found", "",
                    "install the packages nginx-light and libnginx-mod-rtmp");
    }
    if (!find_rtmp_module()) {
        return said(Severity::failure, "nginx's RTMP module was not found", "",
                    "install the package libnginx-mod-rtmp");
    }
    return std::nullopt;
}

std::string track_words(const NginxPublication& publication) {
    std::string words;
    if (const auto& video = publication.video) {
        words = fmt::format("{} {}x{}", video->codec, video->width, video->height);
    }
    if (const auto& audio = publication.audio) {
        words += fmt::format("{}{}", words.empty() ? "" : ", ", audio->codec);
    }
    return words.empty() ? "no tracks yet" : words;
}

Diagnosis check_nginx_publisher(const IngestConfig& config, const Layout& layout) {
    const auto stat = ask_nginx(layout.nginx_directory(), Deadline::after(std::chrono::seconds(1)));
    if (!stat) {
        return said(Severity::warning, "the server does not say who publishes",
                    "its statistics socket does not answer", "run 'restream ingest restart'");
    }
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const auto* found = stat->find(endpoint);
    if (found != nullptr && found->has_publisher) {
        return said(Severity::ok, fmt::format("somebody publishes: {}", track_words(*found)));
    }
    if (!stat->is_published_elsewhere(endpoint)) {
        return said(Severity::warning, "nobody publishes", "", "start streaming in OBS");
    }
    if (endpoint.playpath.is_empty()) {
        return said(Severity::failure, "somebody publishes with a stream key, which nobody plays",
                    "[ingest] url in restream.toml ends with the application",
                    "empty OBS's Stream Key field, or add the key to [ingest] url");
    }
    return said(Severity::failure, "somebody publishes under another name, which nobody plays",
                "[ingest] url in restream.toml has another stream key than OBS",
                "make them the same");
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
    return said(Severity::warning, "the backup's tracks are not the primary's",
                fmt::format("the primary sends {}; the backup {}", track_words(primary->media),
                            track_words(backup->media)),
                "give both encoders the same settings: else every destination is connected anew "
                "when one takes over from the other");
}

Diagnosis check_embedded_publisher(const IngestConfig& config, const Layout& layout) {
    const auto record = last_publications(layout);
    if (!record) {
        return said(Severity::warning, "the server does not say who publishes",
                    fmt::format("{} cannot be read", layout.publications_record().string()),
                    "run 'restream ingest restart'");
    }
    if (auto differ = check_encoders(*record)) return std::move(*differ);
    if (const auto* played = record->played(played_path(config))) {
        return said(Severity::ok,
                    fmt::format("somebody publishes: {}", track_words(played->media)));
    }
    if (auto trouble = publisher_trouble(*record, config, std::chrono::system_clock::now())) {
        return said(Severity::failure, std::move(trouble->message), std::move(trouble->cause),
                    std::move(trouble->remedy));
    }
    return said(Severity::warning, "nobody publishes", "", "start streaming in OBS");
}

/// What runs, by the record; by the configuration where there is none.
IngestServer kind_of_running(const IngestConfig& config, const Layout& layout) {
    return running_server(layout).value_or(config.server);
}

std::vector<Diagnosis> check_managed(const IngestConfig& config, const Layout& layout) {
    std::vector<Diagnosis> result;
    if (config.server == IngestServer::nginx) {
        if (auto missing = check_installation()) return {std::move(*missing)};
    }
    if (!FileLock::is_held(layout.ingest_lock())) {
        return {said(Severity::failure, "the ingest server is down", "",
                     "run 'restream ingest start'")};
    }
    const auto record = live_ingest_record(layout);
    if (record && record->kind != config.server) {
        result.push_back(
            said(Severity::warning,
                 fmt::format("{} runs, but restream.toml wants {}", describe_server(record->kind),
                             describe_server(config.server)),
                 "the configuration was changed while it ran", "run 'restream ingest restart'"));
    }
    if (record && !record->problem.empty()) {
        // After a reload that failed, it goes on as it was.
        const auto severity = record->server ? Severity::warning : Severity::failure;
        result.push_back(
            said(severity, record->problem, "", "mend it, then run 'restream ingest restart'"));
    }
    if (record && record->restarts > 0) {
        const bool is_nginx = record->kind == IngestServer::nginx;
        result.push_back(said(
            Severity::warning,
            fmt::format("{} crashed {} time{} since it was started", describe_server(record->kind),
                        record->restarts, record->restarts == 1 ? "" : "s"),
            "",
            is_nginx ? fmt::format("see {}", (layout.nginx_directory() / "error.log").string())
                     : "please report it, with what led to it"));
    }
    return result;
}

/// Who can come from other machines, and what keeps strangers out.
std::optional<Diagnosis> check_openness(const IngestConfig& config) {
    // Guessed over a network at 1,000 tries a second, 8 letters and digits last for decades.
    constexpr std::size_t shortest_key = 8;
    if (config.server == IngestServer::external || is_loopback(config.listen_host)) {
        return std::nullopt;
    }
    const std::string place = host_and_port(config.listen_host, config.listen_port);
    const auto* text = std::get_if<KeyText>(&config.publish_key);
    if (text != nullptr && text->text.reveal().size() < shortest_key) {
        return said(Severity::warning,
                    fmt::format("other machines reach {}, and publish_key is shorter than {} "
                                "characters",
                                place, shortest_key),
                    "a short key can be guessed", "write a longer publish_key into restream.toml");
    }
    const bool has_key = config.has_publish_key(), has_addresses = !config.allow_publish.empty();
    const std::string addresses = fmt::format("{}", fmt::join(config.allow_publish, ", "));
    return said(Severity::ok,
                fmt::format("other machines reach {}; they may publish {}{}{}", place,
                            has_key ? "with the key" : "", has_key && has_addresses ? ", " : "",
                            has_addresses ? "from " + addresses : ""));
}

/// Whether the relays can get there. True where they can.
bool check_reachable(const IngestConfig& config, std::vector<Diagnosis>& result) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const auto problem = reach_problem(endpoint.host, endpoint.port, std::chrono::seconds(1));
    if (!problem) {
        result.push_back(
            said(Severity::ok, fmt::format("{} accepts connections", endpoint.address())));
        return true;
    }
    result.push_back(
        said(Severity::failure, fmt::format("{} cannot be reached", endpoint.address()),
             problem->message,
             config.server == IngestServer::external
                 ? "start that server, or mend [ingest] url in restream.toml"
                 : "make [ingest] url in restream.toml name the place where it listens"));
    return false;
}

Diagnosis check_external_publisher(const Registry& registry) {
    switch (ingest_state_of(live_records(registry))) {
        case IngestState::live:
            return said(Severity::ok, "somebody publishes, the relays say");
        case IngestState::no_publisher:
            return said(Severity::warning, "nobody publishes, the relays say", "",
                        "start streaming in OBS");
        default:
            return said(Severity::ok, "who publishes to an external server is not known here", "",
                        "run 'restream probe'");
    }
}

}  // namespace

std::vector<Diagnosis> check_ingest(const Config& config, const Registry& registry) {
    const Layout& layout = registry.layout();
    const bool is_external = config.ingest.server == IngestServer::external;
    std::vector<Diagnosis> result;
    if (!is_external) {
        result = check_managed(config.ingest, layout);
        if (auto open = check_openness(config.ingest)) result.push_back(std::move(*open));
        if (!FileLock::is_held(layout.ingest_lock())) return result;
    }
    if (!check_reachable(config.ingest, result)) return result;
    if (is_external) {
        result.push_back(check_external_publisher(registry));
    } else if (kind_of_running(config.ingest, layout) == IngestServer::nginx) {
        result.push_back(check_nginx_publisher(config.ingest, layout));
    } else {
        result.push_back(check_embedded_publisher(config.ingest, layout));
    }
    return result;
}

}  // namespace restream
