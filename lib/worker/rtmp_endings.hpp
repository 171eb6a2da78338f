// What the end of an RTMP connection means to a relay.
#pragma once

#include "base/ending.hpp"
#include "rtmp/endpoint.hpp"
#include "state/session_end.hpp"

namespace restream {

/// Whether a destination had accepted the session.
enum class PublishStep { opening, accepted };

/// As a destination's end.
SessionEnd destination_end(const RtmpEnding& ending, const RtmpEndpoint& endpoint,
                           PublishStep step);

/// How far a player had come with the ingest.
enum class PlayStep {
    opening,      ///< play was not accepted yet
    refusable,    ///< it was, not longer ago than a refusal takes, and nothing came
    silent,       ///< it plays, and nothing came
    had_message,  ///< something came
};

/// As the ingest's end.
SessionEnd ingest_end(const RtmpEnding& ending, const RtmpEndpoint& endpoint, PlayStep step);

}  // namespace restream
