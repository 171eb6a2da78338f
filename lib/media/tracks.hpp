// What an ingest carries, as FFmpeg's muxers want to know it before the first byte.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "media/av.hpp"
#include "relay/session_end.hpp"
#include "rtmp/tag.hpp"

namespace restream {

/// The tracks of an ingest. Either may be missing, not both.
struct Tracks {
    CodecParametersHandle video;
    CodecParametersHandle audio;
    std::optional<Payload>
        video_header;  ///< the tag's payload, to see a change; nothing where the codec has none
    std::optional<Payload> audio_header;
};

/// Learns them from what a session begins with (SinkRequest::prefix): sequence headers and the
/// first pictures and sounds. Finite and in memory: it cannot block. Otherwise `not_supported` with
/// the codec and the FFmpeg that could, or `failed`.
std::variant<Tracks, SessionEnd> learn_tracks(const std::vector<Tag>& prefix);

}  // namespace restream
