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

/// Starts the server if it is down, and waits until it takes publishers: its port accepts, and it
/// says who publishes. One of another kind that runs is ended before. Takes the CommandLock for the
/// starting itself.
/// **Blocks**: at most `ingest_start_deadline`, and for as long as stop_ingest takes. **Throws**:
/// Error{refused} with the server's own words.
IngestStart start_ingest(const Config& config, const Layout& layout);

/// What runs although the configuration wants another kind of server.
std::optional<IngestServer> other_running_server(const IngestConfig& config, const Layout& layout);

/// Ends the server, whatever the configuration says now. False where none was running.
/// **Blocks**: until its processes are gone, at most 8 s. **Throws**: Error{refused} where they do
/// not go.
bool stop_ingest(const Layout& layout);

/// Makes the running server read the configuration again; the encoder is disconnected, and
/// reconnects.
/// **Blocks**: until done, at most 12 s. **Throws**: Error{refused} where the new configuration is
/// bad, or wants a server of another kind: the server then goes on with the old one.
void reload_ingest(const Config& config, const Layout& layout);

/// Several lines that tell what to type into OBS.
std::string obs_settings(const IngestConfig& config);

}  // namespace restream
