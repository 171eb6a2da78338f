// Opening an RTMP connection with libavformat's protocol, and what went wrong where it cannot be.
#pragma once

#include <string>

#include "media/av.hpp"
#include "media/av_log.hpp"
#include "media/interrupt.hpp"
#include "relay/session_end.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

enum class RtmpRole { play, publish };

/// Opens it: 0, or an AVERROR. The key goes through an option, never through a URL, which libav may
/// log. Certificates and host names are checked.
/// **Blocks**: until the server lets us publish, or sent its first message to play; or the
/// interrupt.
int open_rtmp(AvioHandle& opened, const RtmpEndpoint& endpoint, RtmpRole role,
              const std::string& ca_file, Interrupt& interrupt, AvTranscript& transcript);

/// Why open_rtmp failed, as a destination's end: from the error number, from how far it came, and
/// from what the server said.
SessionEnd opening_end(int av_error, const RtmpEndpoint& endpoint, const Interrupt& interrupt,
                       const AvTranscript& transcript);

}  // namespace restream
