#include "media/interrupt.hpp"

namespace restream {

int Interrupt::ask(void* self) noexcept {
    auto& interrupt = *static_cast<Interrupt*>(self);
    if (interrupt.is_dropped_) return 1;
    if (interrupt.cancel_ && interrupt.cancel_->is_requested()) {
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
