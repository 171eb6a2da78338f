#include "relay/hook_queue.hpp"

#include <utility>

namespace restream {

void HookQueue::push(HookEvent event) {
    if (events_.size() == most_events) {
        event.skipped += events_.back().skipped + 1;
        events_.pop_back();
    }
    events_.push_back(std::move(event));
}

std::optional<HookEvent> HookQueue::pop() {
    if (events_.empty()) return std::nullopt;
    HookEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<HookEvent> HookQueue::pop_last() {
    if (events_.empty()) return std::nullopt;
    HookEvent event = std::move(events_.back());
    events_.pop_back();
    for (const HookEvent& each : events_) event.skipped += each.skipped + 1;
    events_.clear();
    return event;
}

}  // namespace restream
