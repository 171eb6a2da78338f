// Readiness: what a session may begin with, and when one track alone is enough.
#include "worker/readiness.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{};

Readiness fresh() { return Readiness(5s, 1'000'000); }

}  // namespace

TEST_CASE("readiness: video and audio with their headers begin at a keyframe") {
    Readiness ready = fresh();
    CHECK_FALSE(ready.observe(metadata(), start));
    CHECK_FALSE(ready.observe(aac_header(), start));
    CHECK_FALSE(ready.observe(avc_header(), start));
    CHECK_FALSE(ready.observe(inter(10), start));
    CHECK_FALSE(ready.observe(audio(12), start));
    CHECK(ready.observe(keyframe(20), start));
    CHECK_FALSE(ready.observe(inter(30), start));
    CHECK(ready.observe(keyframe(40), start));
    CHECK(ready.headers().size() == 3);
    CHECK(is_metadata(ready.headers()[0]));
}

TEST_CASE("readiness: a keyframe without its sequence header begins nothing") {
    Readiness ready = fresh();
    ready.observe(aac_header(), start);
    CHECK_FALSE(ready.observe(keyframe(0), start));
    CHECK_FALSE(ready.observe(keyframe(2000), start + 10s));
    ready.observe(avc_header(), start + 11s);
    CHECK(ready.observe(keyframe(4000), start + 12s));
}

TEST_CASE("readiness: of a sound without a sequence header, the last message says what it is") {
    Readiness ready = fresh();
    ready.observe(avc_header(), start);
    CHECK_FALSE(ready.observe(keyframe(0), start));
    CHECK_FALSE(ready.sound());
    CHECK_FALSE(ready.observe(mp3(10), start));
    CHECK(ready.observe(keyframe(20), start));
    REQUIRE(ready.sound());
    CHECK(ready.sound()->time == RtmpTime(10));
    ready.observe(aac_header(30), start);
    CHECK_FALSE(ready.sound());
}

TEST_CASE("readiness: while one track is missing, nothing begins before the window ends") {
    Readiness video_only = fresh();
    video_only.observe(avc_header(), start);
    CHECK_FALSE(video_only.observe(keyframe(0), start));
    CHECK_FALSE(video_only.observe(keyframe(4900), start + 4900ms));
    CHECK(video_only.observe(keyframe(5000), start + 5000ms));

    Readiness audio_only = fresh();
    audio_only.observe(aac_header(), start);
    CHECK_FALSE(audio_only.observe(audio(0), start));
    CHECK_FALSE(audio_only.observe(audio(4900), start + 4900ms));
    CHECK(audio_only.observe(audio(5000), start + 5000ms));
}

