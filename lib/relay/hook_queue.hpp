// Changes that a relay's hook is still to be told of.
#pragma once

#include <deque>
#include <optional>

#include "config/state_hook.hpp"
#include "relay/hook_event.hpp"

namespace restream {

/// First in, first out, and bounded: where it is full, what comes takes the place of the newest one
/// and says how many were skipped. So a hook that is slow learns in the end what is true.
class HookQueue {
  public:
    static constexpr std::size_t most_events = 16;

    void push(HookEvent event);
    std::optional<HookEvent> pop();
    /// The newest one; those before it are skipped.
    std::optional<HookEvent> pop_last();
    void clear() { events_.clear(); }
    /// Forgets those of whose state the hook is not told.
    void keep_only(const StateHook& hook) {
        std::erase_if(events_, [&](const auto& each) { return !hook.tells(each.state_name()); });
    }
    bool is_empty() const { return events_.empty(); }

  private:
    std::deque<HookEvent> events_;
};

}  // namespace restream
