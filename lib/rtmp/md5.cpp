#include "rtmp/md5.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstddef>

namespace restream {

namespace {

constexpr std::size_t block_bytes = 64;
constexpr std::size_t length_bytes = 8;
constexpr int rounds = 64;

/// RFC 1321, 3.4: by how much each step of a round turns; the same four again and again.
constexpr std::array<std::array<int, 4>, 4> turns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

using State = std::array<std::uint32_t, 4>;

/// RFC 1321, 3.4: 2^32 times |sin(i + 1)|.
std::array<std::uint32_t, rounds> make_table() {
    std::array<std::uint32_t, rounds> table{};
    for (int i = 0; i < rounds; ++i) {
        table[static_cast<std::size_t>(i)] =
            static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
    }
    return table;
}

std::uint32_t word_at(std::string_view block, std::size_t index) {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;) {
        word = word << 8 | static_cast<std::uint8_t>(block[index * 4 + i]);
    }
    return word;
}

void mix(State& state, std::string_view block) {
    static const auto table = make_table();
    auto [a, b, c, d] = state;
    for (std::size_t i = 0; i < rounds; ++i) {
        std::uint32_t mixed = 0;
        std::size_t word = 0;
        switch (i / 16) {
            case 0:
                mixed = (b & c) | (~b & d);
                word = i;
                break;
            case 1:
                mixed = (d & b) | (~d & c);
                word = (5 * i + 1) % 16;
                break;
            case 2:
                mixed = b ^ c ^ d;
                word = (3 * i + 5) % 16;
                break;
            default:
                mixed = c ^ (b | ~d);
                word = (7 * i) % 16;
        }
        const std::uint32_t sum = a + mixed + table[i] + word_at(block, word);
        a = d;
        d = c;
        c = b;
        b += std::rotl(sum, turns[i / 16][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

}  // namespace

std::array<std::uint8_t, 16> md5(std::string_view text) {
    std::string padded(text);
    padded += '\x80';
    while (padded.size() % block_bytes != block_bytes - length_bytes) padded += '\0';
    const std::uint64_t bits = std::uint64_t(text.size()) * 8;
    for (std::size_t i = 0; i < length_bytes; ++i) {
        padded += static_cast<char>(bits >> (8 * i) & 0xff);
    }
    State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    for (std::size_t at = 0; at < padded.size(); at += block_bytes) {
        mix(state, std::string_view(padded).substr(at, block_bytes));
    }
    std::array<std::uint8_t, 16> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (i % 4)) & 0xff);
    }
    return digest;
}

std::string md5_hex(std::string_view text) {
    std::string out;
    for (const std::uint8_t each : md5(text)) out += fmt::format("{:02x}", each);
    return out;
}

std::string md5_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto digest = md5(text);
    std::string out;
    for (std::size_t at = 0; at < digest.size(); at += 3) {
        std::uint32_t three = std::uint32_t(digest[at]) << 16;
        if (at + 1 < digest.size()) three |= std::uint32_t(digest[at + 1]) << 8;
        if (at + 2 < digest.size()) three |= digest[at + 2];
        const std::size_t count = std::min<std::size_t>(digest.size() - at, 3) + 1;
        for (std::size_t i = 0; i < 4; ++i) {
            out += i < count ? digits[three >> (18 - 6 * i) & 0x3f] : '=';
        }
    }
    return out;
}

}  // namespace restream
