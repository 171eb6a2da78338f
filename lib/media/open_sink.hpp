// The one factory of destinations: chooses the sink by the URL's scheme.
#pragma once

#include "relay/sink.hpp"

namespace restream {

/// rtmp, rtmps, srt, file. An OpenSink.
OpenedSink open_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
