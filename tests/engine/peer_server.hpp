// A server for one connection, which serves, or misbehaves as it is told.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "engine/certificates.hpp"
#include "engine/listener.hpp"
#include "engine/wire.hpp"
#include "flv/tag.hpp"
#include "rtmp/server.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// Takes one connection on 127.0.0.1, on a thread of its own.
class PeerServer {
  public:
    using Step = RtmpServer::Step;
    /// What it does when it has come to a step, its answers of the step before being written.
    enum class Act {
        serve,
        fall_silent,  ///< reads no more and writes no more
        close,
        reset,
        refuse,         ///< what is wished to be published or played, with words
        refuse_and_go,  ///< the same, and closes behind the words
    };
    struct Script {
        Act act = Act::serve;
        Step at = Step::ended;
        std::vector<Tag> tags = {};          ///< for a player, as soon as it is accepted
        bool says_publisher_left = false;    ///< behind those tags
        bool minds_the_end = true;           ///< closes when the client has half-closed
        int receive_bytes = 0;               ///< of the kernel's buffer; 0: as the system likes
        const Identity* identity = nullptr;  ///< with TLS
        int newest_tls = TLS1_3_VERSION;
    };
    struct Seen {
        std::vector<Tag> tags;
        std::size_t bytes = 0;  ///< read, TLS's own taken off
        bool has_connection = false;
        bool is_accepted = false;
        bool has_acted = false;
        bool has_left = false;      ///< deleteStream and its like
        bool has_ended = false;     ///< the client half-closed, or closed
        bool was_told_end = false;  ///< with TLS's close_notify
        bool is_broken = false;     ///< reset, or a failure of TLS
    };

    PeerServer() : PeerServer(Script()) {}
    explicit PeerServer(Script script);
    ~PeerServer();
    PeerServer(const PeerServer&) = delete;
    PeerServer& operator=(const PeerServer&) = delete;

    int port() const { return listener_.port(); }
    Seen seen() const;
    /// **Blocks** until it is so; false where it never is.
    bool wait_for(const std::function<bool(const Seen&)>& is_so) const;

    /// Each takes effect at once, and before it returns.
    void stop_reading();
    void go_on_reading();
    void close();
    void reset();
    void vanish();
    void change_keys();
    void send(const Tag& tag);  ///< REQUIRES: a player is accepted

  private:
    void run();
    void turn();
    void serve();
    void take_events();
    bool act_where_it_is_time();
    void write();
    void order(std::function<void()> work);

    Script script_;
    Listener listener_;
    Pipe wake_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Seen seen_;
    std::function<void()> order_;
    bool is_ending_ = false;

    // The thread's own.
    std::unique_ptr<Wire> wire_;
    std::unique_ptr<RtmpServer> rtmp_;
    bool reads_ = true;
    bool is_silent_ = false;
    std::thread thread_;
};

}  // namespace restream::test
