#include "media/open_sink.hpp"

#include "media/rtmp_sink.hpp"

namespace restream {

OpenedSink open_sink(const SinkRequest& request, const Cancel& cancel) {
    if (request.url.starts_with("rtmp")) return open_rtmp_sink(request, cancel);
    return SessionEnd{EndCode::not_supported, "this kind of URL"};
}

}  // namespace restream
