#include "media/interrupt.hpp"

namespace restream {

void Interrupt::poll() noexcept {
    if (!poll_) return;
    try {
        poll_();
    } catch (...) {
        // No exception may cross libav's frames.
        return;
    }
}

bool Interrupt::is_cancelled() {
    if (!cancel_ || !cancel_->is_requested()) return false;
    const SteadyTime now = SteadyClock::now();
    if (!cancel_seen_) cancel_seen_ = now;
    return now - *cancel_seen_ >= grace_;
}

int Interrupt::ask(void* self) noexcept {
    auto& interrupt = *static_cast<Interrupt*>(self);
    if (interrupt.is_dropped_) return 1;
    interrupt.poll();
    if (interrupt.is_cancelled()) {
        interrupt.cause_ = Cause::cancelled;
        return 1;
    }
    if (interrupt.deadline_.has_passed()) {
        interrupt.cause_ = Cause::expired;
        return 1;
    }
    return 0;
}

}  // namespace restream
