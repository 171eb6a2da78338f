// The ingest, played over RTMP.
#pragma once

#include "relay/source.hpp"

namespace restream {

/// Plays the ingest by libavformat's rtmp protocol alone: its bytes are FLV, and no demuxer looks
/// at them. An OpenSource.
OpenedSource open_rtmp_source(const SourceRequest& request, const Cancel& cancel);

}  // namespace restream
