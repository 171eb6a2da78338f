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

bool equal_in_constant_time(std::string_view given, std::string_view expected) {
    // As many steps as `given` has bytes, whom its sender knows.
    volatile unsigned char difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = expected.empty() ? '\0' : expected[i % expected.size()];
        difference =
            static_cast<unsigned char>(difference | static_cast<unsigned char>(given[i] ^ other));
    }
    return difference == 0;
}

}  // namespace restream
