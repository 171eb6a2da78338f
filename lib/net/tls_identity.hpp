// What a server shows over TLS: its certificate and its private key, from files.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

/// OpenSSL's SSL_CTX, without OpenSSL's headers.
struct ssl_ctx_st;

namespace restream {

/// Both PEM.
struct TlsFiles {
    std::filesystem::path certificate;  ///< the server's own first, then those up to an authority
    std::filesystem::path key;          ///< without a passphrase
};

/// A certificate that can be shown now, with its key. TLS 1.2 or newer, and only ciphers whose
/// recorded traffic cannot be read by somebody who gets the key later. For several threads.
class TlsIdentity {
  public:
    /// **Throws**: Error{config} that names the file, what is wrong with it, and what helps: it
    /// cannot be read, holds none, has expired or is not valid yet, does not fit the other one; or
    /// others can read the key.
    explicit TlsIdentity(const TlsFiles& files);

    /// A reference of the caller's own, who frees it.
    ssl_ctx_st* share() const;
    /// Until it expires; negative where it has.
    std::chrono::seconds left() const;
    /// Whether browsers accept it from a server of that name or address.
    bool is_for(const std::string& host) const;

  private:
    std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace restream
