// Reading `on_state`, `on_state_deadline` and `on_state_for`, of `[defaults]`, `[ingest]` and of
// destinations.
#pragma once

#include <span>

#include "config/state_hook.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// What a hook can be told of: a relay's states, or the ingest's.
struct HookStates {
    std::span<const std::string_view> all;
    std::span<const std::string_view> usual;
};
constexpr HookStates states_of_relay = {relay_hook_states, usual_relay_hook_states};
constexpr HookStates states_of_ingest = {ingest_hook_states, ingest_hook_states};

/// What is not there is as in `otherwise`; an empty text switches it off.
/// **Throws**: Error{config} with the place of what is wrong, never with a webhook's URL.
StateHook read_state_hook(const Fields& fields, const StateHook& otherwise,
                          const HookStates& known);

}  // namespace restream
