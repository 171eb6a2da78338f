// Where the ingest is, as its server sees it.
#pragma once

#include <string>

#include "config/config.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

/// What is played, without queries: nginx-rtmp reads them as arguments, not as names.
/// **Throws**: Error{config} where the URL names no app.
RtmpEndpoint ingest_endpoint(const IngestConfig& config);

/// `HOST:PORT`, with brackets around an IPv6 address.
std::string host_and_port(const std::string& host, int port);

/// What goes into the encoder's "Server" field: the URL up to the app.
std::string publish_url(const IngestConfig& config);

}  // namespace restream
