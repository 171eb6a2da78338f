#include "process/patience.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "system/paths.hpp"

namespace restream::test {

namespace {

constexpr int slower_when_busy = 4;

}  // namespace

CountedTime::CountedTime() : looked_at_(SteadyClock::now()), last_(look()) {}

/// The first line of /proc/stat: user nice system idle iowait irq softirq steal.
CountedTime::Processors CountedTime::look() {
    std::istringstream line(try_read_file("/proc/stat", 1 << 20).value_or(""));
    std::string name;
    line >> name;
    Processors found;
    std::uint64_t ticks = 0;
    for (int column = 0; column < 8 && line >> ticks; ++column) {
        found.all += ticks;
        if (column == 3 || column == 4) found.idle += ticks;
    }
    return found;
}

Milliseconds CountedTime::passed() {
    const SteadyTime now = SteadyClock::now();
    const auto since = now - looked_at_;
    if (since >= between_looks) {
        const Processors seen = look();
        const std::uint64_t all = seen.all - last_.all;
        // Where the system does not say, every second counts.
        const bool is_busy = all > 0 && (seen.idle - last_.idle) * 10 < all;
        counted_ += is_busy ? since / slower_when_busy : since;
        last_ = seen;
        looked_at_ = now;
        return std::chrono::duration_cast<Milliseconds>(counted_);
    }
    return std::chrono::duration_cast<Milliseconds>(counted_ + since / slower_when_busy);
}

bool wait_until(const Patience& patience, const std::function<bool()>& is_true,
                Milliseconds between) {
    CountedTime time;
    // Each turn of the inner wait is short enough for the processors to be looked at often.
    for (;;) {
        const bool is_so = restream::wait_until(
            Deadline::after(std::min<SteadyClock::duration>(CountedTime::between_looks, patience.span())),
            is_true, between);
        if (is_so || time.passed() >= patience.span()) return is_so;
    }
}

}  // namespace restream::test
