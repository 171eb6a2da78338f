// One client's connection, with TLS or without, as one kind of thing to read from and write to.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <utility>

#include "net/tls_identity.hpp"

namespace restream {

/// What is read and written goes through TLS where there is TLS. Every deadline is that of the TCP
/// connection below: what takes longer fails, the handshake too.
class Line {
  public:
    using Tcp = boost::beast::tcp_stream;
    using Tls = boost::beast::ssl_stream<Tcp&>;
    using executor_type = Tcp::executor_type;

    /// `identity`: what it shows; null: it speaks without TLS.
    Line(boost::asio::ip::tcp::socket socket, const TlsIdentity* identity)
        : tcp_(std::move(socket)) {
        if (identity == nullptr) return;
        // It keeps what it needs of the context.
        boost::asio::ssl::context context(identity->share());
        tls_.emplace(tcp_, context);
    }

    executor_type get_executor() { return tcp_.get_executor(); }
    Tcp& tcp() { return tcp_; }
    boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }
    bool has_tls() const { return tls_.has_value(); }
    /// REQUIRES: has_tls().
    Tls& tls() { return *tls_; }
    /// Whoever is there does not speak it. REQUIRES: nothing is under way.
    void drop_tls() { tls_.reset(); }

    // As AsyncReadStream and AsyncWriteStream of Boost.Asio have them.
    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
        return tcp_.async_read_some(buffers, std::forward<Handler>(handler));
    }
    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
        return tcp_.async_write_some(buffers, std::forward<Handler>(handler));
    }

  private:
    Tcp tcp_;
    std::optional<Tls> tls_;
};

}  // namespace restream
