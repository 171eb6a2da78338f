// URLs of ingests and destinations: taken apart, checked, repaired, and masked for showing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace restream {

/// `scheme://user_info@host:port/path?query`; for `file:` only scheme and path.
struct UrlParts {
    std::string scheme;  ///< lower case
    std::string user_info;
    std::string host;  ///< an IPv6 address without its brackets
    int port = 0;      ///< 0: not written
    std::string path;  ///< begins with `/`, or empty
    std::optional<std::string> query;

    /// The parts of the path between slashes, without empty ones: the app and, maybe, the playpath.
    std::vector<std::string> segments() const;
    std::string text() const;
};

/// What is wrong with a URL and what would be right, in words. Never holds a part of the URL that
/// may be secret.
struct UrlProblem {
    std::string message;
};

/// Takes a URL apart. A problem is one of form: scheme, host, port, blanks, control characters.
std::variant<UrlParts, UrlProblem> split_url(std::string_view text);

/// A destination's URL: rtmp, rtmps, srt or file. Kick's are repaired: its dashboard shows
/// `rtmps://ID.global-contribute.live-video.net` and means `…:443/app`.
std::variant<std::string, UrlProblem> check_destination_url(std::string_view text);

/// The ingest's URL: rtmp or rtmps.
std::variant<std::string, UrlProblem> check_ingest_url(std::string_view text);

/// Where the playpath, which is the stream key, stands in an RTMP path.
enum class Playpath {
    is_elsewhere,     ///< the key is configured on its own: the whole path is the app
    is_last_segment,  ///< as publishers read `app/instance/KEY`; a single segment is the app
    is_after_first,   ///< as players read `app/KEY`
};

/// The URL with user info, every query value and the playpath as `***`. What is no URL is masked as
/// a whole.
std::string masked_url(std::string_view url, Playpath playpath);

/// `rtmps://HOST:PORT`: to which server a destination's URL leads, with nothing in it that may be a
/// secret. Only the scheme of `file:`; empty for anything else.
std::string server_of_url(std::string_view url);

/// `HOST:PORT`, `[IPV6]:PORT`; nothing for anything else.
struct HostAndPort {
    std::string host;  ///< an IPv6 address without its brackets
    int port = 0;
};
std::optional<HostAndPort> parse_host_and_port(std::string_view text);

/// Whether the host is this machine's loopback: `localhost`, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// An IPv4 or IPv6 address, with `/BITS` for a network.
bool is_address_or_network(std::string_view text);
/// What something can listen at: an address, or "localhost".
bool is_listen_address(std::string_view host);

}  // namespace restream
