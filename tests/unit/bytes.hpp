// Bytes as they are on the wire, written so that people can read them.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace restream {

using Bytes = std::vector<std::uint8_t>;

/// Hexadecimal digits in pairs, and text between apostrophes; blanks and line ends as one likes:
/// "02 0004 'live'".
inline Bytes bytes_of(std::string_view notation) {
    const auto digit = [](char each) {
        if ((each < '0' || each > '9') && (each < 'a' || each > 'f')) FAIL("no digit: ", each);
        return each <= '9' ? each - '0' : each - 'a' + 10;
    };
    Bytes bytes;
    for (std::size_t i = 0; i < notation.size(); ++i) {
        if (notation[i] == ' ' || notation[i] == '\n') continue;
        if (notation[i] == '\'') {
            const auto end = notation.find('\'', ++i);
            REQUIRE(end != std::string_view::npos);
            bytes.insert(bytes.end(), notation.begin() + i, notation.begin() + end);
            i = end;
            continue;
        }
        if (i + 1 == notation.size()) FAIL("half a byte");
        const int high = digit(notation[i]);
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit(notation[++i])));
    }
    return bytes;
}

}  // namespace restream
