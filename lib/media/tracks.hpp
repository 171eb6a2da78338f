// What an ingest carries, as FFmpeg's muxers want to know it before the first byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "flv/tag.hpp"
#include "media/av.hpp"
#include "media/container.hpp"
#include "worker/blocking_sink.hpp"

namespace restream {

/// The tracks of an ingest. Either may be missing, not both.
struct Tracks {
    CodecParametersHandle video;
    CodecParametersHandle audio;
    std::optional<Payload>
        video_header;  ///< the tag's payload, to see a change; nothing where the codec has none
    std::optional<Payload> audio_header;
    std::uint8_t audio_format = 0;  ///< FLV's first byte: the codec's number is its upper half
    std::int64_t lead_ms = 0;       ///< see picture_lead_ms()
};

/// Learns them from what a session begins with (SinkRequest::prefix and ::sound): sequence headers
/// and the first pictures and sounds. Finite and in memory: it cannot block. Otherwise
/// `not_supported` with the codec and what takes it, or `failed`.
std::variant<Tracks, SessionEnd> learn_tracks(const SinkRequest& request, Container container);

}  // namespace restream
