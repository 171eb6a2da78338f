// What the embedded server's thread waits in.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/fd.hpp"

namespace restream {

/// Waits until sockets can be read or written, on Boost.Asio. It only waits: the reading and
/// writing is done by whoever asked, so that no byte is read on suspicion.
///
/// Used by one thread; only wake() is for others.
class SocketLoop {
  public:
    class Watch;

    SocketLoop();
    ~SocketLoop();
    SocketLoop(const SocketLoop&) = delete;
    SocketLoop& operator=(const SocketLoop&) = delete;

    /// Calls what one socket is ready for. **Blocks**: until then, wake(), or the deadline.
    void run_once(const Deadline& deadline);
    /// Ends the run_once() that blocks now, or the next one at once.
    void wake();

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// Waits for one socket, on its loop, as often as it is asked to. Destroyed, also by what it calls,
/// it calls nothing more. The loop must outlive it, and it must go before its socket is closed.
class SocketLoop::Watch {
  public:
    /// **Throws**: Error{refused} where the system has no room for it.
    Watch(SocketLoop& loop, const Fd& socket, std::function<void()> readable,
          std::function<void()> writable = {});
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Once: `readable` is called when there is something to read, the peer's end, or an error.
    void await_readable();
    /// Once: `writable` is called when something can be written. No second time before that.
    void await_writable();

  private:
    struct Inside;
    std::shared_ptr<Inside> inside_;
};

}  // namespace restream
