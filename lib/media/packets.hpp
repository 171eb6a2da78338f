// From FLV tags to FFmpeg's packets, without a demuxer: nothing waits, nothing is guessed.
#pragma once

#include <optional>
#include <vector>

#include "media/sample_clock.hpp"
#include "media/tracks.hpp"

namespace restream {

/// Makes packets of the tags of one session. Their times start where the tags do, pictures' in
/// milliseconds and sounds' in samples, and decoding times grow strictly within a track, as muxers
/// demand. What is shown keeps its distances, whatever the publisher's decoding times are: see
/// picture_lead_ms().
class Packets {
  public:
    struct Packet {
        PacketHandle packet;
        AVMediaType kind;
    };
    struct Made {
        /// Other sequence headers, or another codec, than the session began with: no packets.
        bool is_changed = false;
        std::vector<Packet> packets = {};  ///< none of headers, metadata, ends
    };

    explicit Packets(const Tracks& tracks);

    Made make(const Tag& tag);
    /// What the times of a kind's packets count.
    AVRational time_base(AVMediaType kind) const;

  private:
    /// One track's clock and what it expects.
    struct Track {
        bool is_there = false;
        std::optional<Payload> header;
        std::optional<RtmpTime> last_time;
        std::int64_t ms = 0;  ///< last_time without its wraps
    };

    Made video(const Tag& tag);
    Made audio(const Tag& tag);
    bool is_other_sound(const Tag& tag) const;
    Packet sound(std::span<const std::uint8_t> frame, std::optional<std::int64_t> ms);
    std::int64_t unwrapped(Track& track, RtmpTime time);

    Track video_;
    std::optional<std::int64_t> last_dts_;  ///< of the picture
    /// What a picture lasts at least: mp4 asks it of the last one in a fragment, and the next may
    /// not begin before that.
    std::optional<std::int64_t> shortest_step_;
    std::int64_t more_lead_ms_ = 0;  ///< what lead_ms_ turned out to lack
    Track audio_;
    std::uint8_t audio_format_;
    CodecParametersHandle audio_parameters_;  ///< null without sound
    SampleClock audio_clock_;
    std::int64_t lead_ms_;
    std::optional<RtmpTime> first_time_;
};

}  // namespace restream
