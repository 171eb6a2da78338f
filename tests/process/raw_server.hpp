// Servers that misbehave: what each connection gets is up to the test.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/listener.hpp"
#include "rtmp/server.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// A server's end of one connection. Its calls block, until the server goes or the peer does; then
/// they return false.
class RawConnection {
  public:
    RawConnection(Fd socket, const std::atomic<bool>& is_ending)
        : socket_(std::move(socket)), is_ending_(is_ending) {}

    bool send(std::string_view bytes);
    /// What has been sent by now is dropped. Never blocks; false where the peer has closed.
    bool take_what_is_there();
    /// The same, and waits until there is something.
    bool take_next();
    /// What is sent is dropped until the peer closes.
    void drain();
    void drain_until(const std::function<bool()>& is_over);
    /// The same, but no faster than this, with a small buffer in the system.
    void drain_slowly(std::size_t bytes_per_second, const std::function<bool()>& is_over);
    /// Nothing is read, and nothing closed, until `is_over` or the server goes.
    void stall(const std::function<bool()>& is_over);
    /// Plays by the rules up to the wish to publish, and refuses it.
    bool refuse_publisher(RtmpServer& rtmp, std::string_view code);
    /// Plays by the rules until `rtmp` has come to this step, whose answers are sent.
    bool serve_until(RtmpServer& rtmp, RtmpServer::Step step);
    /// Writes what `rtmp` has to say.
    bool flush(RtmpServer& rtmp);
    void reset();  ///< closes with RST

  private:
    bool wait(short events) const;
    Fd socket_;
    const std::atomic<bool>& is_ending_;
};

/// On 127.0.0.1. Each connection is served on a thread of its own; where `serve` returns, it is
/// closed.
class RawServer {
  public:
    using Serve = std::function<void(RawConnection&)>;
    explicit RawServer(Serve serve);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    int port() const { return listener_.port(); }
    std::string url() const { return "rtmp://127.0.0.1:" + std::to_string(port()) + "/live"; }
    int accepted() const { return accepted_; }

  private:
    void run();

    Serve serve_;
    Listener listener_;
    std::atomic<int> accepted_ = 0;
    std::atomic<bool> is_ending_ = false;
    std::vector<std::thread> threads_;
    std::thread thread_;
};

}  // namespace restream::test
