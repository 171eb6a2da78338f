// The handshake, either side: in pieces of any size, with whatever follows left alone.
#include "rtmp/handshake.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/bytes.hpp"

using namespace restream;

namespace {

using Side = Handshake::Side;
using State = Handshake::State;

constexpr std::size_t random_bytes = Handshake::packet_bytes - 8;
constexpr std::size_t all_bytes = 1 + 2 * Handshake::packet_bytes;

Bytes random_of(std::uint8_t seed) {
    Bytes bytes(random_bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(seed + i * 7);
    }
    return bytes;
}

/// A packet as Flash and ffmpeg begin it: time and the version of a player, where zeros would do.
Bytes foreign_packet() {
    Bytes packet = bytes_of("0012d687 09007c02");
    const Bytes random = random_of(99);
    packet.insert(packet.end(), random.begin(), random.end());
    return packet;
}

/// What the peer says in all: version, its packet, its echo of `ours`.
Bytes peers_part(const Bytes& echo) {
    Bytes bytes{3};
    const Bytes packet = foreign_packet();
    bytes.insert(bytes.end(), packet.begin(), packet.end());
    bytes.insert(bytes.end(), echo.begin(), echo.end());
    return bytes;
}

/// Feeds all in pieces of one size; gives how much was taken.
std::size_t feed_in_pieces(Handshake& handshake, const Bytes& bytes, std::size_t piece) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t size = std::min(piece, bytes.size() - at);
        // A buffer of its own, so that a byte read behind its end is found out.
        const Bytes part(bytes.begin() + at, bytes.begin() + at + size);
        const std::size_t wanted = handshake.wanted();
        const std::size_t taken = handshake.feed(part);
        CHECK(taken == std::min(wanted, size));
        at += taken;
        if (taken < size) break;
    }
    return at;
}

}  // namespace

