// One change of a relay's state, as its hook is told of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "state/record.hpp"

namespace restream {

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
    std::uint64_t attempts = 0;  ///< since it was live last, the present one included
    std::uint32_t reconnects = 0;
    std::uint64_t skipped = 0;  ///< changes just before this one that the hook is not told of
};

/// What the record says now.
HookEvent hook_event(const Record& record, std::optional<State> previous, SteadyTime now);

/// Whether it is worth telling behind `last`: another state, or the same for another reason.
bool is_news(const HookEvent& event, const HookEvent& last);

/// "primary", "backup": which of a destination's relays.
std::string_view relay_role(bool is_backup);

/// A sentence for people: "youtube: backoff: WHY; next try in 4 s".
std::string hook_sentence(const HookEvent& event);

/// The document of restream.toml(5), one line without its end. At most a few KiB: long words are
/// cut.
std::string to_json(const HookEvent& event);

}  // namespace restream
