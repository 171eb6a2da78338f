// The ingest server as commands see it, of whichever kind it is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "state/layout.hpp"
#include "state/record.hpp"

namespace restream {

enum class IngestState { live, no_publisher, down, unknown };

std::string_view ingest_server_name(IngestServer server);
std::string_view ingest_state_name(IngestState state);

/// What `status` says of the ingest.
struct IngestStatus {
    IngestServer server = IngestServer::nginx;
    std::string url;  ///< masked
    IngestState state = IngestState::unknown;
    std::optional<int> pid;         ///< the guardian of a managed server
    std::optional<int> worker_pid;  ///< the server itself
    bool operator==(const IngestStatus&) const = default;
};

/// Asks the managed server; of an external one only the relays know, so their records tell.
/// **Blocks**: usually 1 ms, at most `nginx_patience`.
IngestStatus ingest_status(const IngestConfig& config, const Layout& layout,
                           std::span<const Record> live_records);

/// What the records of living relays say of an ingest that cannot be asked.
IngestState ingest_state_of(std::span<const Record> live_records);

/// **Throws**: Error{refused} for a server that restream does not manage, saying what to do
/// instead.
void require_managed(const IngestConfig& config);

}  // namespace restream
