// Any destination, by its URL's scheme.
#pragma once

#include "worker/blocking_sink.hpp"

namespace restream {

/// srt and file. An OpenBlockingSink. Never throws for what the network or the disk does.
OpenedSink open_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
