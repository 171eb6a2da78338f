#include "relay/worker_kind.hpp"

#include <variant>

#include "config/url.hpp"

namespace restream {

WorkerKind worker_kind(std::string_view url) {
    const auto split = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&split);
    const bool is_native = !parts || parts->scheme == "rtmp" || parts->scheme == "rtmps";
    return is_native ? WorkerKind::rtmp : WorkerKind::av;
}

std::string_view worker_program(WorkerKind kind) {
    return kind == WorkerKind::rtmp ? "restream-relay-rtmp" : "restream-relay-av";
}

}  // namespace restream
