#include "ingest/address.hpp"

#include <fmt/format.h>

#include <variant>

#include "base/error.hpp"
#include "config/url.hpp"

namespace restream {

namespace {

constexpr int rtmp_port = 1935;  // assigned by IANA
constexpr int rtmps_port = 443;

}  // namespace

IngestAddress ingest_address(const IngestConfig& config) {
    const auto split = split_url(config.url);
    const auto* parts = std::get_if<UrlParts>(&split);
    const auto segments = parts == nullptr ? std::vector<std::string>() : parts->segments();
    if (segments.empty()) {
        throw Error(ErrorKind::config,
                    "[ingest] url has no application; write rtmp://HOST:PORT/live");
    }
    IngestAddress address;
    address.host = parts->host;
    address.port = parts->port;
    if (address.port == 0) address.port = parts->scheme == "rtmps" ? rtmps_port : rtmp_port;
    address.app = segments.front();
    std::string playpath;
    for (std::size_t i = 1; i < segments.size(); ++i) {
        if (i > 1) playpath += '/';
        playpath += segments[i];
    }
    address.playpath = Secret(std::move(playpath));
    return address;
}

std::string host_and_port(const std::string& host, int port) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string publish_url(const IngestConfig& config) {
    const IngestAddress address = ingest_address(config);
    return fmt::format("rtmp://{}/{}", host_and_port(address.host, address.port), address.app);
}

}  // namespace restream
