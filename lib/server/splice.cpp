#include "server/splice.hpp"

#include <algorithm>

#include "flv/frame.hpp"

namespace restream {

namespace {

/// What is further behind the last one is a clock that was set back: it is the one that counts.
constexpr std::int32_t set_back_ms = 2'000;
/// Longer breaks are shortened to it: a time must not jump by half of what the clock can say.
constexpr std::int64_t longest_break_ms = 3'600'000;

std::size_t index_of(TagType type) { return type == TagType::video ? 0 : 1; }

std::int32_t step_ms(SteadyTime from, SteadyTime to) {
    const auto passed = std::chrono::duration_cast<Milliseconds>(to - from).count();
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(passed, Splice::shortest_step_ms, longest_break_ms));
}

}  // namespace

void Splice::begin() { *this = Splice(); }

/// By how much the next one's times have to be moved for his first picture or sound to come behind
/// the last one's last. Nothing where one of the two sent none.
std::optional<std::int32_t> Splice::least_move(const std::vector<Tag>& start, TagType type,
                                               std::optional<SteadyTime> arrived) const {
    const auto& last = last_[index_of(type)];
    const auto first = std::ranges::find_if(
        start, [&](const Tag& each) { return each.type == type && is_frame(each); });
    if (!last || first == start.end()) return std::nullopt;
    return last->time.plus(step_ms(last->at, arrived.value_or(last->at))).since(first->time);
}

void Splice::follow(const std::vector<Tag>& start, SteadyTime arrived) {
    const auto of_picture = least_move(start, TagType::video, arrived);
    // Sound comes directly behind sound: what passed, the picture has said.
    const auto of_sound =
        least_move(start, TagType::audio, of_picture ? std::nullopt : std::optional(arrived));
    if (!of_picture && !of_sound) {
        // Nothing in common: behind whatever was sent.
        const auto& last = last_[0] ? last_[0] : last_[1];
        if (!last || start.empty()) return begin();
        moved_by_ms_ = last->time.plus(step_ms(last->at, arrived)).since(start.front().time);
        return;
    }
    moved_by_ms_ = of_picture ? *of_picture : *of_sound;
    // Modulo 2^32, the larger one is the one that is ahead of the other.
    if (of_sound && RtmpTime(static_cast<std::uint32_t>(*of_sound))
                            .since(RtmpTime(static_cast<std::uint32_t>(moved_by_ms_))) > 0) {
        moved_by_ms_ = *of_sound;
    }
}

void Splice::note(const Tag& tag, SteadyTime now) {
    if (!is_frame(tag)) return;
    auto& last = last_[index_of(tag.type)];
    const std::int32_t step = last ? tag.time.since(last->time) : 1;
    const bool counts = step > 0 || step < -set_back_ms;
    last = Last{counts ? tag.time : last->time, now};
}

}  // namespace restream
