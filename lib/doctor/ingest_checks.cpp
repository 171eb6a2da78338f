#include "doctor/ingest_checks.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/url.hpp"
#include "doctor/network_checks.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_installation.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "ingest/tcp.hpp"
#include "state/lock.hpp"

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

Diagnosis check_publisher(const IngestConfig& config, const Layout& layout) {
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

std::vector<Diagnosis> check_managed(const Layout& layout) {
    std::vector<Diagnosis> result;
    if (auto missing = check_installation()) return {std::move(*missing)};
    if (!FileLock::is_held(layout.ingest_lock())) {
        return {said(Severity::failure, "the ingest server is down", "",
                     "run 'restream ingest start'")};
    }
    const auto record = live_ingest_record(layout);
    if (record && !record->problem.empty()) {
        // After a reload that failed, it goes on as it was.
        const auto severity = record->server ? Severity::warning : Severity::failure;
        result.push_back(
            said(severity, record->problem, "", "mend it, then run 'restream ingest restart'"));
    }
    if (record && record->restarts > 0) {
        result.push_back(
            said(Severity::warning,
                 fmt::format("nginx crashed {} time{} since it was started", record->restarts,
                             record->restarts == 1 ? "" : "s"),
                 "", fmt::format("see {}", (layout.nginx_directory() / "error.log").string())));
    }
    return result;
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
    if (config.ingest.server == IngestServer::embedded) {
        return {said(Severity::failure, "the embedded ingest server is not in this version", "",
                     "set server = \"nginx\" in the [ingest] section of restream.toml")};
    }
    const bool is_external = config.ingest.server == IngestServer::external;
    std::vector<Diagnosis> result;
    if (!is_external) {
        result = check_managed(registry.layout());
        if (!FileLock::is_held(registry.layout().ingest_lock())) return result;
    }
    if (!check_reachable(config.ingest, result)) return result;
    result.push_back(is_external ? check_external_publisher(registry)
                                 : check_publisher(config.ingest, registry.layout()));
    return result;
}

}  // namespace restream
