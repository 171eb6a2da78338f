// The inside of a Loop, for the files that put sockets and timers on it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "net/loop.hpp"

namespace restream {

/// Hands work to a loop from threads that may outlive it: a look-up that hangs in the system's
/// resolver cannot be ended, only forgotten.
class LoopInbox {
  public:
    explicit LoopInbox(boost::asio::io_context& context) : context_(&context) {}
    /// Runs `work` on the loop's thread; drops it where the loop is gone.
    void post(std::function<void()> work);
    /// The loop goes.
    void close();

  private:
    std::mutex mutex_;
    boost::asio::io_context* context_;
};

struct Loop::Inside {
    using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    Inside();
    ~Inside();

    /// One thread runs it (the 1), which spares the scheduler its signals between threads.
    boost::asio::io_context context{1};
    WorkGuard has_work{context.get_executor()};  ///< without it, nothing to do means no waiting
    std::shared_ptr<LoopInbox> inbox;
    std::atomic<bool> is_woken =
        false;  ///< one wake-up waits at most, however often wake() is called
};

}  // namespace restream
