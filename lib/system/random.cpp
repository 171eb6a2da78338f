#include "system/random.hpp"

namespace restream {

std::string random_hex(std::size_t count) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t each : random_bytes(count)) {
        text += digits[each >> 4];
        text += digits[each & 0xF];
    }
    return text;
}

}  // namespace restream
