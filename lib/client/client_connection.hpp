// An RTMP client with its socket: connects, over TLS where the URL says so, plays or publishes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/ending.hpp"
#include "flv/tag.hpp"
#include "net/look_up.hpp"
#include "net/loop.hpp"
#include "rtmp/client.hpp"
#include "rtmp/endpoint.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

/// One connection on a Loop. Its constructor begins to connect and returns; what became of it is
/// asked after each Loop::run_once(). Destroying it closes the socket without a goodbye. Never
/// throws for what the network does.
///
/// With TLS, the certificate and the host's name are verified (SNI is sent); the key is sent only
/// afterwards. TCP_NODELAY is set; TCP_NOTSENT_LOWAT is 128 KiB for a publisher, so that the
/// kernel does not hide seconds.
class ClientConnection {
  public:
    struct Request {
        RtmpEndpoint endpoint;
        RtmpRole role = RtmpRole::play;
        std::vector<std::string> fourccs;  ///< as RtmpClient::Setup's
        std::string ca_file;  ///< PEM with the authorities to trust; empty: the system's
        /// For all of: name, TCP, TLS, handshake, connect, createStream; for a publisher also
        /// publish. Each address of the name gets a part of it.
        Milliseconds connect_deadline = std::chrono::seconds(10);
        /// Publisher: bytes wait and the peer takes none for this long: `stalled`.
        Milliseconds write_deadline = std::chrono::seconds(10);
        /// Player, while it is sent tags: nothing at all for this long: `stalled`. Before the first
        /// one, and after the publisher left, it waits as long as it likes.
        Milliseconds longest_silence = std::chrono::seconds(30);
        LookUp how_to_look_up = {};  ///< empty: the system's; never asked for a numeric address
    };
    struct Nothing {};
    struct PublisherLeft {};
    using Event = std::variant<Nothing, Tag, PublisherLeft, RtmpEnding>;

    ClientConnection(Loop& loop, Request request);
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    /// Publisher: Publish.Start was heard. Player: play was accepted. Still so when it has ended.
    bool is_accepted() const;
    /// It is, or it was before it ended.
    bool was_accepted() const;
    /// How it ended; then nothing but destruction is left. A player's, once poll() has given all
    /// that arrived.
    std::optional<RtmpEnding> ending() const;
    /// Player: the next thing that arrived; Nothing where the loop has to run first. All that
    /// arrived comes before the ending. Where 1 MiB waits to be fetched, no more is read.
    Event poll();

    /// Publisher: nothing sent before waits to be written. Where it is false, run the loop.
    bool is_ready() const;
    /// Writes now what the socket takes, and the rest as the loop runs. REQUIRES: is_accepted().
    void send(const Tag& tag);
    /// Says goodbye behind what waits, half-closes, and waits for the peer's close; then ends as
    /// `stopped`. At most until the deadline. Works at every step.
    void finish(const Deadline& deadline);

    /// As the system says; nothing where it does not. **Unit**: milliseconds.
    std::optional<double> rtt_ms() const;
    /// Likewise.
    std::optional<TcpFacts> tcp() const;
    /// Publisher: for how long bytes have waited and the peer took none, as of the last second.
    SteadyClock::duration standing(SteadyTime now) const;
    /// When the last byte arrived or was taken.
    SteadyTime last_moved() const;

  private:
    class Inside;
    std::shared_ptr<Inside> inside_;
};

}  // namespace restream
