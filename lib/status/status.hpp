// What every destination does now: the answer of `status`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/config_reading.hpp"
#include "ingest/server.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

/// The code of the reason of a destination that is wanted and was not started yet.
inline constexpr std::string_view not_started_code = "not_started_yet";

/// One relay, as it is now.
struct RelayStatus {
    std::string url;  ///< masked
    bool is_alive = false;
    State state = State::stopped;
    bool confirmed = false;
    /// Why it is in that state; after a failure until it is live, why the last try failed.
    std::optional<Reason> reason;
    std::optional<WallTime> since;
    int pid = 0;         ///< 0: none
    int worker_pid = 0;  ///< 0: none
    std::uint32_t worker_restarts = 0;
    std::optional<SessionFigures> session;
    std::uint32_t reconnects = 0;
    std::uint64_t attempts = 0;             ///< since it was live last, the present one included
    std::optional<double> next_retry_in_s;  ///< 0 while it tries again after a failure
    /// The session runs with other settings, or another key, than the configuration has now.
    bool restart_pending = false;
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
    bool down = false;          ///< wanted, and stopped by `stop`
    bool is_configured = true;  ///< or may be, where the configuration is broken
    /// Where it has one, or one still runs although it is off now.
    std::optional<BackupStatus> backup;
};

struct Status {
    /// Of a configuration that is broken: then only what could be read of it, and what runs, is
    /// known.
    std::optional<ConfigProblem> config_problem;
    IngestStatus ingest;
    std::vector<DestinationStatus> destinations;
};

/// Looks at the registry: takes no lock, asks no network. `names`: only these; empty: all that are
/// configured, and those whose relay lives although they are not.
Status look(const Config& config, const Registry& registry, const std::vector<std::string>& names);
/// The same where the configuration may be broken: also all that is wanted, and the ingest as its
/// own record has it.
Status look(const ConfigReading& reading, const Registry& registry,
            const std::vector<std::string>& names);

/// The configuration as it can be shown: where [ingest] could not be read, it is what the server's
/// record says.
Config shown_config(const ConfigReading& reading, const Layout& layout);

/// The document of DESIGN, "status --json".
std::string to_json(const Status& status);

/// A table for people, at most `width` columns where that can be done. `now` is passed in.
std::string to_table(const Status& status, int width, bool has_colour, WallTime now);

}  // namespace restream
