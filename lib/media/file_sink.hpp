// Destinations that are files: flv, mkv, mp4, ts.
#pragma once

#include "relay/blocking_sink.hpp"

namespace restream {

/// Creates the file a `file:` destination names, with its folders; where it exists, `NAME-1.EXT`
/// and so on. An OpenSink.
OpenedSink open_file_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
