// What the players of the ingest's own path get where it has a backup publisher.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "flv/setup_tags.hpp"
#include "ingest/on_air.hpp"
#include "server/audience.hpp"
#include "server/gop_cache.hpp"
#include "server/splice.hpp"

namespace restream {

/// Hands on what the publisher on the air sends, and goes over from one to the other. Knows no
/// socket; the clock is passed in.
///
/// A change begins with the sequence headers and the last keyframe of the next one, and all since.
/// Where his sequence headers are those that players have, they see one publisher that never
/// stopped: times go on (see Splice). Where they differ, players are told that one publisher left
/// and another came, because only they know whether they can go on. Likewise where players would
/// have to wait for the next one's keyframe.
class Broadcast {
  public:
    explicit Broadcast(Milliseconds return_after) : decision_(return_after) {}

    /// `cache`: his tags, filled before each sent(); must live until left().
    void came(EncoderRole who, const GopCache& cache, SteadyTime now);
    /// To be called before his cache is cleared.
    void left(EncoderRole who, SteadyTime now);
    void sent(EncoderRole who, const Tag& tag, GopCache::Part part, SteadyTime now);

    /// As of Publication.
    std::size_t join(PublicationPlayer& player);
    void leave(const PublicationPlayer& player) { players_.leave(player); }
    std::size_t players() const { return players_.size(); }

    std::optional<EncoderRole> on_air() const { return decision_.on_air(); }
    SteadyTime since() const { return decision_.since(); }

  private:
    const GopCache& cache_of(EncoderRole who) const {
        return *caches_[static_cast<std::size_t>(who)];
    }
    void change(std::optional<EncoderRole> before, SteadyTime now);
    bool can_follow(const GopCache& cache) const;
    void send(const Tag& tag, GopCache::Part part, const GopCache& cache, SteadyTime now);

    OnAir decision_;
    Splice splice_;
    Audience players_;
    std::array<const GopCache*, 2> caches_{};
    SetupTags headers_;  ///< as players have them
};

}  // namespace restream
