// A connection over TLS on which what is sent is up to the test.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "process/http_client.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// To 127.0.0.1, by OpenSSL's own client, which accepts only a certificate of "localhost" by the
/// tests' authority. The handshake is made at once; where it fails, nothing can be sent.
class TlsLine {
  public:
    /// `newest`: the newest version of TLS that it speaks; 0: what OpenSSL has.
    explicit TlsLine(int port, int newest = 0);

    bool is_accepted() const { return is_accepted_; }
    /// The version that is spoken: TLS1_3_VERSION.
    int version() const { return SSL_version(tls_.get()); }
    /// Of the certificate that was shown; 0 where there was none.
    long serial() const;
    void send(std::string_view bytes) const;
    /// What came until `text` was in it, the server closed, or the deadline.
    std::string read_until(std::string_view text, Milliseconds longest = std::chrono::seconds(30));
    /// The server said goodbye in TLS's own way.
    bool has_goodbye() const { return SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN; }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
        void operator()(SSL* tls) const noexcept { SSL_free(tls); }
    };
    Fd socket_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> tls_;
    bool is_accepted_ = false;
    std::string got_;
};

/// As http(), over TLS.
HttpAnswer https(int port, std::string_view method, std::string_view path,
                 const HttpHeaders& headers = {}, std::string_view body = "");

}  // namespace restream::test
