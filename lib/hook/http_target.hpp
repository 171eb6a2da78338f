// Where a webhook's POST goes, and what is sent there.
#pragma once

#include <string>

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

/// The whole request: a POST of `body` as application/json, after which the server closes the
/// connection. **Source**: RFC 9112, 2 and 3.
Secret http_request(const HttpTarget& target, const std::string& body);

}  // namespace restream
