// Reading `on_state` and `on_state_deadline`, of `[defaults]` and of destinations.
#pragma once

#include "config/state_hook.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// What is not there is as in `otherwise`; an empty text switches it off.
/// **Throws**: Error{config} with the place of what is wrong, never with a webhook's URL.
StateHook read_state_hook(const Fields& fields, const StateHook& otherwise);

}  // namespace restream
