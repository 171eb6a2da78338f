// What a sequence header says of its track.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/media_facts.hpp"
#include "flv/tag.hpp"
#include "flv/tag_body.hpp"

namespace restream {

/// Sides of a picture above this are taken for damage. AV1 and HEVC could say more; no encoder of
/// live pictures goes beyond 8K.
constexpr std::uint32_t longest_side = 16384;

/// What is not known stays empty. `profile` points to a constant.
struct VideoHeader {
    std::string_view profile = {};
    int width = 0;
    int height = 0;
    std::optional<double> fps;
    /// False: frames are shown in the order in which they are sent, so none is a B-frame.
    std::optional<bool> may_reorder;
    /// How many frames at most precede one in sending that they follow in showing; H.264 only.
    std::optional<int> most_reordered;
    int reference_frames = 0;  ///< H.264 only; 0 where not known
    bool operator==(const VideoHeader&) const = default;
};

struct AudioHeader {
    std::string_view profile = {};
    int sample_rate_hz = 0;
    int channels = 0;
    int frame_samples = 0;  ///< of each channel in a frame, as played; 0 where not known
    bool operator==(const AudioHeader&) const = default;
};

/// The entry for any tag, from wherever it comes: what this one says alone. A sequence header tells
/// the codec, profile, size or rate, and any other message its codec; script tags tell nothing.
/// Nothing is measured. What is truncated or damaged tells what is certain, or nothing.
MediaFacts read_media_facts(TagType type, std::span<const std::uint8_t> payload);

/// Empty for a codec that is not read here.
VideoHeader read_video_header(const TagBody& body);
/// Also of a frame, where the codec has no header: MP3, and what FLV's first byte says.
AudioHeader read_audio_header(const TagBody& body);

/// What is known of a track from its header alone.
VideoTrack to_track(const TagBody& body, const VideoHeader& header);
AudioTrack to_track(const TagBody& body, const AudioHeader& header);

// One codec each: what stands behind the tag's own header.
VideoHeader read_avc_header(std::span<const std::uint8_t> record);
VideoHeader read_hevc_header(std::span<const std::uint8_t> record);
VideoHeader read_av1_header(std::span<const std::uint8_t> record);
VideoHeader read_vp9_header(std::span<const std::uint8_t> record);
AudioHeader read_aac_header(std::span<const std::uint8_t> config);
AudioHeader read_opus_header(std::span<const std::uint8_t> head);
AudioHeader read_flac_header(std::span<const std::uint8_t> head);
AudioHeader read_mp3_frame(std::span<const std::uint8_t> frame);

/// Sets width and height, where both are above 0 and at most longest_side.
void set_size(VideoHeader& header, std::int64_t width, std::int64_t height);
/// Sets fps to `ticks / tick`, where that is a rate a picture can have.
void set_rate(VideoHeader& header, double ticks_per_s, double ticks_per_frame);

}  // namespace restream
