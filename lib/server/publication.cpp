#include "server/publication.hpp"

namespace restream {

void Publication::begin() {
    has_publisher_ = true;
    bytes_received_ = 0;
    players_.publisher_came();
}

GopCache::Part Publication::publish(const Tag& tag) {
    bytes_received_ += tag.payload.size();
    const GopCache::Part part = cache_.add(tag);
    players_.send(tag, part, cache_);
    return part;
}

void Publication::end() {
    has_publisher_ = false;
    cache_.clear();
    players_.publisher_left();
}

std::size_t Publication::join(PublicationPlayer& player) {
    std::size_t burst_bytes = 0;
    for (const Tag& tag : cache_.late_start()) {
        burst_bytes += tag.payload.size();
        player.send(tag);
    }
    players_.join(player, cache_.is_waited_for());
    return burst_bytes;
}

}  // namespace restream
