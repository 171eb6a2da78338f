#include "server/audience.hpp"

#include <algorithm>

namespace restream {

void Audience::join(PublicationPlayer& player, bool waits_for_keyframe) {
    seats_.push_back({&player, waits_for_keyframe});
}

void Audience::leave(const PublicationPlayer& player) {
    std::erase_if(seats_, [&](const Seat& each) { return each.player == &player; });
}

void Audience::publisher_came() {
    for (Seat& seat : seats_) {
        seat.waits_for_keyframe = false;
        seat.player->publisher_came();
    }
}

void Audience::publisher_left() {
    for (const Seat& seat : seats_) seat.player->publisher_left();
}

void Audience::wait_for_keyframe(bool waits) {
    for (Seat& seat : seats_) seat.waits_for_keyframe = waits;
}

void Audience::send(const Tag& tag, GopCache::Part part, const GopCache& cache) {
    for (Seat& seat : seats_) {
        if (seat.waits_for_keyframe && part != GopCache::Part::setup) {
            if (part == GopCache::Part::media && cache.expects_keyframe()) continue;
            seat.waits_for_keyframe = false;
        }
        seat.player->send(tag);
    }
}

void Audience::send_all(const Tag& tag) {
    for (const Seat& seat : seats_) seat.player->send(tag);
}

}  // namespace restream
