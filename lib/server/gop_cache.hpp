// What a player that comes late needs to begin at once: headers, and all since the last keyframe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "flv/setup_tags.hpp"
#include "flv/tag.hpp"

namespace restream {

/// The latest metadata and sequence headers of one publisher, and every tag since its last
/// keyframe, audio and script tags too. Payloads are shared with whoever else has them.
///
/// Bounded: a GOP that grows beyond the limits is dropped as a whole, and nothing is kept until the
/// next keyframe. Of a publisher without video nothing but the headers is kept: audio begins
/// anywhere.
///
/// Of Enhanced RTMP, each track of a multitrack publisher has headers of its own; its keyframes
/// begin a GOP only where no track comes plain. **Source**: Enhanced RTMP v2, "Multitrack
/// Streaming".
///
/// Time is measured on pictures and on sound apart, because the two may be any time apart; data and
/// headers have odd times, and do not count.
class GopCache {
  public:
    struct Limits {
        /// **Unit**: media time. **Source**: OBS's own default keyframe interval is 8.3 s.
        Milliseconds longest = std::chrono::seconds(10);
        /// Of payloads, and what keeping each costs.
        std::size_t most_bytes = 16 * 1024 * 1024;
    };
    /// What a tag is to a player that waits for a keyframe.
    enum class Part {
        setup,     ///< metadata or a sequence header: it needs it now
        keyframe,  ///< it begins here
        media,     ///< of use to those that have begun
    };

    GopCache() = default;
    explicit GopCache(Limits limits) : limits_(limits) {}

    Part add(const Tag& tag);
    /// The publisher is gone: so is what is known of it.
    void clear();

    /// What a player gets that comes now: metadata and headers as they were at the keyframe, with
    /// its time; then everything from it on. Without a GOP: the latest ones alone.
    std::vector<Tag> late_start() const;
    bool has_gop() const { return has_gop_; }
    /// Whether a player that begins without a GOP has to wait for a keyframe: there is video, and
    /// its last tag is not older than the longest GOP.
    bool expects_keyframe() const;
    /// Whether a player that begins now has to wait for one.
    bool is_waited_for() const { return !has_gop_ && expects_keyframe(); }

    /// Media time from the keyframe to the last picture, or of the sound since, where that is more.
    Milliseconds span() const;
    /// What the GOP counts against `most_bytes`.
    std::size_t bytes() const { return bytes_; }

  private:
    /// The first frame of a kind in the GOP, and the last one.
    struct Reach {
        RtmpTime first;
        RtmpTime last;
    };
    bool begins_gop(const VideoFacts& facts);
    void append(const Tag& tag);
    void drop_gop();
    /// How far pictures or sound, whichever is further, are from the GOP's first one.
    std::int64_t reach_ms() const;

    Limits limits_;
    SetupTags headers_;
    SetupTags start_headers_;  ///< as they were when the GOP began
    std::vector<Tag> gop_;
    std::size_t bytes_ = 0;
    std::array<std::optional<Reach>, 2> reach_;  ///< of pictures and of sound
    RtmpTime last_time_;
    bool has_video_ = false;
    std::optional<Reach> sound_since_video_;  ///< behind the last tag with video
    bool has_gop_ = false;
    bool has_plain_video_ = false;
};

}  // namespace restream