TEST_CASE("handshake: a client speaks first, and echoes the server's packet") {
    for (const std::size_t piece : {1ul, 2ul, 7ul, 1535ul, 1536ul, 1537ul, 3073ul, 100'000ul}) {
        CAPTURE(piece);
        const Bytes random = random_of(1);
        Handshake client(Side::client, random);
        const Bytes first = client.take_output();
        REQUIRE(first.size() == 1 + Handshake::packet_bytes);
        CHECK(first[0] == 3);
        CHECK(std::ranges::all_of(std::span(first).subspan(1, 8), [](auto b) { return b == 0; }));
        CHECK(std::ranges::equal(std::span(first).subspan(9), random));
        CHECK(client.take_output().empty());
        CHECK(client.wanted() == all_bytes);

        Bytes bytes = peers_part(Bytes(first.begin() + 1, first.end()));
        const Bytes behind = bytes_of("02 000000 000004 05 00000000 004c4b40");
        bytes.insert(bytes.end(), behind.begin(), behind.end());
        CHECK(feed_in_pieces(client, bytes, piece) == all_bytes);
        CHECK(client.state() == State::done);
        CHECK(client.take_output() == foreign_packet());
        CHECK(client.take_output().empty());
        CHECK(client.wanted() == 0);
        CHECK(client.feed(behind) == 0);
        CHECK(client.problem().empty());
    }
}

TEST_CASE("handshake: a server answers, and is done with the client's echo") {
    for (const std::size_t piece : {1ul, 3ul, 1536ul, 1537ul, 1538ul, 100'000ul}) {
        CAPTURE(piece);
        const Bytes random = random_of(2);
        Handshake server(Side::server, random);
        CHECK(server.take_output().empty());
        Bytes own(8);
        own.insert(own.end(), random.begin(), random.end());
        Bytes bytes = peers_part(own);
        bytes.push_back(0x03);
        CHECK(feed_in_pieces(server, bytes, piece) == all_bytes);
        CHECK(server.state() == State::done);
        CHECK(server.wanted() == 0);

        Bytes answer{3};
        answer.insert(answer.end(), own.begin(), own.end());
        const Bytes echo = foreign_packet();
        answer.insert(answer.end(), echo.begin(), echo.end());
        CHECK(server.take_output() == answer);
    }
}

TEST_CASE("handshake: each answers as soon as the peer's first packet is whole") {
    for (const Side side : {Side::client, Side::server}) {
        Handshake handshake(side, random_of(3));
        handshake.take_output();
        Bytes bytes = peers_part({});
        const std::uint8_t last = bytes.back();
        bytes.pop_back();
        CHECK(handshake.feed(bytes) == bytes.size());
        CHECK(handshake.take_output().empty());
        CHECK(handshake.wanted() == 1 + Handshake::packet_bytes);
        CHECK(handshake.feed(Bytes{last}) == 1);
        CHECK_FALSE(handshake.take_output().empty());
        CHECK(handshake.state() == State::in_progress);
        CHECK(handshake.wanted() == Handshake::packet_bytes);
        CHECK(handshake.feed({}) == 0);
    }
}

TEST_CASE("handshake: two of ours understand each other") {
    Handshake client(Side::client, random_of(4));
    Handshake server(Side::server, random_of(5));
    for (int round = 0; round < 2; ++round) {
        const Bytes to_server = client.take_output();
        CHECK(server.feed(to_server) == to_server.size());
        const Bytes to_client = server.take_output();
        CHECK(client.feed(to_client) == to_client.size());
    }
    CHECK(client.state() == State::done);
    CHECK(server.state() == State::done);
}

TEST_CASE("handshake: an echo of something else is taken") {
    for (const Side side : {Side::client, Side::server}) {
        Handshake handshake(side, random_of(6));
        const Bytes bytes = peers_part(Bytes(Handshake::packet_bytes, 0xee));
        CHECK(handshake.feed(bytes) == bytes.size());
        CHECK(handshake.state() == State::done);
    }
}

TEST_CASE("handshake: another version is refused in words, at its first byte") {
    struct Case {
        const char* bytes;
        const char* says;
    };
    const Case cases[] = {
        {"00", "the peer speaks version 0, not RTMP's 3"},
        {"01", "version 1,"},
        {"02", "version 2,"},
        {"04", "version 4,"},
        {"06", "version 6, not RTMP's 3 (RTMPE"},
        {"08", "version 8, not RTMP's 3 (RTMPE"},
        {"09", "version 9, not RTMP's 3 (RTMPE"},
        {"1503010002 0228", "version 21, not RTMP's 3 (TLS"},
        {"1603010200 01", "version 22, not RTMP's 3 (TLS"},
        {"1f", "version 31, not RTMP's 3"},
        {"'GET / HTTP/1.1' 0d0a", "version 71, not RTMP's 3 (text, as HTTP"},
        {"'POST /open/1 HTTP/1.1' 0d0a", "version 80, not RTMP's 3 (text"},
        {"'HTTP/1.1 400 Bad Request' 0d0a", "version 72, not RTMP's 3 (text"},
        {"'SSH-2.0-OpenSSH_9.2p1' 0d0a", "version 83, not RTMP's 3 (text"},
        {"7f", "version 127, not RTMP's 3"},
        {"80", "version 128, not RTMP's 3"},
        {"ff", "version 255, not RTMP's 3"},
    };
    for (const Case& one : cases) {
        for (const Side side : {Side::client, Side::server}) {
            CAPTURE(one.bytes);
            Handshake handshake(side, random_of(7));
            handshake.take_output();
            CHECK(handshake.feed(bytes_of(one.bytes)) == 1);
            CHECK(handshake.state() == State::failed);
            CAPTURE(handshake.problem());
            CHECK(handshake.problem().find(one.says) != std::string::npos);
            CHECK(handshake.wanted() == 0);
            CHECK(handshake.feed(Bytes(5000, 3)) == 0);
            CHECK(handshake.take_output().empty());
            CHECK(handshake.state() == State::failed);
        }
    }
}
