// Plain sockets on loopback, for the other side of a connection.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// Far beyond what anything here takes, on a busy machine too: reached only by what has failed.
inline Deadline long_enough() { return Deadline::after(std::chrono::seconds(10)); }

/// A port on loopback that takes connections into its backlog.
class Listener {
  public:
    /// Port 0: any that is free.
    explicit Listener(const char* address = "127.0.0.1", int port = 0);
    /// From now on no connect to it gets an answer, as if packets went nowhere.
    void fall_silent();

    int port() const { return port_; }
    const Fd& fd() const { return fd_; }
    /// The next connection. **Blocks** until there is one; not open where none comes in time.
    Fd accept(const Deadline& deadline = long_enough()) const;

  private:
    std::string address_;
    Fd fd_;
    int port_ = 0;
    std::vector<Fd> queued_;
};

/// One port on ::1 and on 127.0.0.1.
struct Twins {
    Listener six;
    Listener four;
};
Twins listen_on_both();

/// A port that nobody listens on, and that nobody else can get while this lives.
class ClosedPort {
  public:
    ClosedPort();
    int port() const { return port_; }

  private:
    Fd fd_;
    int port_ = 0;
};

/// Closes with RST instead of FIN.
void reset(Fd& connection);
/// How many descriptors this process has open.
std::size_t count_descriptors();
/// How many threads it has.
std::size_t count_threads();

}  // namespace restream::test
