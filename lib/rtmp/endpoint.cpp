#include "rtmp/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace restream {

namespace {

constexpr int rtmp_port = 1935;
constexpr int rtmps_port = 443;
/// FFmpeg copies app and tcUrl into buffers made for about 1,024 bytes each; nobody needs more.
constexpr std::size_t longest_name_bytes = 1000;
constexpr std::size_t longest_host_bytes = 253;  // RFC 1035, 2.3.4

struct Split {
    std::string scheme;
    std::string authority;  ///< host[:port] as it was written
    std::string host;
    int port = 0;
    std::string user_info;
    std::string path;  ///< without the leading '/', with the query
};

bool starts_scheme(std::string_view url, std::string_view scheme) {
    return url.size() > scheme.size() && is_same_word(url.substr(0, scheme.size()), scheme);
}

bool has_only_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char each) {
        const auto byte = static_cast<unsigned char>(each);
        return byte > 0x20 && byte != 0x7f;
    });
}

/// "host", "host:port", "[v6]", "[v6]:port".
bool split_authority(std::string_view authority, Split& out) {
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return false;
        out.host = authority.substr(1, end - 1);
        const std::string_view rest = authority.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(':')) return false;
        if (!rest.empty()) port = rest.substr(1);
    } else {
        const auto colon = authority.find(':');
        out.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    }
    if (out.host.empty() || out.host.size() > longest_host_bytes) return false;
    if (port.empty()) return authority.back() != ':';
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    return error == std::errc() && end == port.data() + port.size() && out.port > 0 &&
           out.port < 65536;
}

std::optional<Split> split_url(std::string_view url) {
    Split out;
    if (starts_scheme(url, "rtmp://")) {
        out.scheme = "rtmp";
        out.port = rtmp_port;
    } else if (starts_scheme(url, "rtmps://")) {
        out.scheme = "rtmps";
        out.port = rtmps_port;
    } else {
        return std::nullopt;
    }
    if (!has_only_visible(url)) return std::nullopt;
    std::string_view rest = url.substr(out.scheme.size() + 3);
    const auto slash = rest.find_first_of("/?");
    std::string_view authority = rest.substr(0, slash);
    // Where the host ends would be a matter of taste: lib/config refuses it in words.
    if (authority.find('#') != std::string_view::npos) return std::nullopt;
    if (slash != std::string_view::npos) {
        out.path = rest.substr(rest[slash] == '/' ? slash + 1 : slash);
    }
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        out.user_info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
    }
    if (authority.empty()) return std::nullopt;
    out.authority = authority;
    if (!split_authority(authority, out)) return std::nullopt;
    return out;
}

/// The path's end: where the query begins, or the end.
std::size_t path_end(const std::string& path) { return std::min(path.find('?'), path.size()); }

/// "live2?backup=1/KEY": the slash behind which the playpath stands. Only where a single part
/// stands before the query: in "live/KEY?token=a/b" the slash is the token's. Nothing, too, where
/// the text behind the slash goes on as a query does ("?path=/a", "?path=a/b&c=d").
std::optional<std::size_t> playpath_behind_query(std::string_view path) {
    const std::size_t query = path.find('?');
    if (query == std::string_view::npos) return std::nullopt;
    const std::string_view before = path.substr(0, query);
    if (before.substr(0, before.find_last_not_of('/') + 1).find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    for (auto slash = path.find('/', query); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        const std::string_view behind = path.substr(slash + 1);
        const std::string_view name = behind.substr(0, behind.find('?'));
        const bool is_value = path[slash - 1] == '=' || path[slash - 1] == '?' ||
                              name.find_first_of("=&") != std::string_view::npos;
        if (!is_value && !name.empty()) return slash;
    }
    return std::nullopt;
}

std::string_view without_slashes_behind(std::string_view text) {
    return text.substr(0, text.find_last_not_of('/') + 1);
}

/// What stands before `end`, without the slashes that people leave behind an app and its query.
std::string app_before(std::string_view path, std::size_t end) {
    path = path.substr(0, end);
    const auto query = std::min(path.find('?'), path.size());
    const auto values = path.substr(query);
    const auto last = without_slashes_behind(values);
    // "?path=/" has a slash for a value.
    return std::string(without_slashes_behind(path.substr(0, query))) +
           std::string(last.ends_with('=') ? values : last);
}

std::optional<RtmpEndpoint> make_endpoint(const Split& split, std::string app, Secret playpath) {
    RtmpEndpoint out;
    out.is_tls = split.scheme == "rtmps";
    out.host = split.host;
    out.port = split.port;
    out.user_info = Secret(split.user_info);
    out.tc_url = fmt::format("{}://{}/{}", split.scheme, split.authority, app);
    out.app = std::move(app);
    out.playpath = std::move(playpath);
    // Slashes alone are none: what follows them would be the key here, and the app elsewhere.
    const bool has_app = out.app.find_first_not_of('/') < path_end(out.app);
    if (!has_app || out.tc_url.size() > longest_name_bytes) return std::nullopt;
    return out;
}

}  // namespace

