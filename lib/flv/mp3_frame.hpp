// The header of an MPEG audio frame (MP3): what FLV's own byte says of it is often wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace restream {

/// What four bytes say. **Source**: ISO/IEC 11172-3, 2.4.2.3; the lower rates: ISO/IEC 13818-3,
/// 2.4.2.3; MPEG-2.5, which no standard has: Fraunhofer's, as every decoder knows it.
struct Mp3Frame {
    int sample_rate_hz = 0;
    int channels = 0;
    int samples = 0;        ///< of each channel
    std::size_t bytes = 0;  ///< with the header; 0 where the header does not say ("free format")

    bool operator==(const Mp3Frame&) const = default;
};

/// Of the frame that begins here; nothing where none does.
std::optional<Mp3Frame> read_mp3_header(std::span<const std::uint8_t> bytes);

/// The frames of a payload, each on its own: some publishers put several into one message. Where
/// they do not fill it exactly, the whole payload is the only element.
std::vector<std::span<const std::uint8_t>> mp3_frames(std::span<const std::uint8_t> payload);

}  // namespace restream
