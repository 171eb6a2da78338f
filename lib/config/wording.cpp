// Quoting, and finding the nearest known word.
#include "config/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>

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

/// Insertions, deletions, replacements and swaps of neighbours from one word to the other.
std::size_t typing_errors(std::string_view from, std::string_view to) {
    const std::size_t width = to.size() + 1;
    std::vector<std::size_t> table((from.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return table[i * width + j];
    };
    for (std::size_t i = 0; i <= from.size(); ++i) at(i, 0) = i;
    for (std::size_t j = 0; j <= to.size(); ++j) at(0, j) = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t differs = from[i - 1] == to[j - 1] ? 0 : 1;
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + differs});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
            }
        }
    }
    return at(from.size(), to.size());
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
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
    // Beyond this no known word is near; it also bounds the work.
    constexpr std::size_t longest = 40;
    if (word.empty() || word.size() > longest) return std::nullopt;
    const std::string wanted = in_lower_case(word);
    const std::string* best = nullptr;
    // One error in three letters: "yt" is not taken for "x", "tiwtch" is for "twitch".
    std::size_t fewest = std::max<std::size_t>(wanted.size() / 3, 1) + 1;
    for (const std::string& candidate : known) {
        const std::size_t errors = typing_errors(wanted, candidate);
        if (errors < fewest && errors < candidate.size()) {
            fewest = errors;
            best = &candidate;
        }
    }
    if (best != nullptr) return *best;
    const auto begins = [&](const std::string& candidate) { return candidate.starts_with(wanted); };
    const auto found = std::find_if(known.begin(), known.end(), begins);
    if (found == known.end() || std::count_if(known.begin(), known.end(), begins) != 1) {
        return std::nullopt;
    }
    return *found;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    if (const auto nearest = nearest_word(word, known)) {
        return fmt::format("; did you mean {}?", in_quotes(*nearest));
    }
    if (known.empty()) return "";
    return fmt::format("; known are {}", fmt::join(known, ", "));
}

}  // namespace restream
