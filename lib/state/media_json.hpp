// Media facts as JSON, for the records of relays and of the ingest server, and for `status`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/media_facts.hpp"

namespace restream {

/// {"video": {"codec", "profile", "width", "height", "fps", "bitrate_kbps", "keyframe_interval_s",
/// "b_frames"}, "audio": {"codec", "profile", "sample_rate_hz", "channels", "bitrate_kbps"}}: null
/// for a track that is not there and for what is not known.
std::string to_json(const MediaFacts& facts);
/// Nothing for what is torn, or has a member missing, of another type or out of range.
std::optional<MediaFacts> media_facts_from_json(std::string_view text);

}  // namespace restream
