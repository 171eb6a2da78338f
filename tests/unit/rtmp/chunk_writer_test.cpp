// The chunk writer against bytes worked out by hand from Adobe RTMP 1.0, 5.3.
#include "rtmp/chunk_writer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "unit/chunk_bytes.hpp"

using namespace restream;
using tests::Bytes;
using tests::hex;
using tests::joined;
using tests::payload_of;

namespace {

struct Sent {
    std::uint32_t chunk_stream_id = audio_chunks;
    MessageType type = MessageType::audio;
    std::uint32_t time = 0;
    std::size_t length = 3;
    std::uint32_t message_stream_id = 1;
};

Message message_of(const Sent& sent) {
    return {sent.type, sent.message_stream_id, RtmpTime(sent.time),
            Payload::copy_of(payload_of(sent.length))};
}

/// The header of the last of them: its bytes without the payload, which is one chunk.
Bytes last_header(const std::vector<Sent>& all) {
    ChunkWriter writer;
    OutputQueue queue;
    for (const Sent& sent : all) {
        tests::taken(queue);
        writer.write(sent.chunk_stream_id, message_of(sent), queue);
    }
    Bytes bytes = tests::taken(queue);
    const Bytes payload = payload_of(all.back().length);
    REQUIRE(bytes.size() >= payload.size());
    const auto header_end = bytes.end() - static_cast<std::ptrdiff_t>(payload.size());
    CHECK(std::equal(payload.begin(), payload.end(), header_end));
    bytes.erase(header_end, bytes.end());
    return bytes;
}

}  // namespace

TEST_CASE("chunk writer: the shortest header that all peers read the same") {
    using enum MessageType;
    const struct {
        const char* name;
        std::vector<Sent> sent;
        const char* header;
    } examples[] = {
        {"the first", {{4, audio, 1000}}, "04 0003e8 000003 08 01000000"},
        {"of a larger message stream",
         {{4, audio, 0, 3, 0x01e240}},
         "04 000000 000003 08 40e20100"},
        {"of a message of no bytes", {{4, audio, 0, 0}}, "04 000000 000000 08 01000000"},
        {"id 2", {{2, user_control, 0, 3, 0}}, "02 000000 000003 04 00000000"},
        {"id 63", {{63, audio, 0}}, "3f 000000 000003 08 01000000"},
        {"id 64: two bytes", {{64, audio, 0}}, "00 00 000000 000003 08 01000000"},
        {"id 319", {{319, audio, 0}}, "00 ff 000000 000003 08 01000000"},
        {"id 320: three bytes", {{320, audio, 0}}, "01 00 01 000000 000003 08 01000000"},
        {"id 65599", {{65599, audio, 0}}, "01 ff ff 000000 000003 08 01000000"},
        {"another length", {{4, audio, 10}, {4, audio, 31, 4}}, "44 000015 000004 08"},
        {"another type", {{4, audio, 10}, {4, video, 10}}, "44 000000 000003 09"},
        {"to no bytes", {{4, audio, 10}, {4, audio, 11, 0}}, "44 000001 000000 08"},
        {"another step", {{4, audio, 10}, {4, audio, 31}}, "84 000015"},
        {"the same step", {{4, audio, 10}, {4, audio, 31}, {4, audio, 52}}, "c4"},
        {"the same step again", {{4, audio, 1}, {4, audio, 2}, {4, audio, 3}, {4, audio, 4}}, "c4"},
        {"the same step after type 1", {{4, video, 1}, {4, audio, 22}, {4, audio, 43}}, "c4"},
        {"the same step in two bytes", {{64, audio, 1}, {64, audio, 2}, {64, audio, 3}}, "c0 00"},
        {"the same step, another length",
         {{4, audio, 10}, {4, audio, 31}, {4, audio, 52, 4}},
         "44 000015 000004 08"},
        {"no step after time 0", {{4, audio, 0}, {4, audio, 0}}, "c4"},
        {"no step after another time", {{4, audio, 10}, {4, audio, 10}}, "84 000000"},
        {"a step as large as the first time", {{4, audio, 10}, {4, audio, 20}}, "84 00000a"},
        {"another chunk stream between",
         {{4, audio, 9}, {6, video, 50}, {4, audio, 10}},
         "84 000001"},
        {"another message stream",
         {{4, audio, 10}, {4, audio, 31, 3, 2}},
         "04 00001f 000003 08 02000000"},
        {"a step back", {{4, audio, 10}, {4, audio, 9}}, "04 000009 000003 08 01000000"},
        {"after a step back", {{4, audio, 10}, {4, audio, 9}, {4, audio, 10}}, "84 000001"},
        {"the largest time of three bytes", {{4, audio, 0xfffffe}}, "04 fffffe 000003 08 01000000"},
        {"the smallest that needs four",
         {{4, audio, 0xffffff}},
         "04 ffffff 000003 08 01000000 00ffffff"},
        {"a step after it", {{4, audio, 0xffffff}, {4, audio, 0x1000014}}, "84 000015"},
        {"no step after it", {{4, audio, 0xffffff}, {4, audio, 0xffffff}}, "84 000000"},
        {"the same step after it",
         {{4, audio, 0xffffff}, {4, audio, 0x1000000}, {4, audio, 0x1000001}},
         "c4"},
        {"a step across it", {{4, audio, 0xfffff0}, {4, audio, 0x1000005}}, "84 000015"},
        {"the largest step of three bytes", {{4, audio, 1}, {4, audio, 0xffffff}}, "84 fffffe"},
        {"a larger one",
         {{4, audio, 1}, {4, audio, 0x1000000}},
         "04 ffffff 000003 08 01000000 01000000"},
        {"a step across 2^31", {{4, audio, 0x7ffffff0}, {4, audio, 0x80000005}}, "84 000015"},
        {"a step across 2^32", {{4, audio, 0xfffffff0}, {4, audio, 5}}, "84 000015"},
        {"back across 2^32",
         {{4, audio, 5}, {4, audio, 0xfffffff0}},
         "04 ffffff 000003 08 01000000 fffffff0"},
        {"farther than is forwards",
         {{4, audio, 0}, {4, audio, 0x80000000}},
         "04 ffffff 000003 08 01000000 80000000"},
    };
    for (const auto& example : examples) {
        CAPTURE(std::string(example.name));
        CHECK(last_header(example.sent) == hex(example.header));
    }
}

