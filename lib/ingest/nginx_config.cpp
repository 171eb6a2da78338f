#include "ingest/nginx_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/error.hpp"
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

std::string listen_value(const IngestConfig& config) {
    const std::string value = host_and_port(config.listen_host, config.listen_port);
    if (!parse_host_and_port(value)) {
        throw Error(ErrorKind::config,
                    "[ingest] listen is no address with a port; write 127.0.0.1:1935");
    }
    // Without this, a server that listens on every IPv6 address refuses IPv4, or not, as the system
    // likes.
    return config.listen_host == "::" ? value + " ipv6only=off" : value;
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

struct Placeholder {
    std::string_view name;
    std::string value;
};

std::string filled(std::string_view text, std::span<const Placeholder> placeholders) {
    const auto broken = [] {
        return Error(ErrorKind::refused, "share/nginx.conf.in is broken; install restream again");
    };
    std::vector<bool> is_used(placeholders.size(), false);
    std::string result;
    while (true) {
        const auto begin = text.find('@');
        result += text.substr(0, begin);
        if (begin == std::string_view::npos) break;
        const auto end = text.find('@', begin + 1);
        if (end == std::string_view::npos) throw broken();
        const auto name = text.substr(begin + 1, end - begin - 1);
        const auto found = std::ranges::find(placeholders, name, &Placeholder::name);
        if (found == placeholders.end()) throw broken();
        result += found->value;
        is_used[static_cast<std::size_t>(found - placeholders.begin())] = true;
        text.remove_prefix(end + 1);
    }
    if (std::ranges::find(is_used, false) != is_used.end()) throw broken();
    return result;
}

}  // namespace

std::string render_nginx_config(std::string_view template_text, const IngestConfig& config,
                                const std::filesystem::path& rtmp_module) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const std::array<Placeholder, 5> placeholders = {{
        {"MODULE", quoted(rtmp_module.string(), "the path of nginx's RTMP module")},
        {"LISTEN", listen_value(config)},
        {"APP", quoted(endpoint.app, "the application in [ingest] url")},
        {"ALLOW_PUBLISH", allow_lines("publish", config.allow_publish)},
        {"ALLOW_PLAY", allow_lines("play", allowed_players(config))},
    }};
    return filled(template_text, placeholders);
}

}  // namespace restream
