// A bad line: stands between a relay and its destination, and fails on demand.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "system/fd.hpp"

namespace restream::test {

/// Forwards TCP connections on loopback. What it is told takes effect within milliseconds.
class TcpProxy {
  public:
    /// What happens on the line.
    enum class Mode {
        pass,
        stall,   ///< takes connections, forwards nothing, reads nothing: buffers fill up
        refuse,  ///< nobody listens
    };

    /// Forwards its own port to `target_port`.
    explicit TcpProxy(int target_port);
    ~TcpProxy();

    int port() const { return port_; }
    void set_mode(Mode mode);
    /// Cuts every connection there is; new ones are taken.
    void cut();
    /// Cuts each new connection when it has lived that long; 0: never.
    void cut_each_after(int milliseconds) { lifetime_ms_ = milliseconds; }

    int accepted() const { return accepted_; }
    int open_connections() const { return open_; }
    long bytes_forwarded() const { return bytes_forwarded_; }

  private:
    struct Connection;
    void run();
    void listen_or_not();
    void accept_one();
    void turn();
    void drop_ended();

    int target_port_;
    int port_;
    Fd listener_;
    Pipe wake_;
    std::atomic<Mode> mode_ = Mode::pass;
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> is_cutting_ = false;
    std::atomic<int> lifetime_ms_ = 0;
    std::atomic<int> accepted_ = 0;
    std::atomic<int> open_ = 0;
    std::atomic<long> bytes_forwarded_ = 0;
    std::atomic<bool> is_settled_ = false;  ///< the thread has seen the last change
    std::vector<std::unique_ptr<Connection>> connections_;
    std::thread thread_;
};

}  // namespace restream::test
