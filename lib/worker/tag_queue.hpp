// Tags between the ingest and a destination, bounded in time and in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.hpp"
#include "flv/tag.hpp"

namespace restream {

/// A queue for one session. A value: the clock is passed in, no lock.
///
/// Where the destination is slower than the ingest, tags wait. Once the oldest has waited for
/// `longest_wait`, or `most_bytes` wait, the video frames in the queue are dropped and counted, and
/// so is every inter frame that follows, up to the next keyframe; audio and sequence headers are
/// kept. Where audio alone waits for `longest_audio_wait`, the destination is too slow for
/// anything.
///
/// The start burst, what an ingest server stored since the last keyframe and sends at once, is
/// older than any wait may be and still not to be dropped: until the queue has been empty for the
/// first time, or for `longest_burst`, only bytes count.
class TagQueue {
  public:
    /// More than a GOP of 2 s, so that dropping frees what it has to; less than viewers forgive.
    static constexpr Milliseconds longest_wait = std::chrono::seconds(3);
    /// **Source**: DESIGN "where even audio does not fit for 10 s".
    static constexpr Milliseconds longest_audio_wait = std::chrono::seconds(10);
    /// 5 s of the highest bitrate that a platform takes (YouTube, 51 Mbit/s).
    static constexpr std::size_t most_bytes = 32 * 1024 * 1024;
    /// A GOP of 10 s, through a line that carries a third more than the encoder makes.
    static constexpr Milliseconds longest_burst = std::chrono::seconds(30);

    struct Entry {
        Tag tag;
        SteadyTime at;        ///< when it was pushed
        bool begins = false;  ///< a session can begin with it
    };

    void push(Tag tag, SteadyTime now, bool begins = false);
    std::optional<Entry> pop();

    /// The destination takes tags from now on, and a burst begins or began. Before (while it is
    /// being connected), only bytes count.
    void start_clock(SteadyTime now);
    /// Another session begins with what waits: its destination is still to be connected.
    void stop_clock();
    /// Waiting counts.
    bool is_burst_over(SteadyTime now) const;
    bool is_empty() const { return entries_.empty(); }
    /// The time of the first frame of a kind that waits, and of the last one; pictures or sound.
    std::optional<RtmpTime> first_time(TagType type) const;
    std::optional<RtmpTime> last_time(TagType type) const;
    bool is_too_slow(SteadyTime now) const { return waited(now) >= longest_audio_wait; }
    std::uint64_t dropped() const { return dropped_; }
    /// How long the oldest tag has waited.
    Milliseconds waited(SteadyTime now) const;

  private:
    void drop_video();

    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool is_dropping_ = false;
    std::optional<SteadyTime> taken_since_;
    bool has_been_empty_ = false;  ///< since then
};

}  // namespace restream
