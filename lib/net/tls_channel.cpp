#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/socket_words_asio.hpp"
#include "net/tls_channel_asio.hpp"
#include "net/tls_openssl.hpp"

namespace restream {

namespace {

using Code = boost::system::error_code;

/// **Source**: RFC 8446, 5.1: the most that one record carries.
constexpr std::size_t longest_record = 16384;
/// Sealed ahead of the socket, at most: what is sealed cannot be dropped any more.
constexpr std::size_t most_sealed_bytes = 4 * longest_record;

bool is_blocked(const Code& error) {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again ||
           error == boost::asio::error::interrupted;
}

/// OpenSSL reads from the socket and writes to `sealed_`, so that all records of one step leave in
/// one system call, and sealing never has to wait for the socket.
class TlsChannel final : public Channel {
  public:
    TlsChannel(Socket connected, std::string host, const std::string& ca_file)
        : Channel(std::move(connected)),
          host_(std::move(host)),
          context_(make_tls_context(ca_file)),
          session_(make_tls_session(*context_, host_)) {
        BIO* const bio = BIO_new(&method());
        if (bio == nullptr) {
            throw Error(ErrorKind::refused, "starting TLS: " + take_tls_words());
        }
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(session_.get(), bio, bio);  // the session owns it
    }

    Transfer open() override;
    Transfer read(const Spaces& spaces) override;
    Transfer write(OutputQueue& queue) override;
    std::size_t unwritten_bytes() const override { return sealed_.size() - written_; }
    Transfer say_end() override;

  private:
    static const BIO_METHOD& method();
    static int take_sealed(BIO* bio, const char* bytes, int size) noexcept;
    static int give_sealed(BIO* bio, char* bytes, int size) noexcept;
    static long control(BIO* bio, int command, long number, void* pointer) noexcept;

    int read_socket(std::span<std::uint8_t> space) noexcept;
    Transfer write_sealed();
    void seal(OutputQueue& queue);
    RtmpEnding failure(int result, const char* during);

    std::string host_;
    TlsContext context_;
    TlsSession session_;
    std::vector<std::uint8_t> sealed_;
    std::size_t written_ = 0;  ///< of `sealed_`
    bool is_open_ = false;
    bool is_drained_ = false;  ///< the socket gave less than was asked for: it is empty
    bool has_said_end_ = false;
    Code broken_;  ///< the socket's own error, or eof
};

const BIO_METHOD& TlsChannel::method() {
    // Read-only from the first use on; made at run time because OpenSSL hides its shape.
    static const std::unique_ptr<BIO_METHOD, TlsFree> method = [] {
        std::unique_ptr<BIO_METHOD, TlsFree> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "restream"));
        if (!made) throw Error(ErrorKind::refused, "starting TLS: " + take_tls_words());
        BIO_meth_set_write(made.get(), &TlsChannel::take_sealed);
        BIO_meth_set_read(made.get(), &TlsChannel::give_sealed);
        BIO_meth_set_ctrl(made.get(), &TlsChannel::control);
        return made;
    }();
    return *method;
}

int TlsChannel::take_sealed(BIO* bio, const char* bytes, int size) noexcept {
    auto& self = *static_cast<TlsChannel*>(BIO_get_data(bio));
    self.sealed_.insert(self.sealed_.end(), bytes, bytes + size);
    return size;
}

int TlsChannel::give_sealed(BIO* bio, char* bytes, int size) noexcept {
    BIO_clear_retry_flags(bio);
    auto& self = *static_cast<TlsChannel*>(BIO_get_data(bio));
    const int got =
        self.read_socket({reinterpret_cast<std::uint8_t*>(bytes), static_cast<std::size_t>(size)});
    if (got < 0 && !self.broken_) BIO_set_retry_read(bio);
    return got;
}

long TlsChannel::control(BIO*, int command, long, void*) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// As BIO_read: bytes, 0 at the end, -1 where there is nothing now or the connection broke.
int TlsChannel::read_socket(std::span<std::uint8_t> space) noexcept {
    if (broken_) return broken_ == boost::asio::error::eof ? 0 : -1;
    if (is_drained_) return -1;
    Code error;
    const std::size_t got =
        socket().read_some(boost::asio::mutable_buffer(space.data(), space.size()), error);
    is_drained_ = is_blocked(error) || (!error && got < space.size());
    if (!error) return static_cast<int>(got);
    if (!is_blocked(error)) broken_ = error;
    return error == boost::asio::error::eof ? 0 : -1;
}

