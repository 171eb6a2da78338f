#include <fcntl.h>
#include <linux/filter.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

#include "engine/listener.hpp"
#include "engine/wire.hpp"
#include "system/tcp_facts.hpp"

namespace restream::test {

namespace {

using How = Wire::Moved::How;

Wire::Moved moved(ssize_t result) {
    if (result > 0) return {How::some, static_cast<std::size_t>(result)};
    if (result == 0) return {How::ended};
    return {errno == EAGAIN || errno == EINTR ? How::blocked : How::broken};
}

Wire::Moved tls_moved(SSL& session, int result, std::size_t bytes) {
    if (result == 1) return {How::some, bytes};
    const int kind = SSL_get_error(&session, result);
    ERR_clear_error();
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return {How::blocked};
    return {kind == SSL_ERROR_ZERO_RETURN ? How::ended : How::broken};
}

}  // namespace

Wire::Wire(Fd socket, const Identity* identity, int newest_tls) : fd_(std::move(socket)) {
    ::fcntl(fd(), F_SETFL, O_NONBLOCK);
    if (identity == nullptr) return;
    context_.reset(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    // These too, as a server of old may: what our client does with them is to be seen.
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), newest_tls);
    if (SSL_CTX_use_certificate(context_.get(), &identity->certificate()) != 1 ||
        SSL_CTX_use_PrivateKey(context_.get(), &identity->key()) != 1) {
        throw std::runtime_error("a server's certificate");
    }
    session_.reset(SSL_new(context_.get()), &SSL_free);
    SSL_set_mode(session_.get(),
                 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(session_.get(), fd());
    SSL_set_accept_state(session_.get());
}

Wire::Moved Wire::read(std::span<std::uint8_t> into) {
    if (!session_) return moved(::recv(fd(), into.data(), into.size(), 0));
    std::size_t bytes = 0;
    const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &bytes);
    return tls_moved(*session_, result, bytes);
}

Wire::Moved Wire::write(std::span<const std::uint8_t> bytes) {
    if (!session_) return moved(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    std::size_t taken = 0;
    const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &taken);
    return tls_moved(*session_, result, taken);
}

void Wire::close() {
    if (session_) SSL_shutdown(session_.get());
    ERR_clear_error();
    fd_.close();
}

void Wire::reset() { test::reset(fd_); }

void Wire::vanish() {
    // Who is gone does not repeat what was not acknowledged.
    wait_until(long_enough(), [&] { return unacknowledged_bytes(fd_.native()) == 0; });
    sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &drop};
    if (::setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
        throw std::runtime_error("a socket filter");
    }
}

void Wire::change_keys() {
    SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(session_.get());
}

bool Wire::was_told_end() const {
    return session_ && (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace restream::test
