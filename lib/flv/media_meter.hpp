// What a publication carries, learned as its tags pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "flv/flow_window.hpp"
#include "flv/media_pulse.hpp"
#include "flv/sequence_header.hpp"
#include "flv/tag.hpp"
#include "flv/tag_body.hpp"

namespace restream {

/// Watches the tags of one publication. Of several tracks of a kind, it tells the first (the lowest
/// number). A value: the clock is passed in.
///
/// Made to look at every message: it reads the first bytes, allocates nothing, and parses a
/// sequence header only where it is another one than before. Measures on timestamps, so that a GOP
/// that arrives at once changes nothing; `now` only tells when a track has fallen silent.
class MediaMeter {
  public:
    /// Without a frame for this long, a track's flow is not told any more.
    static constexpr Milliseconds longest_silence = std::chrono::seconds(5);

    void observe(const Tag& tag, SteadyTime now);
    /// A track is there once a frame or a sequence header of it was.
    MediaFacts facts(SteadyTime now) const;
    /// Another publisher: nothing is known any more.
    void reset() { *this = MediaMeter(); }
    /// Somebody publishes: the pulse counts from here on. Nothing happens where it has begun.
    void begin(SteadyTime now) { pulse_.begin(now); }
    /// Whether frames still come, of whichever track.
    const MediaPulse& pulse() const { return pulse_; }

  private:
    /// What picture and sound have in common.
    struct Track {
        std::optional<TagBody> kind;  ///< codec and number; its bytes are empty
        Payload header;               ///< the last sequence header
        FlowWindow flow;
        std::optional<RtmpTime> last_time;
        SteadyTime last_arrival{};

        bool is_flowing(SteadyTime now) const;
    };
    struct Video : Track {
        VideoHeader content;
        std::optional<RtmpTime> last_keyframe;
        std::array<std::int32_t, 5> intervals_ms{};  ///< between keyframes: the last ones, a ring
        std::size_t interval_count = 0;
        std::int32_t least_composition_ms = 0;
        std::int32_t most_composition_ms = 0;
        std::uint32_t compositions = 0;

        void forget_flow();
        void add_keyframe(RtmpTime time);
        void add_composition(std::int32_t ms);
        std::optional<double> keyframe_interval_s() const;
        std::optional<bool> has_b_frames() const;
    };
    struct Audio : Track {
        AudioHeader content;

        void forget_flow();
    };
    void observe_video(const Tag& tag, const TagBody& body, SteadyTime now);
    void observe_audio(const Tag& tag, const TagBody& body, SteadyTime now);

    Video video_;
    Audio audio_;
    MediaPulse pulse_;
};

}  // namespace restream
