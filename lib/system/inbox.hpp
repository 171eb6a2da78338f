// What this process is asked by signals, in one place to wait for.
#pragma once

#include "base/clock.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream {

/// Takes the place of signal handlers: from its construction on, what other processes ask (see Ask)
/// waits here until it is fetched. One per process, made before any thread is started.
class Inbox {
  public:
    enum class What {
        timeout,
        stop,
        nudge,
        reload,
        child_ended,   ///< the child that was passed to wait() has ended; not reaped yet
        line_changed,  ///< the line that was passed to wait() has bytes, or its other end is gone
    };

    /// **Throws**: Error{refused}.
    Inbox();

    /// The next thing that happens. **Blocks**: until then, at most until the deadline.
    What wait(const Deadline& deadline, const ChildProcess* child = nullptr,
              const Fd* line = nullptr);

  private:
    Fd signals_;
};

}  // namespace restream
