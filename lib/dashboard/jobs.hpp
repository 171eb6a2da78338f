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

    /// False where too much waits already. `work` must not throw.
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

}  // namespace restream
