// FLV bytes: what is written reads back, in pieces of any size; what cannot be FLV is refused.
#include "flv/flv.hpp"

#include <doctest/doctest.h>

#include <variant>
#include <vector>

using namespace restream;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes sample() {
    Bytes bytes;
    for (const auto each : flv_file_header(true, true)) bytes.push_back(each);
    append_flv_tag(make_tag(TagType::script, RtmpTime(0), Bytes{2, 0, 1, 'x'}), bytes);
    append_flv_tag(make_tag(TagType::video, RtmpTime(0x12345678), Bytes(300, 0x17)), bytes);
    append_flv_tag(make_tag(TagType::audio, RtmpTime(0xffffffff), Bytes{}), bytes);
    return bytes;
}

std::vector<Tag> read_in_pieces(const Bytes& bytes, std::size_t piece) {
    FlvReader reader;
    std::vector<Tag> tags;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.feed(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
        for (;;) {
            auto next = reader.next();
            if (!std::holds_alternative<Tag>(next)) {
                CHECK(std::holds_alternative<FlvReader::NeedMore>(next));
                break;
            }
            tags.push_back(std::get<Tag>(std::move(next)));
        }
    }
    return tags;
}

bool is_malformed(const Bytes& bytes) {
    FlvReader reader;
    reader.feed(bytes);
    for (;;) {
        const auto next = reader.next();
        if (std::holds_alternative<FlvReader::Malformed>(next)) {
            // It stays so, whatever comes.
            reader.feed(sample());
            return std::holds_alternative<FlvReader::Malformed>(reader.next());
        }
        if (std::holds_alternative<FlvReader::NeedMore>(next)) return false;
    }
}

}  // namespace

TEST_CASE("flv: tags read back in pieces of any size") {
    const Bytes bytes = sample();
    for (const std::size_t piece : {1ul, 2ul, 3ul, 7ul, 11ul, 100ul, 10'000ul}) {
        CAPTURE(piece);
        const auto tags = read_in_pieces(bytes, piece);
        REQUIRE(tags.size() == 3);
        CHECK(tags[0].type == TagType::script);
        CHECK(tags[1].time == RtmpTime(0x12345678));
        CHECK(tags[1].bytes().size() == 300);
        CHECK(tags[2].time == RtmpTime(0xffffffff));
        CHECK(tags[2].bytes().empty());
    }
}

TEST_CASE("flv: what cannot be FLV is told, and nothing comes after") {
    CHECK(is_malformed(Bytes(13, 0)));
    CHECK(is_malformed(Bytes{'F', 'L', 'W', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}));
    CHECK(is_malformed(Bytes{'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '4', ' '}));
    Bytes huge = sample();
    huge.insert(huge.end(), {9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0});
    CHECK(is_malformed(huge));
    Bytes just_over = sample();
    just_over.insert(just_over.end(), {9, 0x80, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0});
    CHECK(is_malformed(just_over));
}

TEST_CASE("flv: a tag of an unknown type is skipped") {
    Bytes bytes = sample();
    bytes.insert(bytes.end(), {15, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 12});
    append_flv_tag(make_tag(TagType::audio, RtmpTime(7), Bytes{1}), bytes);
    const auto tags = read_in_pieces(bytes, 5);
    REQUIRE(tags.size() == 4);
    CHECK(tags[3].time == RtmpTime(7));
}
