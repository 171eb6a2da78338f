// To which servers a destination's secrets may go: those that they were given for.
#pragma once

#include "config/destination.hpp"
#include "config/platform.hpp"

namespace restream {

/// Whether each server of `after` is one of `before`'s, or its service's own while the service is
/// the same. A server is another one where its scheme, host, port or application is: also the same
/// host without TLS, where whoever listens on the way would read the key.
bool are_servers_known(const Destination& before, const Destination& after,
                       const Platforms& services);

}  // namespace restream
