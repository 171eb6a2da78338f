// Small things about text for people.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace restream {

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that was most likely meant, whatever the case of its letters: at most a third of
/// them off, at least one allowed; or the only one that `word` begins.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

/// The columns that a terminal needs for one line of UTF-8: one for each character, none for what
/// colours it.
std::size_t columns_of(std::string_view line);

/// Its begin, at most so many columns, with "…" in place of what was left out. REQUIRES: no escape
/// sequences in it.
std::string cut_to(std::string_view line, std::size_t columns);

/// For a width: lines stay whole.
inline constexpr std::size_t no_width = std::string::npos;

/// `begin`, and behind it `text`, in lines of at most `width` columns that end with a line's end.
/// Breaks at blanks only: a longer word (a URL, a path) stays whole. Later lines begin with
/// `indent` blanks, or 2 where that leaves little room.
std::string wrapped(std::string_view begin, std::string_view text, std::size_t width,
                    std::size_t indent);

/// Each line of `text` wrapped for itself: its later lines begin 2 columns further right than it
/// does.
std::string wrapped_lines(std::string_view text, std::size_t width);

/// Only what is ASCII changes, whatever the locale.
constexpr char lower(char each) {
    return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
}
/// As lower(), each character.
std::string in_lower_case(std::string_view text);
/// Whether they are equal in lower case.
bool is_same_word(std::string_view a, std::string_view b);

struct Character {
    char32_t code = 0;
    std::size_t bytes = 0;
};

/// The first character of UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing
/// beyond U+10FFFF. Nothing where none begins there. REQUIRES: the text is not empty.
std::optional<Character> first_character(std::string_view text);

/// Whether it is UTF-8 as Unicode defines it.
bool is_utf8(std::string_view text);

/// Whether nobody sees it, although it is there, or it turns the text around it: blanks without a
/// width, joiners, marks and overrides of direction, tags, fillers. Not so the selectors of a
/// variant U+FE00 to U+FE0F, of which emoji are made.
bool is_invisible(char32_t code);

/// Foreign text, fit for one line of a terminal, a log or a page: what is invisible stands there as
/// `\u{202e}`, and a `blank` in place of each control character and each byte that is no UTF-8.
std::string visible_text(std::string_view text, char blank = ' ');

}  // namespace restream
