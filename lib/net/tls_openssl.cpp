#include "net/tls_openssl.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "system/path_trust.hpp"

namespace restream {

namespace {

[[noreturn]] void throw_tls_error(const std::string& attempted) {
    throw Error(ErrorKind::refused, attempted + ": " + take_tls_words());
}

/// True for a folder as `c_rehash` makes it: OpenSSL reads from it only the authority it looks for.
bool is_folder_of_authorities(const char* path) {
    std::error_code error;
    std::filesystem::directory_iterator each(path, error);
    while (!error && each != std::filesystem::directory_iterator()) {
        if (each->path().extension() == ".0") return true;
        each.increment(error);
    }
    return false;
}

/// The folder where there is one, because the file beside it means 140 certificates in memory for
/// the one that is needed. The variables are OpenSSL's own: who sets them means them.
void trust_the_system(SSL_CTX& context) {
    const bool is_chosen = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                           std::getenv(X509_get_default_cert_dir_env()) != nullptr;
    const bool is_folder_enough =
        !is_chosen && is_folder_of_authorities(X509_get_default_cert_dir());
    const int done = is_folder_enough ? SSL_CTX_set_default_verify_dir(&context)
                                      : SSL_CTX_set_default_verify_paths(&context);
    if (done != 1) throw_tls_error("reading the system's certificates");
}

/// A final dot belongs to DNS; certificates do without.
std::string_view without_final_dot(std::string_view host) {
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

struct Row {
    int error;
    RtmpEnding::Cause cause;
};
using Cause = RtmpEnding::Cause;

/// **Source**: openssl/x509_vfy.h. What is not here, and is not this machine's own fault, is a
/// chain that nobody we trust vouches for.
constexpr std::array rows = {
    Row{X509_V_ERR_HOSTNAME_MISMATCH, Cause::tls_wrong_host},
    Row{X509_V_ERR_IP_ADDRESS_MISMATCH, Cause::tls_wrong_host},
    Row{X509_V_ERR_CERT_HAS_EXPIRED, Cause::tls_expired},
    Row{X509_V_ERR_CERT_NOT_YET_VALID, Cause::tls_expired},
    Row{X509_V_ERR_OUT_OF_MEM, Cause::tls_failed},
    Row{X509_V_ERR_UNSPECIFIED, Cause::tls_failed},
};

}  // namespace

TlsContext make_tls_context(const std::string& ca_file) {
    ERR_clear_error();
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (!context) throw_tls_error("starting TLS");
    if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        throw_tls_error("starting TLS");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // Nothing uses renegotiation; without it a write never has to read first.
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    // 34 KiB less while nothing is on its way; what was not taken may be given again from
    // elsewhere.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // One system call for a record, not one for its header and one for the rest.
    SSL_CTX_set_read_ahead(context.get(), 1);
    if (ca_file.empty()) {
        trust_the_system(*context);
        return context;
    }
    // Whoever can write it decides who is given the stream key.
    if (const auto fault = trust_fault(std::filesystem::path(ca_file))) {
        throw_path_fault("reading " + ca_file, *fault);
    }
    if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
        throw_tls_error("reading the certificates in " + ca_file);
    }
    return context;
}

TlsSession make_tls_session(SSL_CTX& context, const std::string& host) {
    ERR_clear_error();
    TlsSession session(SSL_new(&context));
    if (!session) throw_tls_error("starting TLS");
    X509_VERIFY_PARAM& wanted = *SSL_get0_param(session.get());
    const std::string_view without_dot = without_final_dot(host);
    const std::string name(without_dot);
    // An address is taken as such or not at all; RFC 6066, section 3: it is not sent as SNI.
    const std::string address(without_dot.begin(), std::ranges::find(without_dot, '%'));
    if (X509_VERIFY_PARAM_set1_ip_asc(&wanted, address.c_str()) == 1) {
        SSL_set_connect_state(session.get());
        return session;
    }
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(&wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(&wanted, name.data(), name.size()) != 1 ||
        SSL_set_tlsext_host_name(session.get(), name.c_str()) != 1) {
        throw_tls_error("starting TLS with " + name);
    }
    SSL_set_connect_state(session.get());
    return session;
}

std::string take_tls_words() {
    const unsigned long first = ERR_get_error();
    ERR_clear_error();
    if (first == 0) return {};
    if (const char* reason = ERR_reason_error_string(first)) return reason;
    return fmt::format("error {:08x}", first);
}

std::optional<RtmpEnding> certificate_ending(const SSL& session, const std::string& host) {
    const long result = SSL_get_verify_result(&session);
    if (result == X509_V_OK) return std::nullopt;
    const auto* const row = std::ranges::find(rows, static_cast<int>(result), &Row::error);
    RtmpEnding ending{row == rows.end() ? Cause::tls_untrusted : row->cause};
    ending.detail = fmt::format("{}: {}", host, X509_verify_cert_error_string(result));
    return ending;
}

}  // namespace restream
