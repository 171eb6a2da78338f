#include "ingest/address.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/url.hpp"

namespace restream {

RtmpEndpoint ingest_endpoint(const IngestConfig& config) {
    auto endpoint = play_endpoint(config.url);
    if (endpoint) {
        endpoint->app = endpoint->app.substr(0, endpoint->app.find('?'));
        const std::string& playpath = endpoint->playpath.reveal();
        endpoint->playpath = Secret(playpath.substr(0, playpath.find('?')));
    }
    if (!endpoint || endpoint->app.empty()) {
        throw Error(ErrorKind::config,
                    "[ingest] url has no application; write rtmp://HOST:PORT/live");
    }
    return *endpoint;
}

std::string host_and_port(const std::string& host, int port) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

ListenPlaces listen_places(const std::string& host) {
    if (host == "127.0.0.1" || host == "localhost") return {"127.0.0.1", "::1"};
    if (host == "::1") return {"::1", "127.0.0.1"};
    if (host == "::") return {"::", "0.0.0.0"};
    return {host, ""};
}

std::string publish_url(const IngestConfig& config) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    return fmt::format("{}/{}", endpoint.address(), endpoint.app);
}

std::string played_path(const IngestConfig& config) {
    const auto split = split_url(config.url);
    const auto* parts = std::get_if<UrlParts>(&split);
    return parts == nullptr ? "" : fmt::format("{}", fmt::join(parts->segments(), "/"));
}

std::vector<std::string> allowed_players(const IngestConfig& config) {
    std::vector<std::string> players = config.allow_play;
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    if (!is_loopback(endpoint.host) && is_address_or_network(endpoint.host)) {
        players.push_back(endpoint.host);
    }
    return players;
}

}  // namespace restream
