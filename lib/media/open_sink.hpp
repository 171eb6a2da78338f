// Any destination, by its URL's scheme.
#pragma once

#include "relay/sink.hpp"

namespace restream {

/// rtmp, rtmps, srt and file. An OpenSink. Never throws for what the network or the disk does.
OpenedSink open_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
