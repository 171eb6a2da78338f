// One path of the embedded server: who publishes there, and who plays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "flv/tag.hpp"
#include "server/audience.hpp"
#include "server/gop_cache.hpp"

namespace restream {

/// Hands on what the publisher sends to every player at once, and keeps what a late one needs.
/// Knows no socket and no clock.
///
/// A player that was there when the publisher came gets all that it sends. A late one gets the
/// cache's late start and then all that follows, nothing missing and nothing twice; where the cache
/// holds no GOP, it gets the headers now and all from the next keyframe on. Players stay when the
/// publisher goes.
class Publication {
  public:
    explicit Publication(GopCache::Limits limits = {}) : cache_(limits) {}

    /// REQUIRES: !has_publisher().
    void begin();
    /// REQUIRES: has_publisher(). Says what the tag is to the cache.
    GopCache::Part publish(const Tag& tag);
    void end();
    bool has_publisher() const { return has_publisher_; }

    /// The player must live until leave(). Returns how many bytes of payload it was sent: the burst
    /// that it may take its time for.
    std::size_t join(PublicationPlayer& player);
    /// Of one that is not here: nothing happens.
    void leave(const PublicationPlayer& player) { players_.leave(player); }
    std::size_t players() const { return players_.size(); }

    const GopCache& cache() const { return cache_; }
    /// Of tags, since begin().
    std::uint64_t bytes_received() const { return bytes_received_; }

  private:
    GopCache cache_;
    Audience players_;
    std::uint64_t bytes_received_ = 0;
    bool has_publisher_ = false;
};

}  // namespace restream
