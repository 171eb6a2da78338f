// The inside of a ClientConnection.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "client/client_connection.hpp"
#include "client/stall_watch.hpp"
#include "net/channel_asio.hpp"
#include "net/connector_asio.hpp"
#include "rtmp/client.hpp"
#include "rtmp/connect_trail.hpp"

namespace restream {

/// Handlers on the loop hold it weakly: it goes with its ClientConnection, whatever is on its way.
class ClientConnection::Inside : public std::enable_shared_from_this<Inside> {
  public:
    Inside(Loop& loop, Request request);
    /// REQUIRES: a shared_ptr has it.
    void begin();

    bool is_accepted() const { return is_accepted_ && !ending_; }
    bool was_accepted() const { return is_accepted_; }
    std::optional<RtmpEnding> ending() const;
    Event poll();
    bool is_ready() const;
    void send(const Tag& tag);
    void finish(const Deadline& deadline);
    std::optional<double> rtt_ms() const;
    SteadyClock::duration standing(SteadyTime now) const { return stall_.standing(now); }
    std::optional<TcpFacts> tcp() const;
    SteadyTime last_moved() const { return last_moved_; }

  private:
    enum class Phase {
        connecting,  ///< name and TCP
        securing,    ///< TLS's handshake
        talking,     ///< RTMP
        leaving,     ///< the goodbye is being written
        awaiting,    ///< half-closed: the peer closes next
        ended,
    };

    void take_connection(Connector::Result result);
    void secure();
    void talk();
    void read();
    void discard();
    void take_events();
    void take_event(RtmpClient::Event event);
    void connect();
    /// The server refused: connects anew where it asked for a login or named another place. False
    /// where that is the end.
    bool connect_again(RtmpEnding& ending);
    void write();
    void leave();
    /// The channel said that it ended: the peer's last words come first.
    void lose(RtmpEnding how);
    void end(RtmpEnding ending);

    void await_readable();
    void await_writable();
    void on_readable();
    void on_writable();

    void look_again_at(SteadyTime at);
    void look_at_clock();
    void look_at_silence(SteadyTime now);
    void look_at_stall(SteadyTime now);
    RtmpEnding timed_out() const;
    /// The system's own clock ran out, for bytes or for a question whether the peer is there.
    RtmpEnding given_up_by_system(RtmpEnding how) const;
    bool is_full() const;
    bool is_awaited() const;  ///< an answer is due at the deadline
    std::string peer() const;

    Loop& loop_;
    Request request_;
    ConnectTrail trail_;
    Phase phase_ = Phase::connecting;
    std::optional<Connector> connector_;
    std::unique_ptr<Channel> channel_;
    std::unique_ptr<RtmpClient> client_;
    std::optional<RtmpEnding> ending_;

    std::deque<Event> arrived_;
    std::size_t arrived_bytes_ = 0;
    bool is_accepted_ = false;
    bool has_heard_tag_ = false;
    bool is_awaiting_readable_ = false;
    bool is_awaiting_writable_ = false;

    boost::asio::steady_timer timer_;
    SteadyTime timer_at_ = SteadyTime::max();
    Deadline deadline_;  ///< of connecting, then of the goodbye
    SteadyTime last_moved_;
    SteadyTime last_heard_;
    StallWatch stall_;
};

}  // namespace restream
