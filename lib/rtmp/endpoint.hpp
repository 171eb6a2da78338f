// What an RTMP URL means on the wire: where to connect, and the app, playpath and tcUrl to say
// there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace restream {

/// One RTMP address, taken apart. URL and stream key are joined nowhere else.
struct RtmpEndpoint {
    bool is_tls = false;
    std::string host;  ///< without the brackets of an IPv6 address
    int port = 0;
    Secret user_info;  ///< "user:password" of the URL; empty where there is none
    std::string app;
    Secret playpath;  ///< the stream key, or what is played; may be empty
    std::string tc_url;

    /// scheme://host:port, as it may be shown.
    std::string address() const;
};

/// What is played: the first path segment is the app, the rest is the playpath, which may be empty
/// (`rtmp://127.0.0.1:1935/live`). A query belongs to what it follows.
/// Nothing where it is no rtmp or rtmps URL with a host and an app.
std::optional<RtmpEndpoint> play_endpoint(std::string_view url);

/// What is published. With a key, the whole path with its query is the app and the key is the
/// playpath: `…/live2?backup=1` + key stays apart, as YouTube's backup wants it. Without a key, the
/// last of two or more path segments is the playpath.
std::optional<RtmpEndpoint> publish_endpoint(std::string_view url, const Secret& key);

}  // namespace restream
