#include "media/open_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "media/file_sink.hpp"
#include "media/srt_sink.hpp"

namespace restream {

namespace {

struct Row {
    std::string_view scheme;
    OpenedSink (*open)(const SinkRequest&, const Cancel&);
};

constexpr std::array rows = {
    Row{"file", open_file_sink},
    Row{"srt", open_srt_sink},
};

}  // namespace

OpenedSink open_sink(const SinkRequest& request, const Cancel& cancel) {
    const std::string scheme = in_lower_case(request.url.substr(0, request.url.find(':')));
    for (const Row& row : rows) {
        if (row.scheme == scheme) return row.open(request, cancel);
    }
    return SessionEnd{
        EndCode::config_invalid,
        fmt::format("{}: what FFmpeg carries to is srt or file", scheme.substr(0, 20))};
}

}  // namespace restream
