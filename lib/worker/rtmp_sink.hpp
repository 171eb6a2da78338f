// Destinations over RTMP, with or without TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "worker/sink.hpp"

namespace restream {

/// Publishes to rtmp and rtmps URLs. An OpenSink.
std::unique_ptr<Sink> open_rtmp_sink(const SinkRequest& request, Loop& loop);

/// The FourCCs that these tags carry, each once: what `connect` announces. Empty for AVC, AAC and
/// all that FLV has a number for.
std::vector<std::string> fourccs_of(const std::vector<Tag>& prefix);

}  // namespace restream
