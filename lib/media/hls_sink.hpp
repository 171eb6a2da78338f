// Destinations that are live playlists: HLS.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "media/hls_playlist.hpp"
#include "media/hls_store.hpp"
#include "worker/blocking_sink.hpp"

namespace restream {

/// What a session of HLS goes on with.
struct HlsPlace {
    std::unique_ptr<HlsStore> store;
    HlsPlaylist playlist;
    std::vector<std::string> unlisted;  ///< segments behind the window, the oldest first
};

/// Writes MPEG-TS segments of about 4 s, cut at keyframes, and lists the last
/// `HlsPlaylist::window`; as many more stay for players that are behind. A goodbye ends the
/// playlist (EXT-X-ENDLIST), any other end leaves it open; either way the next session goes on with
/// it. `find_place` is called once it is known that the tracks can be written.
OpenedSink open_hls_sink(const SinkRequest& request,
                         const std::function<std::variant<HlsPlace, SessionEnd>()>& find_place);

/// A `file:` destination that ends in .m3u8. An OpenBlockingSink.
OpenedSink open_hls_folder_sink(const SinkRequest& request, const Cancel& cancel);

}  // namespace restream
