// What the chunk reader refuses, and in which words.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "rtmp/chunk_reader.hpp"
#include "unit/chunk_bytes.hpp"

using namespace restream;
using tests::Bytes;
using tests::Example;
using tests::hex;
using tests::joined;
using tests::payload_of;
using tests::read_both_ways;
using tests::told;

TEST_CASE("chunk reader: what cannot be RTMP is told in words, and ever after") {
    const Bytes p128 = payload_of(128);
    const Bytes video = joined({hex("06 000028 0000c8 09 01000000"), p128});  // 128 of 200 bytes
    const std::string inside =
        "malformed: chunk stream 6: another message begins after 128 of 200 bytes";
    const std::string type0 =
        "malformed: chunk stream 6: a header of type 0 after 128 of 200 bytes";
    const struct {
        const char* name;
        Bytes bytes;
        std::string told;
    } examples[] = {
        {"type 3 first", hex("c4"), "malformed: chunk stream 4 begins with a header of type 3"},
        {"type 3 first, in two bytes", hex("c0 05"),
         "malformed: chunk stream 69 begins with a header of type 3"},
        {"type 3 first, in three bytes", hex("c1 ff ff"),
         "malformed: chunk stream 65599 begins with a header of type 3"},
        {"type 0 inside a message, even the same",
         joined({video, hex("06 000028 0000c8 09 01000000")}), type0},
        {"type 0 inside a message, another", joined({video, hex("06 000029 000001 08 01000000")}),
         type0},
        {"type 1 inside a message, another length", joined({video, hex("46 000000 0000c9 09")}),
         inside},
        {"type 1 inside a message, another type", joined({video, hex("46 000000 0000c8 08")}),
         inside},
        {"type 1 inside a message, no length", joined({video, hex("46 000000 000000 09")}), inside},
        {"Set Chunk Size of 0", hex("02 000000 000004 01 00000000 00000000"),
         "malformed: a chunk size of 0"},
        {"Set Chunk Size with bit 31", hex("02 000000 000004 01 00000000 80001000"),
         "malformed: a chunk size of 2147487744"},
        {"Set Chunk Size of all ones", hex("02 000000 000004 01 00000000 ffffffff"),
         "malformed: a chunk size of 4294967295"},
        {"Set Chunk Size too short", hex("02 000000 000003 01 00000000 001000"),
         "malformed: Set Chunk Size with 3 bytes instead of 4"},
        {"Set Chunk Size of no bytes", hex("02 000000 000000 01 00000000"),
         "malformed: Set Chunk Size with 0 bytes instead of 4"},
        {"Abort too short", hex("02 000000 000002 02 00000000 0006"),
         "malformed: Abort with 2 bytes instead of 4"},
        {"Abort of no bytes", hex("42 000000 000000 02"),
         "malformed: Abort with 0 bytes instead of 4"},
        {"16 MB", hex("04 000000 ffffff 09 01000000"),
         "malformed: a message of 16777215 bytes is longer than the 8388608 that are taken"},
        {"16 MB by type 1", hex("44 000000 ffffff 09"),
         "malformed: a message of 16777215 bytes is longer than the 8388608 that are taken"},
        {"one byte too long", hex("04 000000 800001 09 01000000"),
         "malformed: a message of 8388609 bytes is longer than the 8388608 that are taken"},
        {"type 3 on the protocol's own chunk stream", hex("c2"),
         "malformed: chunk stream 2 begins with a header of type 3"},
        {"a second message by type 3 on another id", hex("04 000001 000001 08 01000000 b1 c3"),
         "8 1 @1 [1], malformed: chunk stream 3 begins with a header of type 3"},
        {"type 3 after an Abort of what never began",
         hex("02 000000 000004 02 00000000 00000006 c6"),
         "malformed: chunk stream 6 begins with a header of type 3"},
        {"type 0 with an extended timestamp inside a message",
         joined({video, hex("06 ffffff 0000c8 09 01000000 01000000")}), type0},
        {"type 0 inside a message, with another between",
         joined(
             {video, hex("04 000001 000001 08 01000000 b1"), hex("06 000028 0000c8 09 01000000")}),
         "8 1 @1 [1], " + type0},
        {"type 1 inside a message after an Abort of another",
         joined({video, hex("02 000000 000004 02 00000000 00000004"), hex("46 000000 000001 09")}),
         inside},
        {"Set Chunk Size of 2^31", hex("02 000000 000004 01 00000000 80000000"),
         "malformed: a chunk size of 2147483648"},
        {"Set Chunk Size of 0 by type 1", hex("42 000000 000004 01 00000000"),
         "malformed: a chunk size of 0"},
        {"Set Chunk Size of 0 by type 3", hex("02 000000 000004 01 00000000 00001000 c2 00000000"),
         "malformed: a chunk size of 0"},
        {"Set Chunk Size of 0 inside a message",
         joined({video, hex("02 000000 000004 01 00000000 00000000")}),
         "malformed: a chunk size of 0"},
        {"Set Chunk Size of 0 on another chunk stream",
         hex("04 000000 000004 01 01000000 00000000"), "malformed: a chunk size of 0"},
        {"Set Chunk Size of 0 in chunks of 1",
         hex("02 000000 000004 01 00000000 00000001 c2 00 c2 00 c2 00 c2 00"),
         "malformed: a chunk size of 0"},
        {"Set Chunk Size of 1 byte", hex("42 000000 000001 01 01"),
         "malformed: Set Chunk Size with 1 bytes instead of 4"},
        {"Set Chunk Size of no bytes by type 2",
         hex("42 000000 000000 03 82 000000 42 000000 000000 01"),
         "3 0 @0 [0], 3 0 @0 [0], malformed: Set Chunk Size with 0 bytes instead of 4"},
        {"Abort of 3 bytes", hex("02 000000 000003 02 00000000 000006"),
         "malformed: Abort with 3 bytes instead of 4"},
        {"Abort of no bytes by type 3 after one that was right",
         hex("02 000000 000004 02 00000000 00000006 42 000000 000000 02"),
         "malformed: Abort with 0 bytes instead of 4"},
        {"too long behind a message that was right",
         hex("04 000001 000001 08 01000000 b1 44 000000 900000 09"),
         "8 1 @1 [1], malformed: a message of 9437184 bytes is longer than the 8388608 that are "
         "taken"},
        {"too long, with an extended timestamp", hex("04 ffffff ffffff 09 01000000 ffffffff"),
         "malformed: a message of 16777215 bytes is longer than the 8388608 that are taken"},
        {"too long, on an id of three bytes", hex("01 00 01 000000 ffffff 09 01000000"),
         "malformed: a message of 16777215 bytes is longer than the 8388608 that are taken"},
        {"Set Chunk Size that is too long a message", hex("02 000000 ffffff 01 00000000"),
         "malformed: a message of 16777215 bytes is longer than the 8388608 that are taken"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes) == example.told);
        ChunkReader reader;
        reader.feed(example.bytes);
        const std::string first = told(reader);
        const std::string again = told(reader);
        CHECK(first.ends_with(again));
        CHECK(again.starts_with("malformed: "));
        const auto taken = reader.bytes_taken();
        CHECK(reader.spaces()[0].empty());
        CHECK(reader.spaces()[1].empty());
        reader.feed(hex("04 000001 000001 08 01000000 b1"));
        CHECK(reader.bytes_taken() == taken);
        CHECK(told(reader) == again);
    }
}

