// The chunk reader against bytes worked out by hand from Adobe RTMP 1.0, 5.3 and 5.4.
#include "rtmp/chunk_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/allocations.hpp"
#include "unit/chunk_bytes.hpp"

using namespace restream;
using tests::Bytes;
using tests::Example;
using tests::hex;
using tests::joined;
using tests::payload_of;
using tests::read_both_ways;
using tests::told;

TEST_CASE("chunk reader: headers of every type and size") {
    const Bytes p3 = payload_of(3), p200 = payload_of(200);
    const auto first = [&](std::size_t size) { return Bytes(p200.begin(), p200.begin() + size); };
    const Bytes rest(p200.begin() + 128, p200.end());
    const Bytes type0 = hex("04 0003e8 000003 08 01000000");  // @1000, 3 bytes, audio, on 1
    const std::vector<Example> examples = {
        {"type 0", joined({type0, p3}), "8 1 @1000 [3]"},
        {"two bytes: id 64", joined({hex("00 00 0003e8 000003 08 01000000"), p3}), "8 1 @1000 [3]"},
        {"two bytes: id 319, then type 2",
         joined({hex("00 ff 0003e8 000003 08 01000000"), p3, hex("80 ff 000014"), p3}),
         "8 1 @1000 [3], 8 1 @1020 [3]"},
        {"three bytes: id 320 = 64 + 0 + 1 * 256, little-endian",
         joined({hex("01 00 01 0003e8 000003 08 01000000"), p3, hex("81 00 01 000014"), p3}),
         "8 1 @1000 [3], 8 1 @1020 [3]"},
        {"three bytes: id 65599", joined({hex("01 ff ff 0003e8 000003 08 01000000"), p3}),
         "8 1 @1000 [3]"},
        {"one id in two and in three bytes",
         joined({hex("00 06 0003e8 000003 08 01000000"), p3, hex("c1 06 00"), p3}),
         "8 1 @1000 [3], 8 1 @2000 [3]"},
        {"type 1: a step, other length and type; the message stream stays",
         joined({type0, p3, hex("44 000021 000002 09 b1b2")}), "8 1 @1000 [3], 9 1 @1033 [2]"},
        {"the specification's first example: types 0, 2, 3, 3",
         joined({hex("03 0003e8 000020 08 40e20100"), first(32), hex("83 000014"), first(32),
                 hex("c3"), first(32), hex("c3"), first(32)}),
         "8 123456 @1000 [32], 8 123456 @1020 [32], 8 123456 @1040 [32], 8 123456 @1060 [32]"},
        {"the specification's second example: 307 bytes in three chunks",
         joined({hex("04 0003e8 000133 09 41e20100"), first(128), hex("c4"), first(128), hex("c4"),
                 first(51)}),
         "9 123457 @1000 [307]"},
        {"type 3 after type 1 repeats its step",
         joined({type0, p3, hex("44 000015 000003 08"), p3, hex("c4"), p3}),
         "8 1 @1000 [3], 8 1 @1021 [3], 8 1 @1042 [3]"},
        {"type 3 between the parts of a message adds nothing",
         joined({hex("06 000028 0000c8 09 01000000"), first(128), hex("c6"), rest, hex("86 000021"),
                 first(128), hex("c6"), rest, hex("c6"), first(128), hex("c6"), rest}),
         "9 1 @40 [200], 9 1 @73 [200], 9 1 @106 [200]"},
        {"type 3 after type 0: its time is the step, as FFmpeg and GStreamer write it",
         joined({hex("04 000028 000003 08 01000000"), p3, hex("c4"), p3, hex("c4"), p3}),
         "8 1 @40 [3], 8 1 @80 [3], 8 1 @120 [3]"},
        {"type 3 after type 0 of time 0: createStream as OBS sends it",
         joined({hex("03 000000 000003 14 00000000"), p3, hex("c3"), p3}),
         "20 0 @0 [3], 20 0 @0 [3]"},
        {"type 3 after a type 0 whose time is no step: the same time, as librtmp means it",
         joined({hex("04 002711 000003 08 01000000"), p3, hex("c4"), p3}),
         "8 1 @10001 [3], 8 1 @10001 [3]"},
        {"one chunk stream for audio and video, as OBS has it: steps run across types",
         joined({hex("04 000000 000003 08 01000000"), p3, hex("44 000017 000002 09 b1b2"),
                 hex("44 000002 000003 08"), p3, hex("84 000015"), p3}),
         "8 1 @0 [3], 9 1 @23 [2], 8 1 @25 [3], 8 1 @46 [3]"},
        {"interleaved chunk streams",
         joined({hex("06 000028 0000c8 09 01000000"), first(128), type0, p3, hex("c6"), rest,
                 hex("84 000015"), p3}),
         "8 1 @1000 [3], 9 1 @40 [200], 8 1 @1021 [3]"},
        {"three unfinished messages at once",
         joined({hex("06 000028 0000c8 09 01000000"), first(128),
                 hex("07 000029 0000c8 09 01000000"), first(128),
                 hex("00 00 00002a 0000c8 09 01000000"), first(128), hex("c7"), rest, hex("c0 00"),
                 rest, hex("c6"), rest}),
         "9 1 @41 [200], 9 1 @42 [200], 9 1 @40 [200]"},
        {"exactly one chunk, then exactly two",
         joined({hex("06 000028 000080 09 01000000"), first(128), hex("46 000001 000100 09"),
                 first(128), hex("c6"), first(128)}),
         "9 1 @40 [128], 9 1 @41 [256]"},
        {"messages of no bytes: types 0, 1, 2, 3",
         joined({hex("04 000028 000000 08 01000000"), hex("44 000001 000000 09"), hex("84 000002"),
                 hex("c4"), hex("44 000001 000003 08"), p3}),
         "8 1 @40 [0], 9 1 @41 [0], 9 1 @43 [0], 9 1 @45 [0], 8 1 @46 [3]"},
        {"a chunk stream begun by type 1: librtmp's buffer length on 2",
         joined({hex("42 000000 000003 04"), p3, hex("82 000005"), p3}), "4 0 @0 [3], 4 0 @5 [3]"},
        {"type 1 or 2 inside a message, with its length and type, continues it",
         joined({hex("06 000028 0000c8 09 01000000"), first(128), hex("46 000007 0000c8 09"), rest,
                 hex("46 000021 0000c8 09"), first(128), hex("86 000007"), rest, hex("c6"),
                 first(128), hex("c6"), rest}),
         "9 1 @40 [200], 9 1 @73 [200], 9 1 @106 [200]"},
        {"a message of no known type is given out as it is",
         joined({hex("04 0003e8 000003 7f 01000000"), p3}), "127 1 @1000 [3]"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
    }
}

TEST_CASE("chunk reader: a first header of type 1 or 2 leaves zero what it leaves out") {
    const std::vector<Example> examples = {
        {"type 1", joined({hex("44 000021 000003 08"), payload_of(3)}), "8 0 @33 [3]"},
        {"type 1, then type 3",
         joined({hex("44 000021 000003 08"), payload_of(3), hex("c4"), payload_of(3)}),
         "8 0 @33 [3], 8 0 @66 [3]"},
        {"type 2", hex("84 000028"), "0 0 @40 [0]"},
        {"type 2, with an extended timestamp", hex("84 ffffff 01000000"), "0 0 @16777216 [0]"},
        {"type 2, in two bytes", hex("80 00 000001"), "0 0 @1 [0]"},
        {"type 2, in three bytes", hex("81 00 01 000001"), "0 0 @1 [0]"},
        {"type 2, then type 1 adds its step",
         joined({hex("84 000028 44 000002 000003 09"), payload_of(3)}), "0 0 @40 [0], 9 0 @42 [3]"},
        {"type 2 on another chunk stream than the one that began",
         hex("04 000001 000001 08 01000000 b1 85 000002"), "8 1 @1 [1], 0 0 @2 [0]"},
    };
    for (const Example& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
    }
}

TEST_CASE("chunk reader: extended timestamps, repeated or not") {
    const Bytes p3 = payload_of(3), p200 = payload_of(200);
    const Bytes part(p200.begin(), p200.begin() + 128), rest(p200.begin() + 128, p200.end());
    const std::vector<Example> examples = {
        {"the largest that needs none", joined({hex("04 fffffe 000003 08 01000000"), p3}),
         "8 1 @16777214 [3]"},
        {"0xffffff needs one", joined({hex("04 ffffff 000003 08 01000000 00ffffff"), p3}),
         "8 1 @16777215 [3]"},
        {"across 2^24 by plain steps",
         joined({hex("04 fffff0 000003 08 01000000"), p3, hex("84 000021"), p3}),
         "8 1 @16777200 [3], 8 1 @16777233 [3]"},
        {"repeated in a continuation, as the specification says",
         joined({hex("06 ffffff 0000c8 09 01000000 01000000"), part, hex("c6 01000000"), rest}),
         "9 1 @16777216 [200]"},
        {"not repeated, as OBS does it",
         joined({hex("06 ffffff 0000c8 09 01000000 01000000"), part, hex("c6"), rest}),
         "9 1 @16777216 [200]"},
        {"a step, repeated",
         joined({hex("06 000028 000003 09 01000000"), p3, hex("46 ffffff 0000c8 09 01000000"), part,
                 hex("c6 01000000"), rest}),
         "9 1 @40 [3], 9 1 @16777256 [200]"},
        {"a step, not repeated",
         joined({hex("06 000028 000003 09 01000000"), p3, hex("46 ffffff 0000c8 09 01000000"), part,
                 hex("c6"), rest}),
         "9 1 @40 [3], 9 1 @16777256 [200]"},
        {"a step, whose continuation has the message's time instead",
         joined({hex("06 000028 000003 09 01000000"), p3, hex("46 ffffff 0000c8 09 01000000"), part,
                 hex("c6 01000028"), rest}),
         "9 1 @40 [3], 9 1 @16777256 [200]"},
        {"a step of type 2",
         joined({hex("06 000028 000003 09 01000000"), p3, hex("86 ffffff 00ffffff"), p3}),
         "9 1 @40 [3], 9 1 @16777255 [3]"},
        {"a step back, as OBS says it",
         joined({hex("04 0003e8 000003 09 01000000"), p3, hex("44 ffffff 0000c8 09 fffffff6"), part,
                 hex("c4"), rest, hex("84 000014 "), part, hex("c4"), rest}),
         "9 1 @1000 [3], 9 1 @990 [200], 9 1 @1010 [200]"},
        {"extended without need", joined({hex("04 ffffff 000003 08 01000000 00000005"), p3}),
         "8 1 @5 [3]"},
        {"across 2^31",
         joined({hex("04 ffffff 000003 08 01000000 7ffffff0"), p3, hex("84 000021"), p3}),
         "8 1 @2147483632 [3], 8 1 @2147483665 [3]"},
        {"across 2^32, and on from 0",
         joined({hex("04 ffffff 000003 08 01000000 fffffff0"), p3, hex("84 000021"), p3, hex("c4"),
                 p3}),
         "8 1 @4294967280 [3], 8 1 @17 [3], 8 1 @50 [3]"},
        {"a plain header after an extended one: no four bytes in its continuation",
         joined({hex("06 ffffff 000003 09 01000000 01000000"), p3, hex("46 000021 0000c8 09"), part,
                 hex("c6"), rest}),
         "9 1 @16777216 [3], 9 1 @16777249 [200]"},
        {"type 3 begins a message after an extended time: the same time, repeated or not",
         joined({hex("04 ffffff 000003 08 01000000 01000000"), p3, hex("c4 01000000"), p3,
                 hex("c4"), p3}),
         "8 1 @16777216 [3], 8 1 @16777216 [3], 8 1 @16777216 [3]"},
        {"type 3 begins a message after an extended step: again where it is there, else the same "
         "time",
         joined({hex("04 000000 000003 08 01000000"), p3, hex("84 ffffff 01000000"), p3,
                 hex("c4 01000000"), p3, hex("c4"), p3}),
         "8 1 @0 [3], 8 1 @16777216 [3], 8 1 @33554432 [3], 8 1 @33554432 [3]"},
        {"one byte is left, and it is no timestamp",
         joined({hex("06 ffffff 000081 09 01000000 01000000"), part, hex("c6 b1")}),
         "9 1 @16777216 [129]"},
        {"one byte is left, and it could begin the timestamp: what follows decides",
         joined({hex("06 ffffff 000081 09 01000000 04000000"), part, hex("c6 04"),
                 hex("04 000001 000001 08 01000000 b1")}),
         "9 1 @67108864 [129], 8 1 @1 [1]"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
    }
}

TEST_CASE("chunk reader: Set Chunk Size holds from the next chunk on") {
    const Bytes p200 = payload_of(200);
    const auto part = [&](std::size_t from, std::size_t to) {
        return Bytes(p200.begin() + std::ptrdiff_t(from), p200.begin() + std::ptrdiff_t(to));
    };
    const auto size = [](const char* value) {
        return joined({hex("02 000000 000004 01 00000000"), hex(value)});
    };
    const Bytes video = hex("06 000028 0000c8 09 01000000");
    const std::vector<Example> examples = {
        {"4096", joined({size("00001000"), video, p200}), "9 1 @40 [200]"},
        {"the largest", joined({size("7fffffff"), video, p200}), "9 1 @40 [200]"},
        {"twice",
         joined(
             {size("00001000"), size("00000064"), video, part(0, 100), hex("c6"), part(100, 200)}),
         "9 1 @40 [200]"},
        {"larger, in the middle of a message",
         joined({size("00000032"), video, part(0, 50), size("00001000"), hex("c6"), part(50, 200)}),
         "9 1 @40 [200]"},
        {"smaller, in the middle of a message",
         joined({video, part(0, 128), size("00000024"), hex("c6"), part(128, 164), hex("c6"),
                 part(164, 200)}),
         "9 1 @40 [200]"},
        {"1, and its own next in four chunks",
         joined({size("00000001"), hex("02 000000 000004 01 00000000 00 c2 00 c2 10 c2 00"), video,
                 p200}),
         "9 1 @40 [200]"},
        {"in a chunk of its own between two parts of itself is none",
         joined({size("00000002"), hex("02 000000 000004 01 00000000 0000"),
                 hex("04 000001 000002 08 01000000 b1b2"), hex("c2 1000"), video, p200}),
         "8 1 @1 [2], 9 1 @40 [200]"},
        {"on another chunk stream and message stream",
         joined({hex("05 000063 000004 01 01000000 00001000"), video, p200}), "9 1 @40 [200]"},
        {"with more bytes than four",
         joined({hex("02 000000 000006 01 00000000 00001000ffff"), video, p200}), "9 1 @40 [200]"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
    }
}

TEST_CASE("chunk reader: Abort gives up the message of its chunk stream") {
    const Bytes p200 = payload_of(200);
    const Bytes part(p200.begin(), p200.begin() + 128), rest(p200.begin() + 128, p200.end());
    const Bytes video = hex("06 000028 0000c8 09 01000000");
    const auto abort = [](const char* id) {
        return joined({hex("02 000000 000004 02 00000000"), hex(id)});
    };
    const std::vector<Example> examples = {
        {"then type 0", joined({video, part, abort("00000006"), video, part, hex("c6"), rest}),
         "9 1 @40 [200]"},
        {"then type 3 begins the next",
         joined({video, part, abort("00000006"), hex("c6"), part, hex("c6"), rest}),
         "9 1 @80 [200]"},
        {"of one of two",
         joined({video, part, hex("07 000029 0000c8 09 01000000"), part, abort("00000006"),
                 hex("c7"), rest}),
         "9 1 @41 [200]"},
        {"of a chunk stream that is not known",
         joined({abort("00000009"), video, part, hex("c6"), rest}), "9 1 @40 [200]"},
        {"of one between two messages",
         joined({video, part, hex("c6"), rest, abort("00000006"), video, part, hex("c6"), rest}),
         "9 1 @40 [200], 9 1 @40 [200]"},
        {"of its own", joined({abort("00000002"), video, part, hex("c6"), rest}), "9 1 @40 [200]"},
        {"of an id that cannot be", joined({abort("ffffffff"), video, part, hex("c6"), rest}),
         "9 1 @40 [200]"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
    }
}

TEST_CASE("chunk reader: a large payload is read straight into its message") {
    ChunkReader reader;
    reader.feed(hex("02 000000 000004 01 00000000 00ffffff"));
    reader.feed(joined({hex("06 000028 0061a8 09 01000000"), payload_of(10)}));  // 10 of 25,000
    CHECK(told(reader) == "");
    auto spaces = reader.spaces();
    REQUIRE(spaces[0].size() == 24'990);
    CHECK(spaces[1].size() >= 4096);
    const std::uint8_t* const place = spaces[0].data();
    std::ranges::fill(spaces[0].first(20'000), std::uint8_t(7));
    reader.commit(20'000);
    spaces = reader.spaces();
    CHECK(spaces[0].data() == place + 20'000);
    REQUIRE(spaces[0].size() == 4990);
    std::ranges::fill(spaces[0], std::uint8_t(8));
    const Bytes behind = hex("04 000001 000002 08 01000000 b1b2 46");
    std::ranges::copy(behind, spaces[1].begin());
    reader.commit(4990 + behind.size());
    CHECK(reader.bytes_taken() == 16 + 12 + 10 + 25'000 - 10 + behind.size());
    const auto video = reader.next();
    REQUIRE(std::holds_alternative<Message>(video));
    const auto bytes = std::get<Message>(video).payload.bytes();
    CHECK(bytes.data() + 10 == place);
    CHECK(bytes[20'009] == 7);
    CHECK(bytes[20'010] == 8);
    CHECK(bytes.size() == 25'000);
    CHECK(told(reader) == "8 1 @1 [2]");
    CHECK(reader.spaces()[0].empty());
    CHECK_FALSE(reader.spaces()[1].empty());
}

TEST_CASE("chunk reader: there is room again, also where nobody asks for messages") {
    ChunkReader reader;
    reader.feed(hex("02 000000 000004 01 00000000 00ffffff"));
    CHECK(told(reader) == "");
    const Bytes message = joined({hex("04 000001 0003e8 08 01000000"), payload_of(1000)});
    for (int i = 0; i < 100; ++i) reader.feed(message);
    std::size_t count = 0;
    while (std::holds_alternative<Message>(reader.next())) ++count;
    CHECK(count == 100);
}

TEST_CASE("chunk reader: a claim costs no memory, and little is held between messages") {
    const Bytes large = joined({hex("06 000028 0f4240 09 01000000"), payload_of(1'000'000)});
    const auto before = tests::allocations_so_far().live_bytes;
    ChunkReader reader;
    reader.feed(hex("04 000000 800001 09 01000000"));
    CHECK(told(reader).starts_with("malformed"));
    CHECK(tests::allocations_so_far().live_bytes - before < 1000);

    ChunkReader idle;
    idle.feed(hex("02 000000 000004 01 00000000 00ffffff"));
    for (int i = 0; i < 3; ++i) {
        idle.feed(large);
        CHECK(told(idle) == "9 1 @40 [1000000]");
        static_cast<void>(idle.spaces());
    }
    CHECK(tests::allocations_so_far().live_bytes - before < 12'000);
}

TEST_CASE("chunk reader: one allocation a message, none a chunk") {
    ChunkReader reader;
    Bytes video = joined({hex("06 000028 0061a8 09 01000000"), payload_of(128)});
    for (std::size_t left = 25'000 - 128; left > 0; left -= std::min<std::size_t>(left, 128)) {
        video = joined({video, hex("c6"), payload_of(std::min<std::size_t>(left, 128))});
    }
    reader.feed(video);
    CHECK(told(reader) == "9 1 @40 [25000]");
    static_cast<void>(reader.spaces());  // back to its usual size
    const auto before = tests::allocations_so_far().count;
    std::size_t messages = 0;
    for (std::size_t offset = 0; offset < video.size(); offset += 1000) {
        reader.feed(
            std::span(video).subspan(offset, std::min<std::size_t>(1000, video.size() - offset)));
        while (std::holds_alternative<Message>(reader.next())) ++messages;
    }
    CHECK(messages == 1);
    CHECK(tests::allocations_so_far().count - before == 1);
}
