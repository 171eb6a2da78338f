// Destinations that speak SRT: MPEG-TS inside.
#pragma once

#include "worker/blocking_sink.hpp"

namespace restream {

/// Calls an SRT listener; the key becomes the streamid where the URL has none. An OpenSink.
OpenedSink open_srt_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
