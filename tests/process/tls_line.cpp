#include "process/tls_line.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

#include "engine/certificates.hpp"
#include "engine/raw_client.hpp"

namespace restream::test {

TlsLine::TlsLine(int port, int newest)
    : socket_(connect_to(port)), context_(SSL_CTX_new(TLS_client_method())) {
    ERR_clear_error();
    if (newest != 0) {
        // Old versions are only spoken below the usual level of security.
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), 0);
        SSL_CTX_set_max_proto_version(context_.get(), newest);
    }
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), &test_authority().certificate());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_.reset(SSL_new(context_.get()));
    if (!tls_) throw std::runtime_error("starting TLS");
    SSL_set1_host(tls_.get(), "localhost");
    SSL_set_fd(tls_.get(), static_cast<int>(socket_.native()));
    is_accepted_ = SSL_connect(tls_.get()) == 1;
}

long TlsLine::serial() const {
    const X509* const shown = SSL_get0_peer_certificate(tls_.get());
    return shown == nullptr ? 0 : ASN1_INTEGER_get(X509_get0_serialNumber(shown));
}

void TlsLine::send(std::string_view bytes) const {
    const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent != static_cast<int>(bytes.size())) throw std::runtime_error("sending over TLS");
}

std::string TlsLine::read_until(std::string_view text, Milliseconds longest) {
    const Deadline deadline = Deadline::after(longest);
    std::array<char, 16384> block;
    while (text.empty() || got_.find(text) == std::string::npos) {
        if (SSL_pending(tls_.get()) == 0 && !wait_readable(socket_, deadline)) break;
        const int count = SSL_read(tls_.get(), block.data(), static_cast<int>(block.size()));
        if (count <= 0) break;
        got_.append(block.data(), static_cast<std::size_t>(count));
    }
    return got_;
}

HttpAnswer https(int port, std::string_view method, std::string_view path,
                 const HttpHeaders& headers, std::string_view body) {
    TlsLine line(port);
    if (!line.is_accepted()) return {};
    line.send(http_request(port, method, path, headers, body));
    return http_answer(line.read_until(""));
}

}  // namespace restream::test
