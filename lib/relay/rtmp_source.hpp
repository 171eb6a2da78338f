// The ingest over RTMP.
#pragma once

#include <memory>

#include "relay/source.hpp"

namespace restream {

/// Plays rtmp://HOST[:PORT]/APP[/PLAYPATH], rtmps likewise. An OpenSource.
std::unique_ptr<TagSource> open_rtmp_source(const SourceRequest& request, Loop& loop);

}  // namespace restream
