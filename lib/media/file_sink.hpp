// Destinations that are files: flv, mkv, mp4, ts; m3u8 is HLS.
#pragma once

#include "worker/blocking_sink.hpp"

namespace restream {

/// Creates the file a `file:` destination names, with its folders; where it exists, `NAME-1.EXT`
/// and so on. A name in .m3u8 is a live playlist, which is continued. An OpenBlockingSink.
OpenedSink open_file_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
