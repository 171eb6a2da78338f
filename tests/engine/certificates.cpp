#include "engine/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <functional>
#include <stdexcept>

namespace restream::test {

namespace {

void require(bool is_true, const char* what) {
    if (!is_true) throw std::runtime_error(std::string("making a certificate: ") + what);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), &X509_EXTENSION_free);
    require(extension != nullptr, "extension");
    require(X509_add_ext(certificate, extension.get(), -1) == 1, "adding an extension");
}

std::string written(const std::function<int(BIO*)>& write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    require(write(out.get()) == 1, "PEM");
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

long next_serial() {
    static std::atomic<long> last = 1000;
    return ++last;
}

}  // namespace

Identity::Identity(const Wish& wish, const Identity* issuer)
    : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    require(key_ && certificate_, "key");
    X509* const made = certificate_.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), next_serial());
    X509_gmtime_adj(X509_getm_notBefore(made), wish.begins_in_s);
    X509_gmtime_adj(X509_getm_notAfter(made), wish.ends_in_s);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                               -1, 0);
    X509* const signer = issuer != nullptr ? &issuer->certificate() : made;
    X509_set_issuer_name(made, X509_get_subject_name(signer));
    if (wish.is_authority) {
        add_extension(made, signer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(made, signer, NID_key_usage, "critical,keyCertSign");
    }
    if (!wish.alternative_names.empty()) {
        add_extension(made, signer, NID_subject_alt_name, wish.alternative_names);
    }
    EVP_PKEY& signing = issuer != nullptr ? issuer->key() : *key_;
    require(X509_sign(made, &signing, EVP_sha256()) > 0, "signature");
}

std::string Identity::pem() const {
    return written([this](BIO* out) { return PEM_write_bio_X509(out, certificate_.get()); });
}

std::string Identity::key_pem() const {
    return written([this](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

const Identity& test_authority() {
    static const Identity authority(
        {.common_name = "restream test authority", .is_authority = true}, nullptr);
    return authority;
}

const Identity& good_identity() {
    static const Identity identity(
        {.common_name = "localhost", .alternative_names = "DNS:localhost,IP:127.0.0.1"},
        &test_authority());
    return identity;
}

}  // namespace restream::test
