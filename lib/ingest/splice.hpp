// One clock for the tags of several publishers, behind one another.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "rtmp/tag.hpp"

namespace restream {

/// The times that players see. A value: the clock is passed in; payloads are untouched.
///
/// Of the first publisher they are his own. Of one that follows without a break, all are moved by
/// one constant, so that he goes on where the last one stopped: later by the time that really
/// passed, where his first tag is newer than the last one's last; else directly behind it.
class Splice {
  public:
    /// Between the last tag of one and the first of the next. **Source**: a frame at 50/s.
    static constexpr std::int32_t shortest_step_ms = 20;

    /// A break: whoever sends next is seen with his own times.
    void begin();
    /// The next one begins with a tag of the time `first`, which arrived at `arrived`.
    void follow(RtmpTime first, SteadyTime arrived);
    /// Whether apply() changes anything.
    bool moves() const { return moved_by_ms_ != 0 || floor_.has_value(); }
    /// The tag as players see it; nothing for one that is older than the first.
    std::optional<Tag> apply(const Tag& tag);
    /// A player has been sent a tag with this time.
    void note(RtmpTime time, SteadyTime now);

  private:
    std::int32_t moved_by_ms_ = 0;  ///< modulo 2^32
    std::optional<RtmpTime> floor_;
    RtmpTime last_;
    SteadyTime last_at_{};
    bool has_last_ = false;
};

}  // namespace restream
