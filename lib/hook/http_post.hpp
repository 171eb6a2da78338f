// One POST over HTTP, of which only the status is wanted.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "hook/http_target.hpp"

namespace restream {

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
