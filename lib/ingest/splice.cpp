#include "ingest/splice.hpp"

#include <algorithm>
#include <cstdint>

namespace restream {

namespace {

/// How far behind its keyframe sound may be that stands after it. What is further is a clock that
/// jumped.
constexpr std::int32_t interleaving_ms = 2'000;
/// Longer breaks are shortened to it: a time must not jump by half of what the clock can say.
constexpr std::int64_t longest_break_ms = 3'600'000;

}  // namespace

void Splice::begin() { *this = Splice(); }

void Splice::follow(RtmpTime first, SteadyTime arrived) {
    if (!has_last_) return begin();
    const std::int64_t passed =
        std::chrono::duration_cast<Milliseconds>(arrived - last_at_).count();
    const auto step = std::clamp<std::int64_t>(passed, shortest_step_ms, longest_break_ms);
    floor_ = last_.plus(static_cast<std::int32_t>(step));
    moved_by_ms_ = floor_->since(first);
}

std::optional<Tag> Splice::apply(const Tag& tag) {
    Tag moved = tag;
    moved.time = tag.time.plus(moved_by_ms_);
    if (floor_) {
        const std::int32_t ahead = moved.time.since(*floor_);
        if (ahead < 0 && ahead >= -interleaving_ms) return std::nullopt;
        if (ahead > interleaving_ms) floor_.reset();
    }
    return moved;
}

void Splice::note(RtmpTime time, SteadyTime now) {
    const bool is_later = !has_last_ || time.since(last_) > 0;
    // A clock that was set back is the one that counts.
    const bool is_set_back = has_last_ && last_.since(time) > interleaving_ms;
    if (is_later || is_set_back) last_ = time;
    last_at_ = now;
    has_last_ = true;
}

}  // namespace restream
