#include "ingest/nginx_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/fill_in.hpp"
#include "config/url.hpp"
#include "ingest/address.hpp"

namespace restream {

namespace {

/// As nginx reads it back: in double quotes only `"` and `\` need a backslash.
std::string quoted(std::string_view value, std::string_view what) {
    std::string text = "\"";
    for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            throw Error(ErrorKind::config,
                        fmt::format("{} has a control character; nginx cannot take it", what));
        }
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string listen_value(const std::string& host, int port) {
    const std::string value = host_and_port(host, port);
    if (!parse_host_and_port(value)) {
        throw Error(ErrorKind::config,
                    "[ingest] listen is no address with a port; write 127.0.0.1:1935");
    }
    // Without this, a server that listens on every IPv6 address refuses IPv4, or not, as the system
    // likes.
    return fmt::format("listen {}{};", value, host == "::" ? " ipv6only=off" : "");
}

/// `listen ADDRESS:PORT;` for each.
std::string listen_lines(const IngestConfig& config, BothFamilies families) {
    const ListenPlaces places = listen_places(config.listen_host);
    const bool has_both = families == BothFamilies::can_be_had;
    if (places.first == "::") {
        return listen_value(has_both ? places.first : places.second, config.listen_port);
    }
    std::string lines = listen_value(places.first, config.listen_port);
    if (places.second.empty() || !has_both) return lines;
    return lines + "\n        " + listen_value(places.second, config.listen_port);
}

/// `allow ROLE NETWORK;` for each, loopback first.
std::string allow_lines(std::string_view role, const std::vector<std::string>& networks) {
    std::vector<std::string> all = {"127.0.0.0/8", "::1"};
    all.insert(all.end(), networks.begin(), networks.end());
    std::string lines;
    for (const auto& each : all) {
        if (!is_address_or_network(each)) {
            throw Error(ErrorKind::config,
                        fmt::format("[ingest] allow_{} has an entry that is no address or network; "
                                    "write 192.168.1.7 or 192.168.1.0/24",
                                    role));
        }
        if (!lines.empty()) lines += "\n            ";
        lines += fmt::format("allow {} {};", role, each);
    }
    return lines;
}

}  // namespace

std::string render_nginx_config(std::string_view template_text, const IngestConfig& config,
                                const std::filesystem::path& rtmp_module, BothFamilies families) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const std::array<Placeholder, 5> placeholders = {{
        {"MODULE", quoted(rtmp_module.string(), "the path of nginx's RTMP module")},
        {"LISTEN", listen_lines(config, families)},
        {"APP", quoted(endpoint.app, "the application in [ingest] url")},
        {"ALLOW_PUBLISH", allow_lines("publish", config.allow_publish)},
        {"ALLOW_PLAY", allow_lines("play", allowed_players(config))},
    }};
    return fill_in(template_text, placeholders, "nginx.conf.in");
}

}  // namespace restream
