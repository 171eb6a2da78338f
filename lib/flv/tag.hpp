// One FLV tag: what travels from the ingest to a destination.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/payload.hpp"

namespace restream {

/// Milliseconds on a 32-bit clock that wraps after 49.7 days. Differences are signed and right
/// across the wrap, as long as the two are less than 24.8 days apart.
/// **Source**: Adobe RTMP 1.0, section 3 (serial number arithmetic, RFC 1982).
class RtmpTime {
  public:
    constexpr RtmpTime() = default;
    constexpr explicit RtmpTime(std::uint32_t ms) : ms_(ms) {}

    constexpr std::uint32_t ms() const { return ms_; }
    /// This minus `other`, in milliseconds.
    constexpr std::int32_t since(RtmpTime other) const {
        return static_cast<std::int32_t>(ms_ - other.ms_);
    }
    constexpr RtmpTime plus(std::int32_t ms) const {
        return RtmpTime(ms_ + static_cast<std::uint32_t>(ms));
    }
    constexpr bool operator==(const RtmpTime&) const = default;

  private:
    std::uint32_t ms_ = 0;
};

/// **Source**: FLV 10.1, E.4.1 (tag types), the same numbers as RTMP message types.
enum class TagType : std::uint8_t { audio = 8, video = 9, script = 18 };

/// One message of an RTMP connection, or one tag of an FLV file. The payload is shared by all its
/// readers and never changed.
struct Tag {
    TagType type = TagType::script;
    RtmpTime time;
    Payload payload;

    std::span<const std::uint8_t> bytes() const { return payload.bytes(); }
};

/// A tag that owns a copy of `bytes`.
Tag make_tag(TagType type, RtmpTime time, std::span<const std::uint8_t> bytes);

/// What a video payload's first bytes say. **Source**: FLV 10.1 E.4.3.1; Enhanced RTMP v1.
struct VideoFacts {
    bool is_keyframe = false;
    bool is_sequence_header = false;
    bool is_end_of_sequence = false;
    bool is_command = false;   ///< FrameType 5: no picture inside
    bool is_enhanced = false;  ///< carries a FourCC instead of a codec number
    /// Of one or more tracks among several, beside which there may be a plain one.
    bool is_multitrack = false;
    std::uint8_t codec = 0;    ///< FLV CodecID (7 = AVC); 0 where is_enhanced
    std::uint32_t fourcc = 0;  ///< big-endian FourCC; 0 where not is_enhanced, or is_multitrack
    bool needs_sequence_header() const;
};

/// What an audio payload's first bytes say. **Source**: FLV 10.1 E.4.2.1; Enhanced RTMP v2.
struct AudioFacts {
    bool is_sequence_header = false;
    bool is_enhanced = false;
    bool is_multitrack = false;  ///< as VideoFacts'
    std::uint8_t codec = 0;      ///< FLV SoundFormat (10 = AAC, 2 = MP3); 0 where is_enhanced
    std::uint32_t fourcc = 0;
    bool needs_sequence_header() const;
};

/// Nothing for an empty or truncated payload.
std::optional<VideoFacts> video_facts(std::span<const std::uint8_t> payload);
std::optional<AudioFacts> audio_facts(std::span<const std::uint8_t> payload);

/// True for a script tag whose name is `onMetaData` (also behind `@setDataFrame`).
bool is_metadata(const Tag& tag);

/// True for metadata whose `videocodecid` names a codec: a picture is to come, also where none has
/// yet.
bool announces_video(const Tag& metadata);

/// "h264", "hevc", "av1", "vp9", "flv1", …; "unknown" for what is none of them.
std::string_view video_codec_name(const VideoFacts& facts);
/// "aac", "mp3", "opus", "speex", …
std::string_view audio_codec_name(const AudioFacts& facts);

}  // namespace restream
