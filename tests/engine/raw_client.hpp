// Bare sockets to a server on loopback, for peers that do not play by the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "rtmp/client.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// Connected. **Throws**: std::runtime_error where nobody takes it.
Fd connect_to(int port);
/// The same over IPv6.
Fd connect_to_ipv6(int port);
/// The same as connect_to(), and the system takes hardly anything in for who does not read.
Fd connect_with_short_buffer(int port);
/// Whether the peer closes, or has closed, the connection. **Blocks** until then or the deadline.
/// What it says before is dropped.
bool is_closed_by_peer(const Fd& socket, const Deadline& deadline);
/// No more is sent; reading goes on.
void half_close(const Fd& socket);

/// A publisher that was accepted, with its socket: what it sends from now on is up to the test.
class RawPublisher {
  public:
    /// **Throws**: std::runtime_error where it is not accepted in time.
    explicit RawPublisher(int port, std::string_view app = "live");
    void send(const Tag& tag);
    void send_raw(std::span<const std::uint8_t> bytes);
    const Fd& fd() const { return fd_; }
    void close() { fd_.close(); }

  private:
    void write_output();
    Fd fd_;
    RtmpClient client_;
};

/// A player that was accepted and reads nothing more; the system takes hardly anything in for it.
class RawPlayer {
  public:
    /// **Throws**: std::runtime_error where it is not accepted in time.
    explicit RawPlayer(int port, std::string_view app = "live");
    const Fd& fd() const { return fd_; }

  private:
    Fd fd_;
};

/// This process may have one more descriptor, and no other. Until it goes.
class DescriptorLimit {
  public:
    DescriptorLimit();
    ~DescriptorLimit();
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  private:
    std::size_t before_;
};

}  // namespace restream::test
