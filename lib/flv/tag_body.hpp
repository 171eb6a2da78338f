// What stands behind the first bytes of an audio or video tag.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace restream {

/// Big-endian FourCC: fourcc_code("avc1").
constexpr std::uint32_t fourcc_code(const char (&text)[5]) {
    return std::uint32_t(std::uint8_t(text[0])) << 24 | std::uint32_t(std::uint8_t(text[1])) << 16 |
           std::uint32_t(std::uint8_t(text[2])) << 8 | std::uint32_t(std::uint8_t(text[3]));
}

/// What one message carries of one track: of the lowest number, where there are several. Borrows
/// the payload. **Source**: FLV 10.1, E.4.2.1 and E.4.3.1; Enhanced RTMP v2, "Enhanced Audio" and
/// "Enhanced Video" (modifiers, multitrack).
struct TagBody {
    enum class Kind {
        sequence_header,
        frame,
        other,  ///< an end of sequence, a command, metadata, or empty
    };
    Kind kind = Kind::other;
    bool is_keyframe = false;
    bool is_enhanced = false;  ///< carries a FourCC instead of a codec number
    std::uint8_t track = 0;    ///< of multitrack; 0 elsewhere
    std::uint8_t codec = 0;    ///< FLV's number of the codec; 0 behind an enhanced header
    std::uint8_t format = 0;   ///< FLV's first byte; 0 behind an enhanced header
    std::uint32_t fourcc = 0;  ///< also for FLV's AVC, HEVC, AAC and MP3; 0 for its others
    /// pts minus dts. Nothing where the codec has none in its messages (AV1, VP9).
    std::optional<std::int32_t> composition_ms;
    std::span<const std::uint8_t> bytes;  ///< the header, or the frame
};

/// Nothing for what is empty, truncated, or of an unknown shape. Reads the first bytes only.
std::optional<TagBody> video_body(std::span<const std::uint8_t> payload);
std::optional<TagBody> audio_body(std::span<const std::uint8_t> payload);

/// As video_codec_name() and audio_codec_name() of flv/tag.hpp.
std::string_view video_codec_name(const TagBody& body);
std::string_view audio_codec_name(const TagBody& body);

}  // namespace restream
