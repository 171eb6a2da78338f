#include "selftest/figures.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace restream::selftest {

double to_ms(SteadyClock::duration span) {
    return std::chrono::duration<double, std::milli>(span).count();
}

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto count = static_cast<double>(values.size());
    const auto rank = static_cast<std::size_t>(std::ceil(count * std::clamp(share, 0.0, 1.0)));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

Lateness lateness(const std::vector<Arrival>& arrivals, const Counts& from, const Counts& to) {
    std::set<std::pair<Arrival::What, std::uint32_t>> seen;
    std::vector<double> late;
    for (const Arrival& each : arrivals) {
        const bool is_picture = each.what == Arrival::What::picture;
        const std::uint32_t begin = is_picture ? from.pictures : from.sounds;
        const std::uint32_t end = is_picture ? to.pictures : to.sounds;
        if (each.number < begin || each.number >= end) continue;
        if (seen.emplace(each.what, each.number).second) {
            late.push_back(to_ms(each.arrived - each.sent));
        }
    }
    const std::size_t published = (to.pictures - from.pictures) + (to.sounds - from.sounds);
    Lateness found;
    found.messages = published;
    found.lost = published - late.size();
    found.p50_ms = percentile(late, 0.5);
    found.p99_ms = percentile(late, 0.99);
    found.max_ms = percentile(std::move(late), 1);
    return found;
}

}  // namespace restream::selftest
