// The status of an HTTP answer, and nothing else of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace restream {

/// Bytes in, the status out. Boost.Beast reads the heads: the status counts once its head has come
/// as a whole and is right. Interim answers (100 Continue, 103 Early Hints) are passed over; what
/// follows the final head is left unread. **Source**: RFC 9112, 4; RFC 9110, 15.2.
class HttpAnswer {
  public:
    /// Of all heads together: more is nobody's answer to a small request.
    static constexpr std::size_t most_bytes = 16 * 1024;

    enum class State { needs_more, has_status, malformed };

    HttpAnswer();
    ~HttpAnswer();
    HttpAnswer(const HttpAnswer&) = delete;
    HttpAnswer& operator=(const HttpAnswer&) = delete;

    State feed(std::span<const std::uint8_t> bytes);
    /// 200 to 599. REQUIRES: has_status.
    int status() const { return status_; }

  private:
    struct Head;

    State read();

    std::unique_ptr<Head> head_;  ///< the one that is being read
    std::string unread_;
    std::size_t taken_bytes_ = 0;
    int status_ = 0;
    State state_ = State::needs_more;
};

}  // namespace restream
