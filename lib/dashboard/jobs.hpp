// Work that takes its time, beside the thread that serves.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace restream {

/// A few threads, started when they are needed, and a queue that is bounded.
class Jobs {
  public:
    Jobs(std::size_t most_threads, std::size_t most_waiting);
    /// Waits for what is being done; what waits is dropped.
    ~Jobs();
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    /// False where too much waits already, or no thread can be started. `work` must not throw.
    bool post(std::function<void()> work);
    /// Whether nothing is done nor waits. **Blocks**: until it is so, at most until the deadline.
    bool wait_idle(const Deadline& deadline);

  private:
    void run();

    const std::size_t most_threads_;
    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;
    std::size_t busy_ = 0;
    bool is_ending_ = false;
    std::vector<std::thread> threads_;
};

/// Who waits for destinations holds up nobody who only looks, and many doctors nobody who changes
/// something.
struct Lanes {
    Jobs looks{4, 128};    ///< what is answered from files, in milliseconds
    Jobs queries{2, 32};   ///< commands that only look, and the picture: seconds
    Jobs changes{32, 64};  ///< commands that change something: until the outcome is known

    /// Whether nothing is done nor waits. **Blocks**: until it is so, at most until the deadline.
    bool wait_idle(const Deadline& deadline) {
        return changes.wait_idle(deadline) && queries.wait_idle(deadline) &&
               looks.wait_idle(deadline);
    }
};

}  // namespace restream
