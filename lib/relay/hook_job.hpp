// What a relay hands to restream-hook: one hook, and what it is to be told.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/state_hook.hpp"
#include "relay/hook_event.hpp"

namespace restream {

/// Goes through a pipe, never through an argument or a file: a webhook's URL is a secret.
struct HookJob {
    StateHook hook;
    std::string event;        ///< "state" of a relay, "ingest"
    std::string destination;  ///< empty, like relay and reason, where it is the ingest's
    std::string relay;        ///< "primary", "backup"
    std::string state;
    std::string reason;  ///< its code; empty where there is none
    std::string body;    ///< JSON
};

HookJob hook_job(const StateHook& hook, const HookEvent& event);

/// One line, without its end.
std::string to_line(const HookJob& job);
/// What is done, as one line without its end: equal where two hooks do the same.
std::string to_line(const StateHook& hook);
/// Nothing where it is none.
std::optional<HookJob> hook_job_from_line(std::string_view line);

}  // namespace restream
