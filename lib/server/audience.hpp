// The players of one path.
#pragma once

#include <cstddef>
#include <vector>

#include "flv/tag.hpp"
#include "server/gop_cache.hpp"

namespace restream {

/// A player, as a publication sees it. None of these may call the publication back.
class PublicationPlayer {
  public:
    virtual ~PublicationPlayer() = default;
    /// Behind all that it was sent before.
    virtual void send(const Tag& tag) = 0;
    virtual void publisher_left() = 0;
    virtual void publisher_came() = 0;
};

/// Hands tags on to all players, and holds back what one that waits for a keyframe cannot use.
class Audience {
  public:
    /// The player must live until leave().
    void join(PublicationPlayer& player, bool waits_for_keyframe);
    /// Of one that is not here: nothing happens.
    void leave(const PublicationPlayer& player);
    std::size_t size() const { return seats_.size(); }

    void publisher_came();
    void publisher_left();
    /// Whether all of them wait, from now on.
    void wait_for_keyframe(bool waits);
    /// `part`: what the tag is to its publisher's `cache`, which has it.
    void send(const Tag& tag, GopCache::Part part, const GopCache& cache);
    /// Of a late start: whoever waits gets it, too.
    void send_all(const Tag& tag);

  private:
    struct Seat {
        PublicationPlayer* player;
        bool waits_for_keyframe;
    };
    std::vector<Seat> seats_;
};

}  // namespace restream
