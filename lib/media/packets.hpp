// From FLV tags to FFmpeg's packets, without a demuxer: nothing waits, nothing is guessed.
#pragma once

#include <optional>
#include <variant>

#include "media/tracks.hpp"

namespace restream {

/// Makes packets of the tags of one session. Their times are in milliseconds, start where the tags
/// do, and grow strictly within a track, as muxers demand.
class Packets {
  public:
    struct Nothing {};  ///< headers, metadata, ends: no packet
    struct Changed {};  ///< other sequence headers, or another codec, than the session began with
    struct Packet {
        PacketHandle packet;
        AVMediaType kind;
    };
    using Made = std::variant<Nothing, Changed, Packet>;

    explicit Packets(const Tracks& tracks);

    Made make(const Tag& tag);

  private:
    /// One track's clock and what it expects.
    struct Track {
        bool is_there = false;
        std::optional<Payload> header;
        std::uint8_t codec = 0;
        std::optional<RtmpTime> last_time;
        std::int64_t ms = 0;  ///< last_time without its wraps
        std::optional<std::int64_t> last_dts;
    };

    Made video(const Tag& tag);
    Made audio(const Tag& tag);
    Made packet(Track& track, const Tag& tag, std::size_t header_bytes, std::int32_t cts,
                AVMediaType kind);
    std::int64_t unwrapped(Track& track, RtmpTime time);

    Track video_;
    Track audio_;
    std::optional<RtmpTime> first_time_;
};

/// FLV's 24-bit signed composition time of an AVC payload. REQUIRES: at least 5 bytes.
std::int32_t composition_time_ms(std::span<const std::uint8_t> payload);

}  // namespace restream
