#include "dashboard/jobs.hpp"

#include <system_error>

namespace restream {

Jobs::Jobs(std::size_t most_threads, std::size_t most_waiting)
    : most_threads_(most_threads), most_waiting_(most_waiting) {}

Jobs::~Jobs() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        waiting_.clear();
        changed_.notify_all();
    }
    for (auto& each : threads_) each.join();
}

bool Jobs::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (is_ending_ || waiting_.size() >= most_waiting_) return false;
    if (busy_ + waiting_.size() >= threads_.size() && threads_.size() < most_threads_) {
        try {
            threads_.emplace_back([this] { run(); });
        } catch (const std::system_error&) {
            // The system gives no more threads: those that are there do it later.
            if (threads_.empty()) return false;
        }
    }
    waiting_.push_back(std::move(work));
    changed_.notify_one();
    return true;
}

bool Jobs::wait_idle(const Deadline& deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline.left(),
                             [this] { return busy_ == 0 && waiting_.empty(); });
}

void Jobs::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
        if (is_ending_) return;
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        ++busy_;
        lock.unlock();
        work();
        work = nullptr;
        lock.lock();
        --busy_;
        changed_.notify_all();
    }
}

}  // namespace restream
