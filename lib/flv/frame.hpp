// Which tags carry a picture or a sound.
#pragma once

#include <optional>

#include "flv/tag.hpp"
#include "flv/tag_body.hpp"

namespace restream {

/// As video_body() and audio_body(); nothing for a script tag.
std::optional<TagBody> body_of(const Tag& tag);

/// Whether a tag carries a picture or sound: no header, no command, no data.
bool is_frame(const Tag& tag);

}  // namespace restream