TEST_CASE("readiness: sound alone waits longer where the metadata announces a picture") {
    using namespace std::string_literals;
    for (const auto& announced :
         {"videocodecid\x00\x40\x1c\0\0\0\0\0\0"s, "videocodecid\x02\0\x04avc1"s}) {
        Readiness ready = fresh();
        ready.observe(metadata(announced), start);
        ready.observe(aac_header(), start);
        CHECK_FALSE(ready.observe(audio(8000), start + 8s));
        CHECK_FALSE(ready.observe(avc_header(), start + 9s));
        CHECK(ready.observe(keyframe(9000), start + 9s));
        Readiness alone = fresh();
        alone.observe(metadata(announced), start);
        alone.observe(aac_header(), start);
        CHECK(alone.observe(audio(12'000), start + 12s));
    }
    for (const auto& none :
         {"videocodecid\x00\0\0\0\0\0\0\0\0"s, "videocodecid\x02\0\0"s, "videocodecid"s,
          "videocodecid\x00\x40"s, "videocodecid\x05\x40\x1c\0\0\0\0\0\0"s, "width"s, ""s}) {
        Readiness ready = fresh();
        ready.observe(metadata(none), start);
        ready.observe(aac_header(), start);
        CHECK(ready.observe(audio(5000), start + 5s));
    }
}

TEST_CASE("readiness: a session does not wait for a track that is known to be absent") {
    Readiness pictures = fresh();
    pictures.expect_only(TagType::video);
    pictures.observe(avc_header(), start);
    CHECK(pictures.observe(keyframe(0), start));
    CHECK(pictures.only() == TagType::video);

    Readiness sound = fresh();
    sound.expect_only(TagType::audio);
    sound.observe(aac_header(), start);
    CHECK(sound.observe(audio(0), start));
    CHECK(sound.only() == TagType::audio);

    // What comes counts more; what is only announced was announced before, too.
    Readiness both = fresh();
    both.expect_only(TagType::video);
    both.observe(avc_header(), start);
    both.observe(aac_header(), start);
    CHECK(both.observe(keyframe(0), start));
    CHECK_FALSE(both.only());
    using namespace std::string_literals;
    Readiness announced = fresh();
    announced.expect_only(TagType::video);
    announced.observe(metadata("audiocodecid\x00\x40\x24\0\0\0\0\0\0"s), start);
    announced.observe(avc_header(), start);
    CHECK(announced.observe(keyframe(0), start));
    Readiness picture = fresh();
    picture.expect_only(TagType::audio);
    picture.observe(metadata("videocodecid\x00\x40\x1c\0\0\0\0\0\0"s), start);
    picture.observe(aac_header(), start);
    CHECK(picture.observe(audio(0), start));
    // Another publisher may have what this one has not.
    pictures.begin();
    pictures.observe(avc_header(), start);
    CHECK_FALSE(pictures.observe(keyframe(0), start));
}

TEST_CASE("readiness: it tells what is missing") {
    Readiness ready = fresh();
    ready.observe(avc_header(), start);
    ready.observe(inter(0), start);
    CHECK(ready.missing() == Readiness::Missing::keyframe);
    ready.observe(keyframe(10), start);
    CHECK(ready.missing() == Readiness::Missing::sound);
    Readiness sound = fresh();
    sound.observe(aac_header(), start);
    sound.observe(audio(0), start);
    CHECK(sound.missing() == Readiness::Missing::picture);
    sound.observe(inter(0), start);
    CHECK(sound.missing() == Readiness::Missing::keyframe);
}

TEST_CASE("readiness: audio that comes late in the window is waited for") {
    Readiness ready = fresh();
    ready.observe(avc_header(), start);
    CHECK_FALSE(ready.observe(keyframe(0), start));
    CHECK_FALSE(ready.observe(aac_header(), start + 3s));
    CHECK(ready.observe(keyframe(4000), start + 4s));
}

TEST_CASE("readiness: an ingest with video never begins with audio alone") {
    Readiness ready = fresh();
    ready.observe(aac_header(), start);
    ready.observe(inter(0), start);  // video whose header has not come
    CHECK_FALSE(ready.observe(audio(9000), start + 9s));
}

TEST_CASE("readiness: the window ends by bytes too") {
    Readiness ready(5s, 1000);
    ready.observe(avc_header(), start);
    ready.observe(tag(TagType::video, 0, std::vector<std::uint8_t>(2000, 0x27)), start);
    CHECK(ready.observe(keyframe(10), start));
}

TEST_CASE("readiness: codecs without a sequence header need none") {
    Readiness ready = fresh();
    ready.observe(mp3(0), start);
    ready.observe(avc_header(), start);
    CHECK(ready.observe(keyframe(0), start));
}

TEST_CASE("readiness: metadata opens no window, a new connection forgets all") {
    Readiness ready = fresh();
    ready.observe(metadata(), start);
    CHECK_FALSE(ready.has_begun());
    ready.observe(avc_header(), start + 60s);
    CHECK_FALSE(ready.observe(keyframe(0), start + 61s));
    ready.begin();
    CHECK(ready.headers().empty());
    CHECK_FALSE(ready.observe(keyframe(0), start + 70s));
}

TEST_CASE("readiness: empty and truncated messages begin nothing") {
    Readiness ready(0s, 0);
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(ready.observe(tag(TagType::video, 0, {}), start));
        CHECK_FALSE(ready.observe(tag(TagType::audio, 0, {}), start));
        CHECK_FALSE(ready.observe(tag(TagType::video, 0, {0x17}), start));
        CHECK_FALSE(ready.observe(tag(TagType::audio, 0, {0xaf}), start));
        CHECK_FALSE(ready.observe(tag(TagType::script, 0, {}), start));
    }
}
