// Encodes a slate: a still picture and silence, as an FLV file of two seconds.
#pragma once

#include <filesystem>
#include <string>

#include "media/picture_file.hpp"
#include "worker/slate_shape.hpp"

namespace restream {

/// H.264 without B-frames, beginning with a keyframe, and AAC. `picture` is any file whose first
/// picture FFmpeg can decode, scaled to fit without distortion; nullptr: a dark plain one. What it
/// is shows in its bytes, not in its name, and no other file is opened.
/// **Blocks**: while it encodes, some tenths of a second.
/// **Throws**: Error{refused} where the picture cannot be read, or FFmpeg lacks an encoder.
std::string make_slate(const SlateShape& shape, const PictureFile* picture);

}  // namespace restream
