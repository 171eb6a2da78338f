#include "ingest/publication.hpp"

#include <algorithm>

namespace restream {

void Publication::begin() {
    has_publisher_ = true;
    bytes_received_ = 0;
    for (Seat& seat : seats_) {
        seat.waits_for_keyframe = false;
        seat.player->publisher_came();
    }
}

void Publication::publish(const Tag& tag) {
    bytes_received_ += tag.payload.size();
    const GopCache::Part part = cache_.add(tag);
    for (Seat& seat : seats_) {
        if (seat.waits_for_keyframe && part != GopCache::Part::setup) {
            if (part == GopCache::Part::media && cache_.expects_keyframe()) continue;
            seat.waits_for_keyframe = false;
        }
        seat.player->send(tag);
    }
}

void Publication::end() {
    has_publisher_ = false;
    cache_.clear();
    for (const Seat& seat : seats_) seat.player->publisher_left();
}

std::size_t Publication::join(PublicationPlayer& player) {
    std::size_t burst_bytes = 0;
    for (const Tag& tag : cache_.late_start()) {
        burst_bytes += tag.payload.size();
        player.send(tag);
    }
    seats_.push_back({&player, !cache_.has_gop() && cache_.expects_keyframe()});
    return burst_bytes;
}

void Publication::leave(const PublicationPlayer& player) {
    std::erase_if(seats_, [&](const Seat& each) { return each.player == &player; });
}

}  // namespace restream
