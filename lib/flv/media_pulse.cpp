#include "flv/media_pulse.hpp"

#include <cmath>

namespace restream {

std::string_view silence_name(Silence silence) {
    switch (silence) {
        case Silence::picture:
            return "picture";
        case Silence::everything:
            return "everything";
        case Silence::none:
            break;
    }
    return "none";
}

std::optional<Silence> parse_silence(std::string_view name) {
    for (const Silence each : {Silence::none, Silence::picture, Silence::everything}) {
        if (name == silence_name(each)) return each;
    }
    return std::nullopt;
}

void MediaPulse::Beats::beat(RtmpTime time, SteadyTime now) {
    if (last) {
        // Slices of one picture have one time; a step back is another clock's.
        const std::int32_t step = time.since(last_time);
        if (step > 0) steps_ms[step_count++ % steps_ms.size()] = step;
    }
    last = now;
    last_time = time;
}

/// Of the last steps, the median: one jump of the publisher's clock does not count.
Milliseconds MediaPulse::Beats::patience() const {
    if (step_count == 0) return first_patience;
    auto sorted = steps_ms;
    const std::size_t count = std::min(step_count, sorted.size());
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
    const double usual_ms = sorted[(count - 1) / 2];
    const auto patience = Milliseconds(std::llround(std::min(usual_ms, 60'000.0) * slowness));
    return std::clamp(patience, least_patience, longest_patience);
}

/// When neither has come for as long as its patience goes.
SteadyTime MediaPulse::all_silent_at() const {
    if (!pictures_.last && !sounds_.last) {
        return begun_at_ ? *begun_at_ + least_patience : SteadyTime::max();
    }
    if (!pictures_.last) return sounds_.silent_at();
    if (!sounds_.last) return pictures_.silent_at();
    // The one that comes more often tells first; the other must not have come since.
    const SteadyTime last = std::max(*pictures_.last, *sounds_.last);
    return last + std::min(pictures_.patience(), sounds_.patience());
}

Silence MediaPulse::silence(SteadyTime now) const {
    if (now >= all_silent_at()) return Silence::everything;
    if (pictures_.last && now >= pictures_.silent_at()) return Silence::picture;
    return Silence::none;
}

SteadyTime MediaPulse::since() const {
    if (pictures_.last) return *pictures_.last;
    if (sounds_.last) return *sounds_.last;
    return begun_at_.value_or(SteadyTime{});
}

SteadyTime MediaPulse::silent_at(SteadyTime now) const {
    const SteadyTime all = all_silent_at();
    if (pictures_.last) {
        const SteadyTime picture = pictures_.silent_at();
        if (picture > now) return std::min(picture, all);
    }
    return all > now ? all : SteadyTime::max();
}

}  // namespace restream
