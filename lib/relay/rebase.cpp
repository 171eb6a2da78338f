#include "relay/rebase.hpp"

#include <algorithm>

namespace restream {

std::uint32_t& Rebase::last_of(TagType type) {
    switch (type) {
        case TagType::audio: return last_audio_;
        case TagType::video: return last_video_;
        case TagType::script: break;
    }
    return last_script_;
}

void Rebase::begin(RtmpTime first, SteadyTime now) {
    if (has_begun_) {
        const auto passed = std::chrono::duration_cast<Milliseconds>(now - last_at_).count();
        offset_ = last_out_ + static_cast<std::uint32_t>(std::max<std::int64_t>(1, passed));
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
    std::uint32_t& last = last_of(tag.type);
    const std::uint32_t out = std::max(last, offset_ + static_cast<std::uint32_t>(in));
    last = out;
    last_out_ = std::max(last_out_, out);
    Tag moved = tag;
    moved.time = RtmpTime(out);
    return moved;
}

}  // namespace restream
