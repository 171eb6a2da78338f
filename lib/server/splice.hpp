// One clock for the tags of several publishers, behind one another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "flv/tag.hpp"

namespace restream {

/// The times that players see. A value: the clock is passed in; payloads are untouched.
///
/// Of the first publisher they are his own. Of one that follows without a break, all are moved by
/// one constant, so that the distance between his tracks stays: his picture goes on where the last
/// one stopped, later by the time that really passed where his first tag is newer than the last
/// one's last, else directly behind it; and further where his sound would begin before the last
/// one's end.
class Splice {
  public:
    /// Between the last tag of one and the first of the next. **Source**: a frame at 50/s.
    static constexpr std::int32_t shortest_step_ms = 20;

    /// A break: players see the next publisher with its own times.
    void begin();
    /// The next one begins with these tags, of which the first arrived at `arrived`.
    void follow(const std::vector<Tag>& start, SteadyTime arrived);
    /// Whether apply() changes anything.
    bool moves() const { return moved_by_ms_ != 0; }
    /// The tag as players see it.
    Tag apply(const Tag& tag) const { return {tag.type, tag.time.plus(moved_by_ms_), tag.payload}; }
    /// A player has been sent this tag.
    void note(const Tag& tag, SteadyTime now);

  private:
    /// The last picture or sound.
    struct Last {
        RtmpTime time;
        SteadyTime at;
    };
    std::optional<std::int32_t> least_move(const std::vector<Tag>& start, TagType type,
                                           std::optional<SteadyTime> arrived) const;

    std::int32_t moved_by_ms_ = 0;  ///< modulo 2^32
    std::array<std::optional<Last>, 2> last_;
};

}  // namespace restream
