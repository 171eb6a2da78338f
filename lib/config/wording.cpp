// Quoting, and finding the nearest known word.
#include "config/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"

namespace restream {

namespace {

/// How many bytes of well-formed UTF-8 begin here; 0 where none do.
std::size_t character_bytes(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t count = 0;
    if (first < 0x80) count = 1;
    if (first >= 0xC2 && first < 0xE0) count = 2;
    if (first >= 0xE0 && first < 0xF0) count = 3;
    if (first >= 0xF0 && first < 0xF5) count = 4;
    if (count > text.size()) return 0;
    for (std::size_t i = 1; i < count; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    return count;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t most_bytes = 64;
    std::string shown = "\"";
    while (!text.empty()) {
        const std::size_t bytes = character_bytes(text);
        if (shown.size() + bytes > most_bytes) {
            shown += "…";
            break;
        }
        const auto first = static_cast<unsigned char>(text.front());
        const bool is_c1_control =
            bytes == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
        if (bytes == 0 || first < 0x20 || first == 0x7F || is_c1_control) {
            shown += '?';
        } else {
            shown += text.substr(0, bytes);
        }
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return shown + "\"";
}

std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& known) {
    const std::vector<std::string_view> views(known.begin(), known.end());
    const auto found = nearest(word, views);
    return found ? std::optional<std::string>(*found) : std::nullopt;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    if (const auto nearest = nearest_word(word, known)) {
        return fmt::format("; did you mean {}?", in_quotes(*nearest));
    }
    if (known.empty()) return "";
    return fmt::format("; known are {}", fmt::join(known, ", "));
}

}  // namespace restream
