#include "base/secret.hpp"

namespace restream {

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        text_ = other.text_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.wipe();
    }
    return *this;
}

void Secret::wipe() noexcept {
    // A volatile pointer, so that the stores to memory that is about to be freed are not elided.
    volatile char* bytes = text_.data();
    for (std::size_t i = 0; i < text_.capacity(); ++i) bytes[i] = '\0';
    text_.clear();
}

}  // namespace restream
