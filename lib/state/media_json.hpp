// Media facts as JSON, for the records of relays and of the ingest server, and for `status`.
#pragma once

#include "base/json.hpp"
#include "base/media_facts.hpp"

namespace restream {

/// {"video": {"codec", "profile", "width", "height", "fps", "bitrate_kbps", "keyframe_interval_s",
/// "b_frames"}, "audio": {"codec", "profile", "sample_rate_hz", "channels", "bitrate_kbps"}}: null
/// for a track that is not there and for what is not known.
Json json_of(const MediaFacts& facts);
/// False for what has a member missing, of another type or out of range. Other members may stand
/// beside the two.
bool read_json(const Json& value, MediaFacts& into);

}  // namespace restream
