// Whether bytes that wait to be taken are taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace restream {

/// A value that is told now and then how much waits. What the kernel took counts only when the
/// peer's kernel has acknowledged it: at a low bitrate, the send buffer hides a peer that vanished
/// for minutes.
class StallWatch {
  public:
    explicit StallWatch(SteadyTime now) : moved_at_(now) {}

    /// Something is about to wait: the time counts from here, where nothing waited before.
    void begin_to_wait(SteadyTime now) {
        if (!is_idle_) return;
        is_idle_ = false;
        moved_at_ = now;
    }
    /// `given`: to the kernel, ever; `unacknowledged`: of those; `waiting`: not given yet.
    void look(SteadyTime now, std::uint64_t given, std::size_t unacknowledged,
              std::size_t waiting) {
        const std::uint64_t taken = given - unacknowledged;
        is_idle_ = unacknowledged + waiting == 0;
        if (taken > taken_ || is_idle_) moved_at_ = now;
        taken_ = taken;
    }
    /// For how long bytes have waited, and none was taken.
    SteadyClock::duration standing(SteadyTime now) const {
        return is_idle_ ? SteadyClock::duration::zero() : now - moved_at_;
    }
    SteadyTime moved_at() const { return moved_at_; }

  private:
    SteadyTime moved_at_;
    std::uint64_t taken_ = 0;
    bool is_idle_ = true;
};

}  // namespace restream
