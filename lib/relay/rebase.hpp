// The times of a session: near 0 at its begin, never backwards, whatever the publisher's clock
// does.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "rtmp/tag.hpp"

namespace restream {

/// Subtracts one constant from every tag's time; the payload is untouched. A value.
///
/// The constant changes only where the publisher's clock does: after the ingest came back (begin()
/// again), or at a jump. Then the session goes on where it was, plus the time that really passed.
class Rebase {
  public:
    /// A jump of the publisher's clock: forward by more than this, or backward by more than a
    /// second.
    static constexpr std::int32_t longest_step_ms = 10'000;

    /// The ingest begins, or begins again, with a tag of this time.
    void begin(RtmpTime first, SteadyTime now);
    /// The tag with its new time; nothing for one from before the begin (audio that is older than
    /// the first keyframe).
    std::optional<Tag> apply(const Tag& tag, SteadyTime now);

  private:
    RtmpTime& last_of(TagType type);

    bool has_begun_ = false;
    RtmpTime base_;  ///< becomes `offset_`
    RtmpTime offset_;
    std::int32_t last_in_ = 0;  ///< the largest time seen, relative to base_
    RtmpTime last_out_;
    RtmpTime last_audio_;
    RtmpTime last_video_;
    RtmpTime last_script_;
    SteadyTime last_at_{};
};

}  // namespace restream
