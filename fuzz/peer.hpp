// What the targets of connections share: bytes handed over, by either way, and output taken.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "base/output_queue.hpp"
#include "fuzz/input.hpp"
#include "rtmp/handshake.hpp"

namespace restream {

enum class Way { feed, spaces };

/// Writes to spaces() as a gathered read does, and commits; returns what there was no room for.
template <typename Reader>
std::span<const std::uint8_t> fill_spaces(Reader& reader, std::span<const std::uint8_t> bytes) {
    std::size_t written = 0;
    for (const std::span<std::uint8_t> space : reader.spaces()) {
        const std::size_t size = std::min(space.size(), bytes.size());
        if (size > 0) std::memcpy(space.data(), bytes.data(), size);
        bytes = bytes.subspan(size);
        written += size;
    }
    reader.commit(written);
    return bytes;
}

/// Hands over one piece; `look` is called whenever more may have become visible, and says whether
/// to go on.
template <typename Reader, typename Look>
bool hand_over(Reader& reader, std::span<const std::uint8_t> bytes, Way way, const Look& look) {
    if (way == Way::feed) {
        reader.feed(bytes);
        return look();
    }
    while (!bytes.empty()) {
        const auto rest = fill_spaces(reader, bytes);
        expect(rest.size() < bytes.size(), "there is room for what is read");
        bytes = rest;
        if (!look()) return false;
    }
    return true;
}

/// Takes all output, in gathered pieces; returns it.
inline std::vector<std::uint8_t> drained(OutputQueue& output) {
    std::vector<std::uint8_t> bytes;
    while (!output.is_empty()) {
        std::array<std::span<const std::uint8_t>, 3> pieces;
        const std::size_t count = output.gather(pieces);
        expect(count > 0 && count <= pieces.size(), "what is there is gathered");
        std::size_t size = 0;
        for (const auto& piece : std::span(pieces).first(count)) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
            size += piece.size();
        }
        expect(size > 0 && size <= output.size(), "no more is gathered than there is");
        output.consume(size);
    }
    return bytes;
}

/// What a peer says in a handshake that cannot be refused.
inline std::vector<std::uint8_t> plain_handshake() {
    std::vector<std::uint8_t> bytes(1 + 2 * Handshake::packet_bytes);
    bytes[0] = 3;
    return bytes;
}

inline std::vector<std::uint8_t> handshake_random() {
    return std::vector<std::uint8_t>(Handshake::packet_bytes - 8, 0x5a);
}

}  // namespace restream
