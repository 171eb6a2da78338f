#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace restream {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Optimal string alignment: three rows of the usual matrix.
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + differs});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string in_lower_case(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), lower);
    return small;
}

bool is_same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

namespace {

/// "insta" for "instagram", where no other word begins so.
std::optional<std::string_view> only_one_begun(std::string_view begin,
                                               std::span<const std::string_view> known) {
    const auto begins = [&](std::string_view each) {
        return in_lower_case(each).starts_with(begin);
    };
    const auto found = std::ranges::find_if(known, begins);
    if (found == known.end() || std::ranges::count_if(known, begins) != 1) return std::nullopt;
    return *found;
}

/// The bytes of a colour's escape sequence at the begin of `text`, ESC [ … letter; else 0.
std::size_t escape_bytes(std::string_view text) {
    if (!text.starts_with("\x1b[")) return 0;
    const std::size_t end = text.find_first_not_of("0123456789;", 2);
    return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
    if (word.empty() || word.size() > 64) return std::nullopt;
    const std::string wanted = in_lower_case(word);
    std::optional<std::string_view> best;
    std::size_t best_distance = 0;
    for (const auto each : known) {
        const std::size_t distance = edit_distance(wanted, in_lower_case(each));
        const std::size_t allowed = std::max<std::size_t>(1, each.size() / 3);
        if (distance <= allowed && distance < each.size() && (!best || distance < best_distance)) {
            best = each;
            best_distance = distance;
        }
    }
    return best ? best : only_one_begun(wanted, known);
}

std::size_t columns_of(std::string_view line) {
    std::size_t columns = 0;
    while (!line.empty()) {
        if (const std::size_t escape = escape_bytes(line); escape > 0) {
            line.remove_prefix(escape);
            continue;
        }
        // What continues a character of UTF-8 takes no column of its own.
        if ((static_cast<unsigned char>(line.front()) & 0xC0) != 0x80) ++columns;
        line.remove_prefix(1);
    }
    return columns;
}

std::string cut_to(std::string_view line, std::size_t columns) {
    if (columns == 0) return "";
    if (columns_of(line) <= columns) return std::string(line);
    std::size_t at = 0;
    for (std::size_t column = 0; at < line.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(line[at]) & 0xC0) != 0x80;
        if (begins && column++ == columns - 1) break;
    }
    return std::string(line.substr(0, at)) + "…";
}

std::string wrapped(std::string_view begin, std::string_view text, std::size_t width,
                    std::size_t indent) {
    const std::size_t later = width / 2 > indent ? indent : 2;
    std::string out(begin);
    std::size_t column = columns_of(begin);
    bool is_first = true;  // of its line
    for (;;) {
        const std::size_t end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        const std::size_t columns = columns_of(word);
        const std::size_t needed = column + columns + (is_first ? 0 : 1);
        if (needed > width && column > later) {
            out.erase(out.find_last_not_of(' ') + 1);
            if (!out.empty()) out += '\n';
            out += std::string(later, ' ');
            column = later;
            is_first = true;
        }
        if (!is_first) out += ' ';
        out += word;
        column += columns + (is_first ? 0 : 1);
        is_first = false;
        if (end == std::string_view::npos) return out + "\n";
        text.remove_prefix(end + 1);
    }
}

std::string wrapped_lines(std::string_view text, std::size_t width) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
        out += wrapped(line.substr(0, blanks), line.substr(blanks), width, blanks + 2);
        if (end == std::string_view::npos) {
            out.pop_back();  // a last line without an end has none
            break;
        }
        text.remove_prefix(end + 1);
    }
    return out;
}

std::optional<Character> first_character(std::string_view text) {
    // Source: The Unicode Standard, table 3-7: the length and the bounds of the second byte follow
    // from the first.
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(0);
    if (first < 0x80) return Character{first, 1};
    if (first < 0xC2 || first > 0xF4) return std::nullopt;
    const std::size_t bytes = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < bytes) return std::nullopt;
    const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < least || byte(1) > most) return std::nullopt;
    char32_t code = first & (0x7Fu >> bytes);
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xC0) != 0x80) return std::nullopt;
        code = code << 6 | (byte(at) & 0x3F);
    }
    return Character{code, bytes};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto character = first_character(text);
        if (!character) return false;
        text.remove_prefix(character->bytes);
    }
    return true;
}

bool is_invisible(char32_t code) {
    // Source: Unicode 15, DerivedCoreProperties.txt, Default_Ignorable_Code_Point, without the
    // selectors of variants but those of plane 14. Besides: the separators of lines and paragraphs,
    // and what stands around annotations.
    struct Range {
        char32_t first, last;
    };
    static constexpr Range ranges[] = {
        {0xAD, 0xAD},     {0x34F, 0x34F},     {0x61C, 0x61C},     {0x115F, 0x1160},
        {0x17B4, 0x17B5}, {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
        {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    return std::ranges::any_of(
        ranges, [&](const Range& each) { return code >= each.first && code <= each.last; });
}

std::string visible_text(std::string_view text, char blank) {
    std::string out;
    while (!text.empty()) {
        const auto character = first_character(text);
        const std::size_t bytes = character ? character->bytes : 1;
        const char32_t code = character ? character->code : 0;
        if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            out += blank;
        } else if (is_invisible(code)) {
            out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(code));
        } else {
            out += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    return out;
}

}  // namespace restream
