#include "worker/record_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace restream {

namespace {

/// **Source**: DESIGN, "figures ≤ 1/s".
constexpr Milliseconds figures_interval(1000);

}  // namespace

RecordKeeper::RecordKeeper(const Registry& registry, LogFile& log, Record first,
                           std::function<void(Milliseconds)> beside)
    : registry_(registry),
      log_(log),
      beside_(std::move(beside)),
      record_(std::move(first)),
      thread_([this] { run(); }) {}

RecordKeeper::~RecordKeeper() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void RecordKeeper::change(const std::function<void(Record&)>& edit) {
    const std::lock_guard lock(mutex_);
    edit(record_);
    is_urgent_ = true;
    changed_.notify_all();
}

void RecordKeeper::count(const std::function<void(Record&)>& edit) {
    const std::lock_guard lock(mutex_);
    edit(record_);
}

Record RecordKeeper::current() const {
    const std::lock_guard lock(mutex_);
    return record_;
}

void RecordKeeper::run() {
    std::unique_lock lock(mutex_);
    Milliseconds late(0);
    while (true) {
        const bool is_ending = is_ending_;
        is_urgent_ = false;
        record_.written = std::chrono::system_clock::now();
        const Record copy = record_;
        lock.unlock();
        write(copy);
        if (beside_) beside_(late);
        lock.lock();
        if (is_ending) return;
        const SteadyTime turn = SteadyClock::now() + figures_interval;
        changed_.wait_until(lock, turn, [this] { return is_urgent_ || is_ending_; });
        late = std::max(Milliseconds(0),
                        std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - turn));
    }
}

void RecordKeeper::write(const Record& record) {
    const auto error = registry_.publish(record);
    if (error) registry_.forget_record(record.name);
    const bool has_failed = static_cast<bool>(error);
    if (has_failed && !has_failed_) {
        log_.line(
            fmt::format("the record cannot be written: {}; the relay goes on", error.message()));
    }
    has_failed_ = has_failed;
}

}  // namespace restream
