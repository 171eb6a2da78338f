// Small things about text for people.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace restream {

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that was most likely meant: at most a third of its letters off, at least one
/// allowed.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

/// Whether it is UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing beyond
/// U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace restream
