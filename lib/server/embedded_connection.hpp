// One connection of the embedded server: its socket, its protocol, and its deadlines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "ingest/cut_offs.hpp"
#include "net/loop.hpp"
#include "net/socket_watch.hpp"
#include "rtmp/server.hpp"
#include "server/connection_socket.hpp"
#include "server/held_media.hpp"
#include "server/player_counts.hpp"
#include "server/publications.hpp"
#include "system/fd.hpp"

namespace restream {

class EmbeddedConnection;

/// What a connection may take. Everything from the network is hostile.
struct ConnectionLimits {
    Milliseconds handshake = std::chrono::seconds(5);  ///< from connecting on
    Milliseconds wish = std::chrono::seconds(10);      ///< to publish or play, from connecting on
    Milliseconds silent_publisher = std::chrono::seconds(30);
    /// A publisher's message that does not end, unless its bytes flow at `least_bytes_per_s`.
    Milliseconds endless_message = std::chrono::seconds(15);
    /// **Source**: a tenth of the slowest uplink that carries a picture.
    std::size_t least_bytes_per_s = 16 * 1024;
    /// Bytes wait for a player and it takes none.
    Milliseconds stuck_player = std::chrono::seconds(10);
    /// That wait for a player, beyond the burst it got when it came.
    std::size_t most_waiting_bytes = 16 * 1024 * 1024;
    /// For who was refused or put out to read why, and close.
    Milliseconds farewell = std::chrono::seconds(2);
    std::size_t longest_message = 8 * 1024 * 1024;
    /// Of all media that the server has in memory, and of what the queues of all connections have
    /// for themselves. Beyond it, the player with the most unread bytes is cut off. **Source**:
    /// what ten publications may have in their caches (160 MiB), and room for six players with
    /// `most_waiting_bytes` of which none shares a byte with another. Relays that keep up share all
    /// but a cache's burst.
    std::size_t most_held_bytes = 256 * 1024 * 1024;
};

/// What the connections of one server share.
struct ConnectionContext {
    Loop& loop;
    Publications& publications;
    const ConnectionLimits& limits;
    SteadyTime now{};  ///< of this turn of the loop
    /// Who has something to write, or has ended: to be settled before the loop waits again.
    std::vector<EmbeddedConnection*> touched{};
    std::uint64_t dropped_players = 0;
    HeldMedia held{};
    std::size_t queue_bytes = 0;  ///< OutputQueue::own_bytes() of all connections
    PlayerCounts players{};
    CutOffs cut_offs{};
    /// A line for the server's log, without secrets.
    std::function<void(std::string)> log{};
};

/// Lives from accept() until is_over(). Reads when its socket has something, and hands a
/// publisher's tags on at once; what is to be written waits until settle().
class EmbeddedConnection final : public Publisher, public PublicationPlayer {
  public:
    /// **Throws**: Error{refused} where the system has no room for it.
    EmbeddedConnection(ConnectionContext& context, Accepted accepted);
    ~EmbeddedConnection() override;

    /// Writes what waits, as far as the socket takes it. Afterwards it may be over.
    void settle();
    /// To be called again and again: ends it where it has had its time.
    void look_at_clock();
    /// The server ends: says so, and waits for the peer to close.
    void say_goodbye();
    /// Ends it now, without a word.
    void close();
    /// Ends it now, for the sake of others. `code`: of cut_off_words.
    void give_way(std::string_view code);

    bool is_over() const { return state_ == State::over; }
    /// Neither publishes nor plays: it gives way where there are too many.
    bool is_idle() const { return !is_over() && path_ == nullptr; }
    /// What waits for a player, also after it stopped playing; a publisher has 0. **Unit**: bytes.
    std::size_t unread_bytes() const {
        const bool is_publisher = path_ != nullptr && is_publisher_;
        return is_over() || is_publisher ? 0 : rtmp_.output().size();
    }
    /// Whether it is the owner's own process on this machine, such as a relay.
    bool is_owners() const { return context_.publications.is_owners(guest_); }

    SteadyTime last_heard() const override { return last_heard_; }
    void look_again() override;
    void replaced() override;
    void send(const Tag& tag) override;
    void publisher_left() override;
    void publisher_came() override;

  private:
    enum class State {
        open,
        leaving,  ///< what waits is written; then nothing more than the peer's end is awaited
        over,
    };

    void readable();
    Moved read_once();
    void handle_events();
    bool handle(RtmpServer::Event event);
    void learn_who();
    void publish(const RtmpServer::PublishWish& wish);
    void play(const RtmpServer::PlayWish& wish);
    void log_refusal(std::string_view whom, const AdmissionRefusal& refusal);
    void take(const Tag& tag);
    void write();
    void touch();
    /// It publishes or plays no more.
    void leave_path();
    void begin_leaving();
    void count_queue();
    /// Remembers and logs that the server ends it, and why: before it leaves its path.
    void note_cut_off(std::string_view code, std::string detail = {});
    void cut_off(std::string_view code);
    CutOff::Role role() const;
    std::string who() const;
    bool is_too_slow_to_send() const;

    ConnectionContext& context_;
    Fd socket_;
    RtmpServer rtmp_;
    SocketWatch watch_;
    Publications::Guest guest_;
    Publications::Path* path_ = nullptr;
    bool is_publisher_ = false;  ///< of path_; else its player
    State state_ = State::open;
    bool is_touched_ = false;
    bool awaits_writable_ = false;
    bool has_ended_writing_ = false;
    bool has_sent_bytes_ = false;
    bool has_shaken_hands_ = false;
    bool was_cut_off_ = false;
    std::size_t most_waiting_ = 0;
    std::size_t counted_bytes_ = 0;  ///< its part of the context's queue_bytes
    SteadyTime connected_;
    SteadyTime wish_until_;
    SteadyTime leaving_since_{};
    SteadyTime last_heard_;
    SteadyTime last_written_;  ///< or since when something waits
    SteadyTime last_tag_;      ///< or since when bytes came behind it
    std::size_t bytes_since_tag_ = 0;
};

}  // namespace restream
