// A destination of the self-test: a platform on this machine, that behaves as it is told to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "net/loop.hpp"
#include "selftest/figures.hpp"
#include "system/fd.hpp"

namespace restream::selftest {

/// How a platform behaves, towards whoever is connected and whoever comes.
enum class Manner {
    takes,      ///< as it should
    ponders,    ///< leaves the wish to publish without an answer
    refuses,    ///< refuses the stream key
    stalls,     ///< reads nothing more; its kernel still answers
    vanishes,   ///< its machine answers nothing more
    is_closed,  ///< nobody listens; who was connected is cut off
};

/// Listens at a free port of 127.0.0.1, on a thread of its own.
class LocalSink {
  public:
    /// One connection, in the order in which they came.
    struct Session {
        std::optional<SteadyTime> first_keyframe;
        std::vector<Arrival> arrivals;
        bool said_goodbye = false;
        bool has_ended = false;
    };

    /// **Throws**: Error{refused} where it cannot listen.
    explicit LocalSink(Manner manner = Manner::takes);
    ~LocalSink();
    LocalSink(const LocalSink&) = delete;
    LocalSink& operator=(const LocalSink&) = delete;

    int port() const { return port_; }
    std::string url() const;
    void behave(Manner manner);
    /// False where this system cannot do `vanishes`.
    bool can_vanish() const { return can_vanish_; }

    std::size_t session_count() const;
    /// The last one; an empty one where there was none.
    Session last_session() const;
    /// Of all its sessions.
    std::vector<Arrival> arrivals() const;
    /// The number of pictures that came, over all sessions.
    std::size_t picture_count() const { return pictures_; }

  private:
    class Connection;
    class Door;
    void run(std::vector<Fd> listeners);

    Loop loop_;
    mutable std::mutex mutex_;
    std::vector<Session> sessions_;
    std::atomic<Manner> manner_;
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> can_vanish_ = true;
    std::atomic<std::size_t> pictures_ = 0;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace restream::selftest
