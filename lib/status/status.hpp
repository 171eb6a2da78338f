// What every destination does now: the answer of `status`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "ingest/server.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

/// One relay, as it is now.
struct RelayStatus {
    std::string url;  ///< masked
    bool is_alive = false;
    State state = State::stopped;
    bool confirmed = false;
    std::optional<Reason> reason;
    std::optional<WallTime> since;
    int pid = 0;         ///< 0: none
    int worker_pid = 0;  ///< 0: none
    std::uint32_t worker_restarts = 0;
    std::optional<SessionFigures> session;
    std::uint32_t reconnects = 0;
    std::optional<double> next_retry_in_s;
};

/// Live, and what it sends comes from the ingest now.
bool is_carrying(const RelayStatus& relay);

/// The relay to a destination's backup server.
struct BackupStatus : RelayStatus {
    Backup mode = Backup::off;
};

/// One destination; as a relay, it is its own: that to its primary server.
struct DestinationStatus : RelayStatus {
    std::string name;
    std::string service;
    bool wanted = false;
    bool down = false;
    bool is_configured = true;
    /// Where it has one, or one still runs although it is off now.
    std::optional<BackupStatus> backup;
};

struct Status {
    IngestStatus ingest;
    std::vector<DestinationStatus> destinations;
};

/// Looks at the registry: takes no lock, asks no network. `names`: only these; empty: all that are
/// configured, and those whose relay lives although they are not.
Status look(const Config& config, const Registry& registry, const std::vector<std::string>& names);

/// The document of DESIGN, "status --json".
std::string to_json(const Status& status);

/// A table for people, at most `width` columns where that can be done. `now` is passed in.
std::string to_table(const Status& status, int width, bool has_colour, WallTime now);

}  // namespace restream
