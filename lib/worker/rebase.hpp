// The times of a session: near 0 at its begin, never backwards, at the pace of the wall clock,
// whatever the publisher's clock does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "flv/tag.hpp"
#include "worker/pace.hpp"

namespace restream {

/// Moves every tag's time by a constant; the payload is untouched. A value.
///
/// All tracks are moved by the same constant, so that the distance between them stays as the
/// publisher sends it: sound that is a minute ahead of the picture sent with it stays so. Only
/// tracks further apart than `longest_distance_ms` begin together: such a distance is an accident.
///
/// The constant changes where the publisher's clock does: after the ingest came back (begin()
/// again), at a jump, and where it has stood still. Then the session goes on where it was, plus the
/// time that really passed. A jump of one track alone moves that track alone.
///
/// Arrival is what counts as the wall clock: what comes late keeps its time. A clock that runs a
/// little faster or slower, or an encoder that does, is passed on as it is.
///
/// Sequence headers, metadata and other data have odd times; they get that of what is around them.
class Rebase {
  public:
    /// **Source**: encoders are known whose tracks are up to a minute apart.
    static constexpr std::int32_t longest_distance_ms = 120'000;
    /// Messages from before the begin of a track, or from before what it has sent already, are
    /// discarded; where there is more of them, the session's times make room for them.
    static constexpr std::int32_t longest_cut_ms = 2'000;

    /// What the ingest begins with. REQUIRES: one of the two is known.
    struct First {
        std::optional<RtmpTime> video = {};
        std::optional<RtmpTime> audio = {};
        /// From the first message to the last one that has arrived: what a server had stored.
        Milliseconds stored{0};
    };
    /// The ingest begins, or begins again.
    void begin(const First& first, SteadyTime at);
    /// Something else begins whose tracks do not depend on each other: each goes on where it was.
    void begin_apart(SteadyTime at);
    /// The tag with its new time; nothing where it is discarded. `at`: when it arrived.
    std::optional<Tag> apply(const Tag& tag, SteadyTime at);
    std::uint64_t discarded() const { return discarded_; }

  private:
    struct Track {
        TagType type = TagType::video;
        std::uint8_t number = 0;
        std::optional<RtmpTime> out;  ///< the last one
        bool is_running = false;      ///< a frame came since begin(); then all below is known
        RtmpTime in;
        SteadyTime at{};
        std::uint32_t shift = 0;  ///< out - in, modulo 2^32
        std::optional<std::uint32_t> former_shift;
        SteadyTime moved_at{};
        std::optional<RtmpTime> other_out;  ///< of the other type's track, at the same moment
        Pace pace;
    };

    std::int64_t lead_of(RtmpTime out, SteadyTime at) const;
    Track& track_of(TagType type, std::uint8_t number);
    const Track* first_of(TagType type) const;
    const Track* other_than(const Track& track) const;
    RtmpTime next_out(TagType type, SteadyTime at, Milliseconds stored) const;
    void make_room(std::int32_t ms);
    RtmpTime script_time(RtmpTime in);
    RtmpTime passive_time(const Track& track, RtmpTime in) const;
    std::uint32_t first_shift(const Track& track, RtmpTime in, SteadyTime at) const;
    bool start(Track& track, RtmpTime in, SteadyTime at);
    void follow(Track& track, RtmpTime in, SteadyTime at);
    std::uint32_t shift_after_jump(const Track& track, RtmpTime in, std::int32_t due,
                                   SteadyTime at) const;
    std::optional<std::uint32_t> shift_of_moved(const Track& track, RtmpTime in, std::int32_t due,
                                                SteadyTime at) const;
    void move(Track& track, std::uint32_t shift, SteadyTime at);
    void catch_up(Track& track, std::int64_t ms, SteadyTime at);

    std::optional<SteadyTime> origin_;  ///< when the session's times began
    bool is_apart_ = false;
    /// Where a track begins, as far as begin() knew it.
    struct Start {
        std::uint32_t shift;
        RtmpTime out;
    };
    std::array<std::optional<Start>, 2> starts_;  ///< video's and audio's
    std::vector<Track> tracks_;
    std::optional<RtmpTime> script_out_;
    std::uint64_t discarded_ = 0;
};

}  // namespace restream