std::string RtmpEndpoint::address() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", is_tls ? "rtmps" : "rtmp", is_v6 ? "[" : "", host,
                       is_v6 ? "]" : "", port);
}

std::optional<RtmpEndpoint> play_endpoint(std::string_view url) {
    const auto split = split_url(url);
    if (!split) return std::nullopt;
    const std::string& path = split->path;
    if (const auto slash = playpath_behind_query(path)) {
        return make_endpoint(*split, app_before(path, *slash), Secret(path.substr(*slash + 1)));
    }
    const auto slash = path.find('/');
    if (slash >= path_end(path)) return make_endpoint(*split, path, Secret());
    return make_endpoint(*split, path.substr(0, slash), Secret(path.substr(slash + 1)));
}

std::vector<RtmpEndpoint> play_endpoints(std::string_view url) {
    std::vector<RtmpEndpoint> found;
    const auto split = split_url(url);
    const auto first = play_endpoint(url);
    if (!split || !first) return found;
    const auto add = [&](std::optional<RtmpEndpoint> endpoint) {
        const auto is_same = [&](const RtmpEndpoint& each) { return each.app == endpoint->app; };
        if (endpoint && std::ranges::none_of(found, is_same)) found.push_back(std::move(*endpoint));
    };
    const std::string& path = split->path;
    const auto end = path_end(path);
    std::vector<std::size_t> slashes;  // each behind a part that is not empty
    for (std::size_t i = 1; i < end; ++i) {
        if (path[i] == '/' && path[i - 1] != '/') slashes.push_back(i);
    }
    if (playpath_behind_query(path) || slashes.empty()) return {*first};
    const bool ends_with_app = path[end - 1] == '/';
    const auto last = slashes.back();
    if (ends_with_app) {
        add(make_endpoint(*split, path.substr(0, last), Secret(path.substr(end))));
    } else if (slashes.size() >= 2) {
        add(make_endpoint(*split, path.substr(0, last), Secret(path.substr(last + 1))));
    }
    add(*first);
    if (!ends_with_app) add(make_endpoint(*split, path, Secret()));
    return found;
}

std::optional<RtmpEndpoint> publish_endpoint(std::string_view url, const Secret& key) {
    const auto split = split_url(url);
    if (!split) return std::nullopt;
    const std::string& path = split->path;
    if (!key.is_empty()) return make_endpoint(*split, app_before(path, path.size()), key);
    if (const auto slash = playpath_behind_query(path)) {
        return make_endpoint(*split, app_before(path, *slash), Secret(path.substr(*slash + 1)));
    }
    const auto slash = path.substr(0, path_end(path)).rfind('/');
    if (slash == std::string::npos) return make_endpoint(*split, path, Secret());
    return make_endpoint(*split, app_before(path, slash), Secret(path.substr(slash + 1)));
}

}  // namespace restream
