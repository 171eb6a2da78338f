// One POST over HTTP, of which only the status is wanted.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace restream {

/// Where to. **Source**: RFC 9110, 4.2 and 7.1.
struct HttpTarget {
    bool is_tls = false;
    std::string host;  ///< without the brackets of an IPv6 address
    int port = 0;
    std::string authority;  ///< what the Host field says
    Secret path;            ///< with its query; begins with `/`

    /// "https://host:port", as it may be shown: the rest may be a secret.
    std::string address() const;
};

/// REQUIRES: webhook_problem() has nothing to say.
HttpTarget http_target(const Secret& url);

struct HttpOutcome {
    std::optional<int> status = {};
    std::string problem = {};  ///< why there is no status
    /// Nothing was sent yet, and the next try may fare better.
    bool may_try_again = false;
};

/// Sends `body` as application/json over HTTP/1.1, on a connection of its own; with TLS only where
/// certificate and host's name are right. Follows no redirect, uses no proxy, reads no more than
/// the answer's head. **Blocks**: until the deadline at most.
HttpOutcome http_post(const HttpTarget& target, const std::string& body, const Deadline& deadline);

}  // namespace restream