TEST_CASE("chunk writer: a long message goes in chunks, an extended timestamp in each") {
    const Bytes p300 = payload_of(300);
    const auto part = [&](std::size_t from, std::size_t to) {
        return Bytes(p300.begin() + std::ptrdiff_t(from), p300.begin() + std::ptrdiff_t(to));
    };
    ChunkWriter writer;
    OutputQueue queue;
    writer.write(6, message_of({6, MessageType::video, 40, 300}), queue);
    CHECK(tests::taken(queue) == joined({hex("06 000028 00012c 09 01000000"), part(0, 128),
                                         hex("c6"), part(128, 256), hex("c6"), part(256, 300)}));
    writer.write(6, message_of({6, MessageType::video, 0x1000028, 256}), queue);
    CHECK(tests::taken(queue) == joined({hex("06 ffffff 000100 09 01000000 01000028"), part(0, 128),
                                         hex("c6 01000028"), part(128, 256)}));
    writer.write(6, message_of({6, MessageType::video, 0x1000049, 129}), queue);
    CHECK(tests::taken(queue) ==
          joined({hex("46 000021 000081 09"), part(0, 128), hex("c6"), part(128, 129)}));
    writer.write(400, message_of({400, MessageType::video, 0xffffffff, 129}), queue);
    CHECK(tests::taken(queue) == joined({hex("01 50 01 ffffff 000081 09 01000000 ffffffff"),
                                         part(0, 128), hex("c1 50 01 ffffffff"), part(128, 129)}));
}

TEST_CASE("chunk writer: Set Chunk Size is told, and holds from then on") {
    const Bytes p300 = payload_of(300);
    ChunkWriter writer;
    OutputQueue queue;
    writer.set_chunk_size(4096, queue);
    writer.write(6, message_of({6, MessageType::video, 40, 300}), queue);
    CHECK(tests::taken(queue) == joined({hex("02 000000 000004 01 00000000 00001000"),
                                         hex("06 000028 00012c 09 01000000"), p300}));
    writer.set_chunk_size(2, queue);
    CHECK(tests::taken(queue) == hex("c2 00000002"));
    writer.set_chunk_size(0x7fffffff, queue);  // itself still in chunks of two bytes
    CHECK(tests::taken(queue) == hex("c2 7fff c2 ffff"));
    writer.write(6, message_of({6, MessageType::video, 40, 300}), queue);
    CHECK(tests::taken(queue) == joined({hex("86 000000"), p300}));
}

TEST_CASE("chunk writer: a large payload is queued where it lies, a small one beside its header") {
    ChunkWriter writer;
    OutputQueue queue;
    writer.set_chunk_size(10'000, queue);
    const Message large = message_of({6, MessageType::video, 40, 25'000});
    writer.write(6, large, queue);
    writer.write(4, message_of({4, MessageType::audio, 40, 200}), queue);
    std::array<std::span<const std::uint8_t>, 16> pieces;
    REQUIRE(queue.gather(pieces) == 7);
    const std::uint8_t* const bytes = large.payload.bytes().data();
    CHECK(pieces[0].size() == 16 + 12);
    CHECK(pieces[1].data() == bytes);
    CHECK(pieces[2].size() == 1);
    CHECK(pieces[3].data() == bytes + 10'000);
    CHECK(pieces[5].data() == bytes + 20'000);
    CHECK(pieces[5].size() == 5000);
    CHECK(pieces[6].size() == 12 + 200);
}
