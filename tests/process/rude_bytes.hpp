// What hostile peers say, byte by byte.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>

namespace restream::test {

inline std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int each : values) text += static_cast<char>(each);
    return text;
}

/// What holds until a peer says otherwise.
constexpr std::size_t first_chunk_size = 128;

/// A message on chunk stream 3.
inline std::string message(int type, const std::string& body,
                           std::size_t chunk_size = first_chunk_size) {
    const auto size = static_cast<int>(body.size());
    std::string text =
        bytes({3, 0, 0, 0, size >> 16, size >> 8 & 0xff, size & 0xff, type, 0, 0, 0, 0});
    for (std::size_t at = 0; at < body.size(); at += chunk_size) {
        if (at > 0) text += '\xc3';
        text += body.substr(at, chunk_size);
    }
    return text;
}

/// AMF0: an object in an object in an object…
inline std::string nested(int depth) {
    std::string text = "\x03";
    for (int i = 0; i < depth; ++i) text += bytes({0, 1, 'a', 3});
    return text;
}

}  // namespace restream::test
