#include "ingest/listen_check.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "ingest/tcp.hpp"

namespace restream {

namespace {

std::string who_holds(int port) {
    const auto holder = find_port_holder(port);
    if (!holder || holder->pid == 0)
        return "by another user's process, or by another ingest server of restream";
    return fmt::format("by {} (PID {})", holder->name, holder->pid);
}

}  // namespace

void require_free_port(const IngestConfig& config) {
    const auto problem = listen_problem(config.listen_host, config.listen_port);
    if (!problem) return;
    const std::string place = host_and_port(config.listen_host, config.listen_port);
    switch (*problem) {
        case ListenProblem::taken:
            throw Error(
                ErrorKind::refused,
                fmt::format("listening at {}: port {} is taken {}; end that program, or "
                            "change listen and url in the [ingest] section of restream.toml, "
                            "or set server = \"external\" to use the server that is there",
                            place, config.listen_port, who_holds(config.listen_port)));
        case ListenProblem::not_allowed:
            throw Error(ErrorKind::refused,
                        fmt::format("listening at {}: not allowed; ports below 1024 belong to the "
                                    "system: use 1935",
                                    place));
        case ListenProblem::no_such_address:
            throw Error(ErrorKind::refused,
                        fmt::format("listening at {}: this machine does not have that address; use "
                                    "127.0.0.1, or 0.0.0.0 for all of its addresses",
                                    place));
        case ListenProblem::other:
            break;  // the server will say it
    }
}

}  // namespace restream
