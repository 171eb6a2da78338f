#include "net/tls_identity.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "net/tls_openssl.hpp"
#include "system/path_trust.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_file_bytes = 1024 * 1024;
/// For TLS 1.2; those of 1.3 are all as good.
constexpr const char* forward_secret_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Bytes = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

[[noreturn]] void fail(std::string_view field, const fs::path& file, std::string_view problem) {
    throw Error(ErrorKind::config,
                fmt::format("[dashboard] {}: {} {}", field, file.string(), problem));
}

/// The file's bytes, which are overwritten when they are not needed any more.
class FileText {
  public:
    FileText(std::string_view field, const fs::path& file) {
        try {
            auto read = read_trusted_file(file, longest_file_bytes);
            if (const auto* fault = std::get_if<PathFault>(&read)) {
                fail(field, file, "cannot be used: " + fault->describe());
            }
            text_ = std::get<std::string>(std::move(read));
        } catch (const Error& error) {
            fail(field, file,
                 fmt::format(
                     "cannot be read: {}; name a PEM file that this user can read (certbot's "
                     "files belong to root: let its deploy hook copy them)",
                     error.cause().message()));
        }
    }
    ~FileText() { OPENSSL_cleanse(text_.data(), text_.size()); }
    FileText(const FileText&) = delete;
    FileText& operator=(const FileText&) = delete;

    Bytes bytes() const {
        return Bytes(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size())));
    }

  private:
    std::string text_;
};

/// Called for a key that is encrypted: nobody is there to ask.
int no_passphrase(char*, int, int, void* is_asked) {
    *static_cast<bool*>(is_asked) = true;
    return 0;
}

/// The server's own first; never empty.
std::vector<Certificate> read_certificates(const fs::path& file) {
    const FileText text("cert", file);
    const Bytes bytes = text.bytes();
    std::vector<Certificate> all;
    while (Certificate each{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)}) {
        all.push_back(std::move(each));
    }
    const unsigned long last = ERR_peek_last_error();
    const bool is_end =
        ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (all.empty() || !is_end) {
        fail("cert", file,
             "holds no certificate, or a broken one; it must be PEM, the server's own first, such "
             "as certbot's fullchain.pem");
    }
    return all;
}

Key read_key(const fs::path& file) {
    std::error_code ignored;
    const auto others = fs::status(file, ignored).permissions() & fs::perms::others_all;
    // One that the system does not tell is not there, or not to be read: that is told below.
    if (!ignored && others != fs::perms::none) {
        fail("key", file,
             fmt::format("is open to every user of this machine, and holds the private key; run: "
                         "chmod o-rwx '{}'",
                         file.string()));
    }
    const FileText text("key", file);
    const Bytes bytes = text.bytes();
    bool is_encrypted = false;
    Key key(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_passphrase, &is_encrypted));
    ERR_clear_error();
    if (is_encrypted) {
        fail("key", file,
             "is encrypted with a passphrase; write it without one: openssl pkey -in FILE -out "
             "NEW");
    }
    if (!key) {
        fail("key", file,
             "holds no private key, or a broken one; it must be PEM, such as certbot's "
             "privkey.pem");
    }
    return key;
}

std::string date_of(const ASN1_TIME& time) {
    const Bytes out(BIO_new(BIO_s_mem()));
    if (!out || ASN1_TIME_print(out.get(), &time) != 1) return "an unknown time";
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::chrono::seconds from_now(const ASN1_TIME& time) {
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, &time) != 1) return std::chrono::seconds(-1);
    return std::chrono::days(days) + std::chrono::seconds(seconds);
}

void require_valid_now(const X509& certificate, const fs::path& file) {
    const ASN1_TIME& end = *X509_get0_notAfter(&certificate);
    if (from_now(end).count() < 0) {
        fail("cert", file, fmt::format("expired on {}; renew it", date_of(end)));
    }
    const ASN1_TIME& begin = *X509_get0_notBefore(&certificate);
    if (from_now(begin).count() > 0) {
        fail("cert", file,
             fmt::format("is not valid before {}; set this machine's clock, or make another one",
                         date_of(begin)));
    }
}

std::shared_ptr<SSL_CTX> make_context() {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), TlsFree());
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), forward_secret_ciphers) != 1) {
        throw Error(ErrorKind::refused, "starting TLS: " + take_tls_words());
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

}  // namespace

TlsIdentity::TlsIdentity(const TlsFiles& files) : context_(make_context()) {
    ERR_clear_error();
    const auto certificates = read_certificates(files.certificate);
    const Key key = read_key(files.key);
    X509& own = *certificates.front();
    require_valid_now(own, files.certificate);
    if (X509_check_private_key(&own, key.get()) != 1) {
        ERR_clear_error();
        fail("key", files.key,
             fmt::format("is not the key of the certificate {}; give two files that were made "
                         "together",
                         files.certificate.string()));
    }
    bool is_taken = SSL_CTX_use_certificate(context_.get(), &own) == 1 &&
                    SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1;
    for (std::size_t i = 1; i < certificates.size() && is_taken; ++i) {
        is_taken = SSL_CTX_add1_chain_cert(context_.get(), certificates[i].get()) == 1;
    }
    if (is_taken) return;
    fail("cert", files.certificate,
         fmt::format("cannot be used: {}; make one with a key of RSA 2048 or P-256, signed with "
                     "SHA-256",
                     take_tls_words()));
}

ssl_ctx_st* TlsIdentity::share() const {
    SSL_CTX_up_ref(context_.get());
    return context_.get();
}

std::chrono::seconds TlsIdentity::left() const {
    return from_now(*X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get())));
}

bool TlsIdentity::is_for(const std::string& host) const {
    X509* const own = SSL_CTX_get0_certificate(context_.get());
    const bool is_so = X509_check_ip_asc(own, host.c_str(), 0) == 1 ||
                       X509_check_host(own, host.data(), host.size(),
                                       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
    ERR_clear_error();
    return is_so;
}

}  // namespace restream
