// Where the ingest is, as its server sees it.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

/// What is played, without queries: nginx-rtmp reads them as arguments, not as names.
/// **Throws**: Error{config} where the URL names no app.
RtmpEndpoint ingest_endpoint(const IngestConfig& config);

/// `HOST:PORT`, with brackets around an IPv6 address.
std::string host_and_port(const std::string& host, int port);

/// Where the ingest server listens for [ingest] listen.
struct ListenPlaces {
    std::string first;   ///< an address that it must have
    std::string second;  ///< one that it has where that can be; empty: there is none
};
/// For a program that takes "localhost", which is IPv4 to some and IPv6 to others, loopback is both
/// of its addresses, whichever was written. "::" is every address of both families: `second` is
/// then the one to have where this machine has no IPv6.
ListenPlaces listen_places(const std::string& host);

/// What goes into the encoder's "Server" field: the URL up to the app.
std::string publish_url(const IngestConfig& config);

/// The path of [ingest] url, as the embedded server names what is published: "live", "live/k4".
/// What follows its first part may be a stream key.
std::string played_path(const IngestConfig& config);

/// The addresses and networks that may play at nginx, which knows no users, beside loopback: those
/// of allow_play, and this machine's own outer address where relays reach the server by that.
std::vector<std::string> allowed_players(const IngestConfig& config);

}  // namespace restream
