#include "server/key_guard.hpp"

#include <algorithm>
#include <utility>

namespace restream {

bool KeyGuard::may_try(const Visitor& from, SteadyTime now) {
    const std::string place = place_of(from);
    if (is_proven(place)) return wrong_of_proven_.has(place, now);
    return wrong_.may_try(place, now);
}

void KeyGuard::was_wrong(const Visitor& from, SteadyTime now) {
    const std::string place = place_of(from);
    if (is_proven(place)) {
        wrong_of_proven_.take(place, now);
    } else {
        wrong_.was_wrong(place, now);
    }
}

void KeyGuard::was_right(const Visitor& from) {
    std::string place = place_of(from);
    std::erase(proven_, place);
    proven_.push_front(std::move(place));
    if (proven_.size() > most_proven) proven_.pop_back();
}

bool KeyGuard::is_proven(const std::string& place) const {
    return std::ranges::find(proven_, place) != proven_.end();
}

}  // namespace restream
