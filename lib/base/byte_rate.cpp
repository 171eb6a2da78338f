#include "base/byte_rate.hpp"

#include <algorithm>
#include <cmath>

namespace restream {

namespace {

/// Of less, a single message would be taken for a flow.
constexpr Milliseconds shortest_span(500);

}  // namespace

void ByteRate::restart(SteadyTime now, std::uint64_t bytes) {
    samples_[0] = {now, bytes};
    count_ = 1;
}

void ByteRate::add(SteadyTime now, std::uint64_t bytes) {
    if (count_ == 0) return restart(now, bytes);
    if (now - samples_[count_ - 1].at < shortest_span) return;
    if (count_ == samples_.size()) {
        std::shift_left(samples_.begin(), samples_.end(), 1);
        --count_;
    }
    samples_[count_++] = {now, bytes};
}

std::uint32_t ByteRate::kbps() const {
    if (count_ < 2) return 0;
    const Sample& first = samples_[0];
    const Sample& last = samples_[count_ - 1];
    const double seconds = std::chrono::duration<double>(last.at - first.at).count();
    const double bits = static_cast<double>(last.bytes - first.bytes) * 8;
    return static_cast<std::uint32_t>(std::lround(bits / seconds / 1000));
}

}  // namespace restream
