// Destinations that speak RTMP or RTMPS.
#pragma once

#include "relay/sink.hpp"

namespace restream {

/// Opens an rtmp or rtmps destination: connected, and the server accepted the stream key. Tags pass
/// as they are, of any codec. An OpenSink.
OpenedSink open_rtmp_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
