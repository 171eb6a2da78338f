// Tags: what the first bytes of a payload say.
#include "flv/tag.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace restream;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes enhanced(std::uint8_t frame_and_type, const char* fourcc) {
    return {std::uint8_t(0x80 | frame_and_type), std::uint8_t(fourcc[0]), std::uint8_t(fourcc[1]),
            std::uint8_t(fourcc[2]), std::uint8_t(fourcc[3])};
}

}  // namespace

TEST_CASE("tag: RTMP times are compared across the wrap") {
    CHECK(RtmpTime(5).since(RtmpTime(0xfffffffb)) == 10);
    CHECK(RtmpTime(0xfffffffb).since(RtmpTime(5)) == -10);
    CHECK(RtmpTime(0xffffffff).plus(2) == RtmpTime(1));
    CHECK(RtmpTime(0x80000000).since(RtmpTime(0x7fffffff)) == 1);
}

TEST_CASE("tag: AVC headers, keyframes and inter frames are told apart") {
    CHECK(video_facts(Bytes{0x17, 0, 0, 0, 0})->is_sequence_header);
    CHECK_FALSE(video_facts(Bytes{0x17, 0, 0, 0, 0})->is_keyframe);
    CHECK(video_facts(Bytes{0x17, 1, 0, 0, 0})->is_keyframe);
    CHECK_FALSE(video_facts(Bytes{0x27, 1, 0, 0, 0})->is_keyframe);
    CHECK(video_facts(Bytes{0x17, 2})->is_end_of_sequence);
    CHECK_FALSE(video_facts(Bytes{0x17, 2})->is_keyframe);
    CHECK(video_facts(Bytes{0x57, 1})->is_command);
    CHECK(video_facts(Bytes{0x12})->is_keyframe);
    CHECK_FALSE(video_facts(Bytes{0x12})->needs_sequence_header());
}

TEST_CASE("tag: Enhanced RTMP is understood as far as passing through needs it") {
    const auto header = video_facts(enhanced(0x10, "hvc1"));
    REQUIRE(header);
    CHECK(header->is_sequence_header);
    CHECK(header->needs_sequence_header());
    CHECK(video_codec_name(*header) == "hevc");
    CHECK(video_facts(enhanced(0x11, "av01"))->is_keyframe);
    CHECK(video_facts(enhanced(0x13, "av01"))->is_keyframe);
    CHECK(video_facts(enhanced(0x14, "av01"))->is_command);
    CHECK_FALSE(video_facts(enhanced(0x21, "av01"))->is_keyframe);
    const auto track = video_facts(Bytes{0x96, 0, 'a', 'v', 'c', '1', 1});
    CHECK(track->is_multitrack);
    CHECK(track->is_sequence_header);
    CHECK_FALSE(track->is_keyframe);
    CHECK(video_facts(Bytes{0x96, 1, 'a', 'v', 'c', '1', 1})->is_keyframe);
    CHECK_FALSE(video_facts(enhanced(0x11, "av01"))->is_multitrack);
    CHECK(audio_facts(Bytes{0x95, 0, 'm', 'p', '4', 'a', 1})->is_sequence_header);
    CHECK_FALSE(audio_facts(Bytes{0x95, 1, 'm', 'p', '4', 'a', 1})->is_sequence_header);
    const auto opus = audio_facts(Bytes{0x90, 'O', 'p', 'u', 's'});
    REQUIRE(opus);
    CHECK(opus->is_sequence_header);
    CHECK(audio_codec_name(*opus) == "opus");
}

TEST_CASE("tag: payloads too short to say anything say nothing") {
    for (const Bytes& bytes :
         {Bytes{}, Bytes{0x17}, Bytes{0x1c}, Bytes{0x90}, Bytes{0x91, 'h', 'v', 'c'}}) {
        CHECK_FALSE(video_facts(bytes));
    }
    for (const Bytes& bytes : {Bytes{}, Bytes{0xaf}, Bytes{0x90, 'O'}, Bytes{0x95, 1, 2, 3}}) {
        CHECK_FALSE(audio_facts(bytes));
    }
}

TEST_CASE("tag: any two bytes are read without harm") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const Bytes bytes = {std::uint8_t(first), std::uint8_t(second), 0, 0, 0};
            const auto video = video_facts(bytes);
            const auto audio = audio_facts(bytes);
            if (video) CHECK_FALSE(video_codec_name(*video).empty());
            if (audio) CHECK_FALSE(audio_codec_name(*audio).empty());
            if (video) CHECK_FALSE((video->is_keyframe && video->is_sequence_header));
        }
    }
}

TEST_CASE("tag: metadata is known by its name") {
    const auto script = [](const std::string& text) {
        return make_tag(TagType::script, RtmpTime(0), Bytes(text.begin(), text.end()));
    };
    CHECK(is_metadata(script(std::string("\x02\x00\x0aonMetaData\x08", 14))));
    CHECK(is_metadata(
        script(std::string("\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x08", 30))));
    CHECK_FALSE(is_metadata(script(std::string("\x02\x00\x0aonTextData\x08", 14))));
    CHECK_FALSE(is_metadata(script("")));
    CHECK_FALSE(is_metadata(make_tag(TagType::video, RtmpTime(0), Bytes{1, 2})));
}
