// What a thread waits in: sockets, timers, and others that wake it.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"

namespace restream {

/// The sockets and timers of one thread. Everything that lives on a loop is made, used and
/// destroyed by that thread, and before the loop. Only wake() is for others.
///
/// Used by polling: run_once(), then look at what has changed.
class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Handles one thing: what came first of all that is ready. Asking for more would cost a system
    /// call for each message. **Blocks**: until it was handled, wake() was called, or the deadline.
    void run_once(const Deadline& deadline);
    /// Ends the run_once() that blocks now, or the next one at once.
    void wake();

    /// Boost.Asio's io_context, for the few files that include it.
    struct Inside;
    Inside& inside() { return *inside_; }

  private:
    std::unique_ptr<Inside> inside_;
};

}  // namespace restream
