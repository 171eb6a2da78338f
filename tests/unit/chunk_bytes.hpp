// Bytes of RTMP's chunk layer, written down as hex and put together by hand.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/output_queue.hpp"
#include "rtmp/chunk_reader.hpp"

namespace tests {

using Bytes = std::vector<std::uint8_t>;

/// "03 0000e8": spaces between bytes, or none.
inline Bytes hex(std::string_view text) {
    const auto digit = [](char each) { return each <= '9' ? each - '0' : each - 'a' + 10; };
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == ' ') continue;
        bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
        ++i;
    }
    return bytes;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes whole;
    for (const Bytes& part : parts) whole.insert(whole.end(), part.begin(), part.end());
    return whole;
}

/// `size` bytes that are no header and no timestamp: 0xa1, 0xa2, …
inline Bytes payload_of(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(0xa1 + i % 90);
    return bytes;
}

inline Bytes bytes_of(const restream::Payload& payload) {
    return {payload.bytes().begin(), payload.bytes().end()};
}

/// All that waits.
inline Bytes taken(restream::OutputQueue& queue) {
    Bytes bytes;
    std::span<const std::uint8_t> piece;
    while (queue.gather({&piece, 1}) == 1) {
        bytes.insert(bytes.end(), piece.begin(), piece.end());
        queue.consume(piece.size());
    }
    return bytes;
}

/// What a reader says, in a line: "9 1 @1000 [3]" for each message with its message stream,
/// time and length; at the end why it is malformed.
inline std::string told(restream::ChunkReader& reader) {
    std::string text;
    while (true) {
        const auto next = reader.next();
        if (const auto* message = std::get_if<restream::Message>(&next)) {
            text += (text.empty() ? "" : ", ") + std::to_string(int(message->type)) + " " +
                    std::to_string(message->message_stream_id) + " @" +
                    std::to_string(message->time.ms()) + " [" +
                    std::to_string(message->payload.size()) + "]";
            continue;
        }
        if (const auto* malformed = std::get_if<restream::ChunkReader::Malformed>(&next)) {
            text += (text.empty() ? "" : ", ") + ("malformed: " + malformed->what);
        }
        return text;
    }
}

/// What is told of bytes fed whole; byte by byte, the same must be told.
inline std::string read_both_ways(const Bytes& bytes, restream::ChunkReader::Limits limits = {}) {
    restream::ChunkReader whole(limits), single(limits);
    whole.feed(bytes);
    const std::string expected = told(whole);
    std::string text;
    for (const std::uint8_t byte : bytes) {
        single.feed({&byte, 1});
        const std::string more = told(single);
        if (more.empty()) continue;
        if (!text.empty()) text += ", ";
        text += more;
        if (more.find("malformed") != std::string::npos) break;
    }
    CHECK(text == expected);
    return expected;
}

struct Example {
    const char* name;
    Bytes bytes;
    const char* told;
};

}  // namespace tests
