// What an RTMP URL means on the wire: where to connect, and the app, playpath and tcUrl to say
// there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
/// (`rtmp://127.0.0.1:1935/live`). A query belongs to what it follows. In `…/live2?backup=1/KEY`
/// the query is the app's, and KEY the playpath. Nothing where it is no rtmp or rtmps URL with a
/// host and an app.
std::optional<RtmpEndpoint> play_endpoint(std::string_view url);

/// All that a player may mean by a URL of somebody else's server, the likeliest first: an app may
/// have a slash in its name. Of three or more segments, the last is the playpath, as FFmpeg reads
/// it; then play_endpoint(); then the whole path as the app. A slash at the end says that the app
/// ends there. Empty where play_endpoint() is nothing.
std::vector<RtmpEndpoint> play_endpoints(std::string_view url);

/// What is published. With a key, the whole path with its query is the app and the key is the
/// playpath: `…/live2?backup=1` + key stays apart, as YouTube's backup wants it. Without a key, as
/// OBS and FFmpeg read it: the last of two or more path segments is the playpath
/// (`…/app/instance/KEY`); `…/live2?backup=1/KEY` has the query in the app; and what follows a
/// slash behind the app is the playpath: `…/live/?streamname=x&key=y` has the query there, and
/// `…/app/instance/` has none. Nothing is decoded: %XX goes as it is written.
std::optional<RtmpEndpoint> publish_endpoint(std::string_view url, const Secret& key);

}  // namespace restream
