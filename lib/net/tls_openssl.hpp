// OpenSSL's handles, and what RTMPS wants of them.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "base/ending.hpp"

namespace restream {

struct TlsFree {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* session) const noexcept { SSL_free(session); }
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsFree>;
using TlsSession = std::unique_ptr<SSL, TlsFree>;

/// Trusts the authorities in `ca_file` (PEM), or the system's where it is empty. TLS 1.2 or newer.
/// **Throws**: Error{refused}: the file cannot be used.
TlsContext make_tls_context(const std::string& ca_file);

/// A client's session that names the host (SNI) and accepts only a certificate of that host, or of
/// that address. **Throws**: Error{refused}.
TlsSession make_tls_session(SSL_CTX& context, const std::string& host);

/// OpenSSL's words for what went wrong last on this thread; empty where it has none. Its list of
/// errors is empty afterwards.
std::string take_tls_words();

/// Nothing where the certificate is not what went wrong.
std::optional<RtmpEnding> certificate_ending(const SSL& session, const std::string& host);

}  // namespace restream
