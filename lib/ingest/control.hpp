// Starting, reloading and stopping the managed ingest server, from a command.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "state/layout.hpp"

namespace restream {

/// How long `start` waits for the server to answer.
constexpr Milliseconds ingest_start_deadline = std::chrono::seconds(10);

enum class IngestStart {
    started,
    was_running,
    replaced,  ///< a server of another kind, which ran, was ended first
};

/// Starts the server if it is down, whoever ended it, and waits until it takes publishers: its port
/// accepts, and it says who publishes. One of another kind that runs is ended before. Takes the
/// CommandLock for the starting itself.
/// **Blocks**: at most `ingest_start_deadline`, and for as long as stop_ingest takes. **Throws**:
/// Error{refused} with the server's own words.
IngestStart start_ingest(const Config& config, const Layout& layout);

/// Whether the server died with its guardian: its record is left, nobody keeps it true, and it was
/// not the user who ended it.
bool is_ingest_dead(const Layout& layout);

/// Starts a managed server that is down, as start_ingest does, but not one that the user ended in
/// this boot. False where there was nothing to do. Ends its waiting where the user ends the server
/// meanwhile.
/// **Blocks**, **Throws**: as start_ingest.
bool heal_ingest(const Config& config, const Layout& layout);

/// What runs although the configuration wants another kind of server.
std::optional<IngestServer> other_running_server(const IngestConfig& config, const Layout& layout);

/// Who starts the server again that was stopped.
enum class AfterStop {
    caller_starts_it,
    stays_down,  ///< nobody but start_ingest, until the next boot
};

/// Ends the server, whatever the configuration says now. False where none was running.
/// **Blocks**: until its processes are gone, at most 8 s. **Throws**: Error{refused} where they do
/// not go; Error{busy}.
bool stop_ingest(const Layout& layout, AfterStop after);

/// Makes the running server read the configuration again; the encoder is disconnected, and
/// reconnects.
/// **Blocks**: until done, at most 12 s. **Throws**: Error{refused} where the new configuration is
/// bad, or wants a server of another kind: the server then goes on with the old one.
void reload_ingest(const Config& config, const Layout& layout);

/// Several lines that tell what to type into OBS.
std::string obs_settings(const IngestConfig& config);

}  // namespace restream
