// One change of a relay's state, or of the ingest's, as its hook is told of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "state/record.hpp"

namespace restream {

/// Where the event is the ingest's, and not a relay's. States as in `status --json`.
struct IngestChange {
    std::string server;  ///< "embedded"
    std::string state;
    std::optional<std::string> previous;
    std::string missing;  ///< "everything", "picture": of a silent one; else empty
};

/// A value. Holds what may be shown: no key, the URL masked.
struct HookEvent {
    std::string destination;
    bool is_backup = false;  ///< of the destination's backup server
    std::string service;
    std::string url;
    State state = State::stopped;
    std::optional<State> previous;  ///< nothing where this relay has just been started
    bool confirmed = false;
    std::optional<Reason> reason;
    WallTime since{};
    std::optional<Milliseconds> next_try_in;
    std::uint32_t reconnects = 0;
    std::uint64_t skipped = 0;  ///< changes just before this one that the hook is not told of
    std::optional<IngestChange> ingest{};

    /// By which a hook chooses what it is told.
    std::string_view state_name() const {
        return ingest ? std::string_view(ingest->state) : restream::state_name(state);
    }
};

/// What the record says now.
HookEvent hook_event(const Record& record, std::optional<State> previous, SteadyTime now);

/// Whether it is worth telling behind `last`: another state, or the same for another reason.
bool is_news(const HookEvent& event, const HookEvent& last);

/// "primary", "backup": which of a destination's relays.
std::string_view relay_role(bool is_backup);

/// A sentence for people: "youtube: backoff: WHY; next try in 4 s", "the ingest is silent: …".
std::string hook_sentence(const HookEvent& event);

/// The document of restream.toml(5), one line without its end. At most a few KiB: long words are
/// cut.
std::string to_json(const HookEvent& event);

}  // namespace restream
