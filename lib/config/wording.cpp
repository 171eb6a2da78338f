// Quoting, and finding the nearest known word.
#include "config/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>

#include "base/text.hpp"

namespace restream {

std::string in_quotes(std::string_view text) {
    constexpr std::size_t most_bytes = 64;
    std::string shown = "\"";
    while (!text.empty()) {
        const auto character = first_character(text);
        const std::size_t bytes = character ? character->bytes : 1;
        const std::string next = visible_text(text.substr(0, bytes), '?');
        if (shown.size() + next.size() > most_bytes) {
            shown += "…";
            break;
        }
        shown += next;
        text.remove_prefix(bytes);
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
