// Where the ingest is: its URL taken apart as an RTMP server sees it.
#pragma once

#include <string>

#include "base/secret.hpp"
#include "config/config.hpp"

namespace restream {

/// `rtmp://HOST:PORT/APP/PLAYPATH`. The playpath is what OBS calls the stream key.
struct IngestAddress {
    std::string host;  ///< an IPv6 address without its brackets
    int port = 1935;
    std::string app;
    Secret playpath;  ///< empty where the URL ends with the app
};

/// **Throws**: Error{config} where the URL names no app.
IngestAddress ingest_address(const IngestConfig& config);

/// `HOST:PORT`, with brackets around an IPv6 address.
std::string host_and_port(const std::string& host, int port);

/// What goes into the encoder's "Server" field: the URL up to the app.
std::string publish_url(const IngestConfig& config);

}  // namespace restream
