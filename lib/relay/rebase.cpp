#include "relay/rebase.hpp"

#include <algorithm>

namespace restream {

namespace {

/// An hour: how far the input may run before its base is moved along.
constexpr std::int32_t rebase_after_ms = 3'600'000;

RtmpTime later(RtmpTime a, RtmpTime b) { return b.since(a) > 0 ? b : a; }

}  // namespace

RtmpTime& Rebase::last_of(TagType type) {
    switch (type) {
        case TagType::audio:
            return last_audio_;
        case TagType::video:
            return last_video_;
        case TagType::script:
            break;
    }
    return last_script_;
}

void Rebase::begin(RtmpTime first, SteadyTime now) {
    if (has_begun_) {
        const auto passed = std::chrono::duration_cast<Milliseconds>(now - last_at_).count();
        const auto most = std::int64_t(rebase_after_ms);
        offset_ =
            last_out_.plus(static_cast<std::int32_t>(std::clamp<std::int64_t>(passed, 1, most)));
    }
    has_begun_ = true;
    base_ = first;
    last_in_ = 0;
    last_at_ = now;
}

std::optional<Tag> Rebase::apply(const Tag& tag, SteadyTime now) {
    if (!has_begun_) begin(tag.time, now);
    std::int32_t in = tag.time.since(base_);
    const std::int32_t step = in - last_in_;
    if (step > longest_step_ms || (step < -1000 && last_in_ > 0)) {
        begin(tag.time, now);
        in = 0;
    }
    if (in < 0) return std::nullopt;
    last_in_ = std::max(last_in_, in);
    last_at_ = now;
    RtmpTime& last = last_of(tag.type);
    last = later(last, offset_.plus(in));
    last_out_ = later(last_out_, last);
    // The publisher's clock and ours may run for longer than a signed difference can say (24.8
    // days).
    if (last_in_ > rebase_after_ms) {
        offset_ = offset_.plus(last_in_);
        base_ = base_.plus(last_in_);
        last_in_ = 0;
    }
    Tag moved = tag;
    moved.time = last;
    return moved;
}

}  // namespace restream
