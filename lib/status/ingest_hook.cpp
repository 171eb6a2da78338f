#include "status/ingest_hook.hpp"

#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"

namespace restream {

std::optional<IngestChange> IngestNews::look(const IngestStatus& status) {
    const IngestState state = status.state;
    if (state == IngestState::down || state == IngestState::unknown) return std::nullopt;
    const bool is_steady = std::exchange(seen_, state) == state;
    if (!is_steady || told_ == state) return std::nullopt;
    const auto previous = std::exchange(told_, state);
    if (!previous && state == IngestState::no_publisher) return std::nullopt;
    IngestChange change;
    change.server = ingest_server_name(status.server);
    change.state = ingest_state_name(state);
    if (previous) change.previous = ingest_state_name(*previous);
    if (status.silence != Silence::none) change.missing = silence_name(status.silence);
    return change;
}

IngestHook::IngestHook(Means means) : means_(std::move(means)), keeper_(means_.hook) {}

/// A configuration that is broken now changes nothing.
void IngestHook::follow_configuration() {
    std::error_code error;
    const auto time =
        std::filesystem::last_write_time(means_.configuration / "restream.toml", error);
    // A file that is missing has a time of its own, too.
    if (read_at_ == time) return;
    read_at_ = time;
    try {
        config_ = means_.load();
        keeper_.use(config_.ingest.on_state, config_.ingest.display_url(), key_variables(config_));
    } catch (const Error&) {
        // Reported by whoever starts or reloads the server.
    }
}

void IngestHook::look() {
    follow_configuration();
    if (!config_.ingest.on_state.is_there()) return;
    const IngestStatus status = means_.ask(config_.ingest);
    auto change = news_.look(status);
    if (!change) return;
    HookEvent event;
    event.url = status.url;
    event.since = status.silent_since.value_or(std::chrono::system_clock::now());
    event.ingest = std::move(*change);
    keeper_.tell(std::move(event));
}

}  // namespace restream
