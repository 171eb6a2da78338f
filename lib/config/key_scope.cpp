#include "config/key_scope.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "config/url.hpp"

namespace restream {

namespace {

/// Scheme, host, port, application.
using Server = std::tuple<std::string, std::string, int, std::vector<std::string>>;

int port_of(const UrlParts& parts) {
    constexpr int rtmp_port = 1935;
    constexpr int rtmps_port = 443;
    if (parts.port != 0) return parts.port;
    if (parts.scheme == "rtmp") return rtmp_port;
    return parts.scheme == "rtmps" ? rtmps_port : 0;
}

/// REQUIRES: a destination's URL, checked.
Server server_of(const std::string& url) {
    const UrlParts parts = std::get<UrlParts>(split_url(url));
    return {parts.scheme, parts.host, port_of(parts), parts.segments()};
}

/// Of both URLs, where they are given.
std::vector<Server> servers_of(const std::string& url, const std::string& backup_url) {
    std::vector<Server> servers;
    for (const std::string* each : {&url, &backup_url}) {
        if (!each->empty()) servers.push_back(server_of(*each));
    }
    return servers;
}

}  // namespace

bool are_servers_known(const Destination& before, const Destination& after,
                       const Platforms& services) {
    // Another platform's key, wherever it goes.
    if (!after.service.empty() && after.service != before.service) return false;
    std::vector<Server> known = servers_of(before.url, before.backup_url);
    if (const Platform* service = services.find(after.service)) {
        const auto own = servers_of(service->url, service->backup_url);
        known.insert(known.end(), own.begin(), own.end());
    }
    return std::ranges::all_of(servers_of(after.url, after.backup_url), [&](const Server& each) {
        return std::ranges::find(known, each) != known.end();
    });
}

}  // namespace restream