/// What `result` of a call on the session means; REQUIRES: it does not mean "later".
RtmpEnding TlsChannel::failure(int result, const char* during) {
    const int kind = SSL_get_error(session_.get(), result);
    std::string words = take_tls_words();
    if (is_open_ && kind == SSL_ERROR_ZERO_RETURN) {
        return socket_ending(boost::asio::error::eof, peer());
    }
    if (is_open_ && broken_) return socket_ending(broken_, peer());
    if (!is_open_) {
        if (auto ending = certificate_ending(*session_, host_)) return *ending;
    }
    if (broken_) words = socket_ending(broken_, peer()).detail;
    if (words.empty()) words = "the peer ended it";
    return {RtmpEnding::Cause::tls_failed,
            describe(peer()) + ": " + during + ": " + std::move(words)};
}

Transfer TlsChannel::open() {
    is_drained_ = false;
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    // Also where it failed: the alert tells the peer why.
    Transfer written = write_sealed();
    if (result == 1) {
        is_open_ = true;
        if (written.state != Transfer::State::ended) written.state = Transfer::State::more;
        return written;
    }
    const int kind = SSL_get_error(session_.get(), result);
    const bool is_later = kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
    if (is_later && written.state == Transfer::State::ended) {
        // It closed or reset before it had read our first words: whatever it is, it has no TLS.
        return {.state = Transfer::State::ended,
                .ending = RtmpEnding{RtmpEnding::Cause::tls_failed,
                                     "TLS's handshake: " + written.ending->detail}};
    }
    if (is_later) {
        if (written.state == Transfer::State::more) written.state = Transfer::State::blocked;
        return written;
    }
    return {.state = Transfer::State::ended, .ending = failure(result, "TLS's handshake")};
}

Transfer TlsChannel::read(const Spaces& spaces) {
    Transfer all{.state = Transfer::State::more};
    for (std::span<std::uint8_t> space : spaces) {
        while (!space.empty()) {
            ERR_clear_error();
            std::size_t got = 0;
            const int result = SSL_read_ex(session_.get(), space.data(), space.size(), &got);
            if (result == 1) {
                all.bytes += got;
                space = space.subspan(got);
                continue;
            }
            if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) {
                is_drained_ = false;  // the next time that somebody asks, there is news
                all.state = Transfer::State::blocked;
                return all;
            }
            all.state = Transfer::State::ended;
            all.ending = failure(result, "TLS");
            return all;
        }
    }
    return all;
}

Transfer TlsChannel::write(OutputQueue& queue) {
    Transfer all = write_sealed();
    while (all.state == Transfer::State::more && !queue.is_empty()) {
        seal(queue);
        Transfer one = write_sealed();
        one.bytes += all.bytes;
        all = std::move(one);
    }
    return all;
}

/// Full records as far as possible, whatever pieces the queue is made of.
void TlsChannel::seal(OutputQueue& queue) {
    std::array<std::uint8_t, longest_record> plain;
    std::array<std::span<const std::uint8_t>, 64> pieces;
    while (!queue.is_empty() && unwritten_bytes() < most_sealed_bytes) {
        std::size_t size = 0;
        for (const auto& piece : std::span(pieces.data(), queue.gather(pieces))) {
            const std::size_t part = std::min(piece.size(), plain.size() - size);
            std::ranges::copy(piece.first(part), plain.begin() + static_cast<long>(size));
            size += part;
        }
        ERR_clear_error();
        std::size_t taken = 0;
        if (SSL_write_ex(session_.get(), plain.data(), size, &taken) != 1) {
            // Nothing but a session that has failed before: reading tells how.
            if (!broken_) broken_ = boost::asio::error::connection_aborted;
            return;
        }
        queue.consume(taken);
    }
}

Transfer TlsChannel::write_sealed() {
    Transfer all{.state = Transfer::State::more};
    while (written_ < sealed_.size()) {
        const std::array piece = {std::span<const std::uint8_t>(sealed_).subspan(written_)};
        Transfer one = give(piece);
        written_ += one.bytes;
        one.bytes += all.bytes;
        all = std::move(one);
        if (all.state != Transfer::State::more) return all;
    }
    sealed_.clear();
    written_ = 0;
    if (broken_ && broken_ != boost::asio::error::eof) {
        return {.state = Transfer::State::ended,
                .bytes = all.bytes,
                .ending = socket_ending(broken_, peer())};
    }
    return all;
}

Transfer TlsChannel::say_end() {
    if (!has_said_end_) {
        has_said_end_ = true;
        ERR_clear_error();
        (void)SSL_shutdown(session_.get());  // 0: said, and not yet answered
        ERR_clear_error();
    }
    Transfer written = write_sealed();
    return written.state == Transfer::State::more ? shut() : written;
}

}  // namespace

std::unique_ptr<Channel> make_tls_channel(Channel::Socket socket, const std::string& host,
                                          const std::string& ca_file) {
    return std::make_unique<TlsChannel>(std::move(socket), host, ca_file);
}

}  // namespace restream
