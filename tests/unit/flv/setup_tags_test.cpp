// Setup tags: what is kept for whoever begins late, and what takes the place of what.
#include "flv/setup_tags.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"
#include "worker/readiness.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// Of Enhanced RTMP's multitrack: one track, its number last.
Tag video_track(std::uint8_t first, std::uint8_t packet, std::uint8_t number) {
    return tag(TagType::video, 0, {first, packet, 'a', 'v', 'c', '1', number, 1, 2});
}
Tag audio_track(std::uint8_t packet, std::uint8_t number) {
    return tag(TagType::audio, 0, {0x95, packet, 'm', 'p', '4', 'a', number, 1, 2});
}

const Tag colours = tag(TagType::video, 0, {0x94, 'h', 'v', 'c', '1', 2, 0, 1, 'x'});

}  // namespace

TEST_CASE("setup tags: metadata first, then headers of all tracks in their order") {
    SetupTags setup;
    CHECK(setup.keep(aac_header()));
    CHECK(setup.keep(audio_track(0, 1)));
    CHECK(setup.keep(avc_header()));
    CHECK(setup.keep(video_track(0x96, 0, 1)));
    CHECK(setup.keep(video_track(0x96, 0, 2)));
    CHECK(setup.keep(colours));
    CHECK(setup.keep(metadata()));
    const auto all = setup.all();
    REQUIRE(all.size() == 7);
    CHECK(is_metadata(all[0]));
    CHECK(all[1].type == TagType::audio);
    CHECK(all[2].bytes()[0] == 0x95);
    CHECK(all[3].bytes()[0] == 0x17);
    CHECK(all[4].bytes()[6] == 1);
    CHECK(all[5].bytes()[6] == 2);
    CHECK(all[6].bytes()[0] == 0x94);
}

TEST_CASE("setup tags: the latest of a kind takes the place of the last") {
    SetupTags setup;
    setup.keep(video_track(0x96, 0, 1));
    setup.keep(avc_header());
    const Tag later = video_track(0x96, 0, 1);
    setup.keep(later);
    REQUIRE(setup.size() == 2);
    CHECK(setup.all()[0].payload == later.payload);
}

TEST_CASE("setup tags: pictures, sound, commands and what is cut off are none") {
    SetupTags setup;
    CHECK_FALSE(setup.keep(keyframe(0)));
    CHECK_FALSE(setup.keep(inter(0)));
    CHECK_FALSE(setup.keep(audio(0)));
    CHECK_FALSE(setup.keep(video_track(0x96, 1, 1)));
    CHECK_FALSE(setup.keep(audio_track(1, 1)));
    CHECK_FALSE(setup.keep(tag(TagType::video, 0, {0x96, 0, 'a', 'v', 'c', '1'})));
    CHECK_FALSE(setup.keep(tag(TagType::video, 0, {0x96})));
    CHECK_FALSE(setup.keep(tag(TagType::audio, 0, {0x95, 0, 'm'})));
    CHECK_FALSE(setup.keep(tag(TagType::video, 0, {})));
    CHECK_FALSE(setup.keep(tag(TagType::audio, 0, {})));
    CHECK_FALSE(setup.keep(tag(TagType::script, 0, {})));
    CHECK(setup.size() == 0);
}

TEST_CASE("setup tags: who numbers tracks without end fills no memory") {
    SetupTags setup;
    for (int number = 0; number < 256; ++number) {
        setup.keep(video_track(0x96, 0, static_cast<std::uint8_t>(number)));
    }
    CHECK(setup.size() == 32);
}

TEST_CASE("readiness: with several tracks, all headers, and a keyframe of the plain one") {
    constexpr SteadyTime start{};
    Readiness ready(5s, 1'000'000);
    CHECK_FALSE(ready.observe(metadata(), start));
    CHECK_FALSE(ready.observe(aac_header(), start));
    CHECK_FALSE(ready.observe(audio_track(0, 1), start));
    CHECK_FALSE(ready.observe(avc_header(), start));
    CHECK_FALSE(ready.observe(video_track(0x96, 0, 1), start));
    CHECK_FALSE(ready.observe(video_track(0x96, 1, 1), start));
    CHECK(ready.observe(keyframe(0), start));
    CHECK(ready.headers().size() == 5);
}

TEST_CASE("readiness: where all tracks are numbered, a keyframe of any begins") {
    constexpr SteadyTime start{};
    Readiness ready(5s, 1'000'000);
    CHECK_FALSE(ready.observe(audio_track(0, 0), start));
    CHECK_FALSE(ready.observe(video_track(0x96, 0, 0), start));
    CHECK_FALSE(ready.observe(video_track(0xa6, 1, 0), start));
    CHECK(ready.observe(video_track(0x96, 1, 0), start));
    CHECK(ready.headers().size() == 2);
}
