// One picture of the ingest, small, as a JPEG.
#pragma once

#include <string>
#include <vector>

#include "rtmp/tag.hpp"

namespace restream {

/// The first picture that can be decoded of these tags: sequence headers, then a keyframe. At most
/// 480 pixels wide, and at most 128 KiB long.
/// **Throws**: Error{refused} where FFmpeg can make none of it.
std::string make_thumbnail(const std::vector<Tag>& tags);

}  // namespace restream
