// The bytes of one connection: plain, or sealed by TLS.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/ending.hpp"
#include "base/output_queue.hpp"

namespace restream {

/// How far one step on a socket came. None of them blocks.
struct Transfer {
    enum class State {
        more,     ///< the same again may move more
        blocked,  ///< wait for the socket first
        ended,    ///< no more, ever: see `ending`
    };
    State state = State::blocked;
    std::size_t bytes = 0;  ///< moved by this step, also where it ended
    std::optional<RtmpEnding> ending = {};
};

/// A connected socket and what lies on it. The socket is closed with it.
class Channel {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using Spaces = std::array<std::span<std::uint8_t>, 2>;

    explicit Channel(Socket socket);
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// What comes before the first byte: TLS's handshake. `more` where it is done; where it is
    /// blocked, wants_to_write() says on what.
    virtual Transfer open() = 0;
    /// One read; where it filled the spaces, there may be `more`.
    virtual Transfer read(const Spaces& spaces) = 0;
    /// Takes from the queue and gives to the socket until the queue is empty and all is written, or
    /// the socket takes no more.
    virtual Transfer write(OutputQueue& queue) = 0;
    /// Bytes taken from a queue that the socket has not taken yet.
    virtual std::size_t unwritten_bytes() const = 0;
    /// Tells the peer that nothing more comes. Where it is blocked: write() goes on with it, and
    /// then again.
    virtual Transfer say_end() = 0;
    /// Reads from the socket what nobody wants any more.
    Transfer discard();

    Socket& socket() { return socket_; }
    const Socket::endpoint_type& peer() const { return peer_; }
    /// Given to the socket so far, headers of TLS included.
    std::uint64_t bytes_given() const { return bytes_given_; }

  protected:
    /// One gathered write.
    Transfer give(std::span<const std::span<const std::uint8_t>> pieces);
    /// Half-closes.
    Transfer shut();

  private:
    Socket socket_;
    Socket::endpoint_type peer_;
    std::uint64_t bytes_given_ = 0;
};

std::unique_ptr<Channel> make_plain_channel(Channel::Socket socket);

}  // namespace restream
