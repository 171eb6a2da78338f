// Asks a server over HTTP, one connection for each question.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "system/fd.hpp"

namespace restream::test {

struct HttpAnswer {
    int status = 0;                              ///< 0: none came
    std::map<std::string, std::string> headers;  ///< names in small letters
    std::string body;

    nlohmann::json json() const;
    /// "403 foreign_host", as the dashboard tells errors; "200" where it is none.
    std::string brief() const;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// What a browser sends who was given that password, for any user's name.
std::string basic_authorization(std::string_view password);

/// The bytes of http()'s request, and what bytes mean as an answer.
std::string http_request(int port, std::string_view method, std::string_view path,
                         const HttpHeaders& headers, std::string_view body);
HttpAnswer http_answer(const std::string& text);

/// To 127.0.0.1. `headers` are sent beside, or in the place of, Host, Connection and
/// Content-Length. **Blocks**: until the server closes or the deadline.
HttpAnswer http(int port, std::string_view method, std::string_view path,
                const HttpHeaders& headers = {}, std::string_view body = "",
                Milliseconds longest = std::chrono::seconds(40));

/// A connection on which what is sent is up to the test.
class HttpLine {
  public:
    explicit HttpLine(int port);
    explicit HttpLine(Fd socket) : socket_(std::move(socket)) {}
    void send(std::string_view bytes) const;
    /// What came until `text` was in it, the server closed, or the deadline.
    std::string read_until(std::string_view text, Milliseconds longest = std::chrono::seconds(30));
    /// What came up to the end of `text`, which is not told again; nothing where the server closed
    /// before, or the deadline passed.
    std::string take_until(std::string_view text, Milliseconds longest = std::chrono::seconds(30));
    /// **Blocks**: until the server has closed (true), or the deadline.
    bool wait_closed(Milliseconds longest);

  private:
    Fd socket_;
    std::string got_;
};

}  // namespace restream::test
