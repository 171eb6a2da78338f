#include "media/sample_clock.hpp"

#include <algorithm>
#include <cmath>

namespace restream {

namespace {

/// How far from the milliseconds the clock may be for a while. **Source**: ITU-R BT.1359: nobody
/// sees sound that is 45 ms early, or 125 ms late.
constexpr std::int64_t tolerance_ms = 15;
/// So far off is no jitter: frames were left out.
constexpr std::int64_t jump_ms = 60;
/// The publisher's jitter is averaged over about as many frames: 0.4 s of AAC.
constexpr double averaged_frames = 16;

}  // namespace

std::int64_t SampleClock::in_samples(std::int64_t ms) const {
    return (ms * rate_hz_ + (ms < 0 ? -500 : 500)) / 1000;
}

/// What the milliseconds change about where the frame begins.
std::int64_t SampleClock::correction(std::int64_t error) {
    behind_ += (static_cast<double>(error) - behind_) / averaged_frames;
    const bool is_jump = std::abs(error) >= in_samples(jump_ms);
    if (!is_jump && std::abs(behind_) <= static_cast<double>(in_samples(tolerance_ms))) return 0;
    const double change = is_jump ? static_cast<double>(error) : behind_;
    behind_ = 0;
    return std::llround(change);
}

std::int64_t SampleClock::next(std::optional<std::int64_t> ms, int samples) {
    std::int64_t at = due_.value_or(0);
    if (ms && (!due_ || !is_counted_)) {
        at = in_samples(*ms);
    } else if (ms) {
        at += correction(in_samples(*ms) - at);
    }
    if (last_) at = std::max(at, *last_ + 1);
    last_ = at;
    due_ = at + samples;
    is_counted_ = samples > 0;
    return at;
}

}  // namespace restream
