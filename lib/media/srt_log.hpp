// libsrt's own log, which FFmpeg leaves on the terminal.
#pragma once

#include <functional>
#include <string_view>

namespace restream {

/// From now on libsrt's warnings and errors go to `hear` (from its own threads) and nothing to the
/// terminal. Does nothing where this FFmpeg has no libsrt.
void capture_srt_log(void (*hear)(std::string_view line) noexcept);

}  // namespace restream
