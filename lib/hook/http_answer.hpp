// The status of an HTTP answer, and nothing else of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace restream {

/// Bytes in, the status out. Interim answers (100 Continue, 103 Early Hints) are passed over; what
/// follows the final head is left unread. **Source**: RFC 9112, 4; RFC 9110, 15.2.
class HttpAnswer {
  public:
    /// Of all heads together: more is nobody's answer to a small request.
    static constexpr std::size_t most_bytes = 16 * 1024;

    enum class State { needs_more, has_status, malformed };

    State feed(std::span<const std::uint8_t> bytes);
    /// 200 to 599. REQUIRES: has_status.
    int status() const { return status_; }

  private:
    State read();

    std::string unread_;
    std::size_t taken_bytes_ = 0;
    int status_ = 0;
    State state_ = State::needs_more;
};

}  // namespace restream
