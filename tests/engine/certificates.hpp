// Certificates of every kind, made when they are needed.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace restream::test {

/// A key and its certificate.
class Identity {
  public:
    struct Wish {
        std::string common_name = "restream test";
        std::string alternative_names = {};  ///< "DNS:localhost,IP:127.0.0.1"; empty: none
        long begins_in_s = -3600;
        long ends_in_s = 3600;
        bool is_authority = false;
    };
    /// Signed by `issuer`; by itself where there is none.
    Identity(const Wish& wish, const Identity* issuer);

    EVP_PKEY& key() const { return *key_; }
    X509& certificate() const { return *certificate_; }
    std::string pem() const;
    std::string key_pem() const;

  private:
    std::shared_ptr<EVP_PKEY> key_;
    std::shared_ptr<X509> certificate_;
};

/// An authority of the tests' own, whose name no system knows.
const Identity& test_authority();
/// Of localhost and 127.0.0.1, valid now, signed by the authority.
const Identity& good_identity();

}  // namespace restream::test
