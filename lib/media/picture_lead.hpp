// How long before it is shown a picture has to be decoded.
#pragma once

#include <cstdint>
#include <vector>

#include "flv/tag.hpp"

namespace restream {

/// By how much all that is shown has to be later than the publisher says, so that no picture is
/// shown before it is decoded, which FLV allows and muxers do not. 0 where the publisher's own
/// composition times leave enough room. From the sequence header (how far pictures are reordered),
/// the frame rate, and the first pictures. `prefix` as SinkRequest's.
/// **Unit**: milliseconds
std::int64_t picture_lead_ms(const std::vector<Tag>& prefix);

}  // namespace restream
