// How long a test waits, counted in time that this machine had to spare.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.hpp"

namespace restream::test {

/// Time as a test counts it: a busy machine (other tests, a build) makes it slower, so that a deadline is about
/// what the test waits for. While less than a tenth of all processors is idle, time counts a quarter.
class CountedTime {
  public:
    /// How often to look at the processors: the kernel counts in hundredths of a second.
    static constexpr Milliseconds between_looks = Milliseconds(100);

    CountedTime();
    /// What has passed since the construction. To be asked again and again while it passes: what passed since
    /// the last time counts as the processors were on average.
    Milliseconds passed();

  private:
    struct Processors {
        std::uint64_t idle = 0;
        std::uint64_t all = 0;
    };
    static Processors look();

    SteadyTime looked_at_;
    Processors last_;
    SteadyClock::duration counted_{0};
};

/// A deadline in counted time, for wait_until() below.
class Patience {
  public:
    explicit Patience(SteadyClock::duration span) : span_(span) {}
    SteadyClock::duration span() const { return span_; }

  private:
    SteadyClock::duration span_;
};

/// As restream::wait_until. **Blocks**: at most so long, in counted time.
bool wait_until(const Patience& patience, const std::function<bool()>& is_true,
                Milliseconds between = Milliseconds(5));

/// The same for what another thread announces. REQUIRES: the lock is held.
template <typename Predicate>
bool wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                const Patience& patience, const Predicate& is_true) {
    CountedTime time;
    for (;;) {
        const bool is_so = changed.wait_for(lock, CountedTime::between_looks, is_true);
        if (is_so || time.passed() >= patience.span()) return is_so;
    }
}

}  // namespace restream::test
