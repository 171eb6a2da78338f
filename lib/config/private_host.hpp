// Which hosts are reached without crossing the Internet.
#pragma once

#include <string_view>

namespace restream {

/// Whether a host is this machine, or in a network that the Internet does not reach: loopback, a
/// private or link-local address, or a name that only a local network knows ("studio",
/// "studio.local"). Judged by how it is written, nothing is looked up. `host`: an IPv6 address
/// without its brackets.
/// **Source**: RFC 1918, RFC 3927, RFC 4193, RFC 4291; of names, RFC 6762 and RFC 8375, and what
/// ICANN reserved for it (".internal").
bool is_private_host(std::string_view host);

}  // namespace restream
