// Starting the ingest server on behalf of a command that starts relays.
#include <fmt/format.h>

#include <cstdio>

#include "base/error.hpp"
#include "command.hpp"
#include "ingest/control.hpp"
#include "ingest/server.hpp"
#include "relay_batch.hpp"

namespace restream {

std::optional<IngestProblem> bring_up_ingest(const Workplace& place) {
    if (place.config.ingest.server == IngestServer::external) return std::nullopt;
    if (const auto other = other_running_server(place.config.ingest, place.registry.layout())) {
        // It takes publishers: to replace it would cost the one who publishes now.
        complain(place.verb,
                 fmt::format("ingest: {} still runs, but restream.toml wants {}; 'restream ingest "
                             "restart' replaces one with the other, which interrupts every live "
                             "destination",
                             describe_server(*other), describe_server(place.config.ingest.server)));
        return std::nullopt;
    }
    try {
        if (start_ingest(place.config, place.registry.layout()) == IngestStart::started) {
            fmt::print(stderr, "ingest: started, {}\n", place.config.ingest.display_url());
        }
        return std::nullopt;
    } catch (const Error& error) {
        return IngestProblem{error.what(), static_cast<int>(error.kind())};
    }
}

}  // namespace restream
