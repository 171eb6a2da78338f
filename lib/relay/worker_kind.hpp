// Which program does a relay's work.
#pragma once

#include <string_view>

namespace restream {

enum class WorkerKind {
    rtmp,  ///< rtmp and rtmps, natively
    av,    ///< srt, files and HLS, on FFmpeg
};

/// Who carries to a destination with this URL. What names no scheme is for `rtmp`, which says so.
WorkerKind worker_kind(std::string_view url);

/// "restream-relay-rtmp"
std::string_view worker_program(WorkerKind kind);

/// With this exit status a worker asks its guardian for the other kind: the destination's scheme
/// was changed while it ran. No crash, and none that the commands use.
constexpr int handover_status = 75;

}  // namespace restream