TEST_CASE("chunk reader: other protocols are refused") {
    const auto text = [](std::string_view letters) {
        return Bytes(letters.begin(), letters.end());
    };
    const Example examples[] = {
        {"HTTP", text("GET / HTTP/1"),
         "malformed: a message of 3088456 bytes is longer than the 1000 that are taken"},
        {"SSH", text("SSH-2.0-Open"),
         "malformed: a message of 3288624 bytes is longer than the 1000 that are taken"},
        {"all ones", Bytes(20, 0xff), "malformed: chunk stream 63 begins with a header of type 3"},
        {"a second handshake", joined({hex("03 00000000 00000000"), Bytes(64, 0x77)}),
         "0 2004317952 @0 [0], malformed: a message of 7829367 bytes is longer than the 1000 that "
         "are "
         "taken"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(read_both_ways(example.bytes, {.longest_message = 1000}) == example.told);
    }
}

TEST_CASE("chunk reader: limits hold exactly, and each says which it is") {
    const Bytes p128 = payload_of(128);
    const ChunkReader::Limits limits = {
        .longest_message = 300, .most_pending_bytes = 400, .most_chunk_streams = 3};
    const Bytes three =
        joined({hex("04 000001 00012c 09 01000000"), p128, hex("05 000001 00012c 09 01000000"),
                p128, hex("06 000001 00012c 09 01000000"), p128});
    CHECK(read_both_ways(three, limits) == "");  // 384 bytes of 900 claimed
    CHECK(read_both_ways(joined({three, hex("c4"), payload_of(16)}), limits) == "");
    CHECK(read_both_ways(joined({three, hex("c4"), payload_of(17)}), limits) ==
          "malformed: unfinished messages hold 401 bytes, more than the 400 that are taken");
    CHECK(read_both_ways(joined({three, hex("07")}), limits) == "");
    CHECK(read_both_ways(joined({three, hex("07 000001 000001 08 01000000")}), limits) ==
          "malformed: chunk stream 7 is one more than the 3 that are taken");
    CHECK(read_both_ways(joined({three, hex("01 ff ff 000001 000001 08 01000000")}), limits) ==
          "malformed: chunk stream 65599 is one more than the 3 that are taken");
    CHECK(read_both_ways(hex("04 000001 00012d 09 01000000"), limits) ==
          "malformed: a message of 301 bytes is longer than the 300 that are taken");

    // A message that is aborted, or whole, holds nothing any more.
    const Bytes abort_both = hex("02 000000 000004 02 00000000 00000004 c2 00000005");
    const ChunkReader::Limits four = {
        .longest_message = 300, .most_pending_bytes = 400, .most_chunk_streams = 4};
    CHECK(read_both_ways(joined({three, abort_both, hex("04 000001 000080 08 01000000"), p128,
                                 hex("84 000001"), p128, hex("05 000001 0000f0 09 01000000"), p128,
                                 hex("c5"), payload_of(112)}),
                         four) == "8 1 @1 [128], 8 1 @2 [128], 9 1 @1 [240]");
}

TEST_CASE("chunk reader: who has proved who he is may say more") {
    ChunkReader reader({.longest_message = 100});
    reader.feed(joined({hex("04 000001 000064 08 01000000"), payload_of(100)}));
    CHECK(told(reader) == "8 1 @1 [100]");
    reader.set_limits({.longest_message = 120});
    reader.feed(joined({hex("44 000001 000078 08"), payload_of(120)}));
    CHECK(told(reader) == "8 1 @2 [120]");
    reader.feed(hex("44 000001 000079 08"));
    CHECK(told(reader) ==
          "malformed: a message of 121 bytes is longer than the 120 that are taken");
    // Less holds too, whatever type of header takes over the length.
    for (const char* const header :
         {"04 000001 000064 08 01000000", "44 000001 000064 08", "84 000001", "c4"}) {
        ChunkReader less({.longest_message = 100});
        less.feed(joined({hex("04 000001 000064 08 01000000"), payload_of(100)}));
        CHECK(told(less) == "8 1 @1 [100]");
        less.set_limits({.longest_message = 99});
        less.feed(hex(header));
        CHECK(told(less) ==
              "malformed: a message of 100 bytes is longer than the 99 that are taken");
    }
}
