// One clock for several publishers.
#include "server/splice.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

const SteadyTime start{std::chrono::seconds(1000)};

std::uint32_t moved(const Splice& splice, const Tag& tag) { return splice.apply(tag).time.ms(); }

}  // namespace

TEST_CASE("splice: the first publisher's times are its own") {
    Splice splice;
    CHECK(!splice.moves());
    CHECK(moved(splice, inter(0)) == 0);
    CHECK(moved(splice, audio(4'000'000'000)) == 4'000'000'000);
}

TEST_CASE("splice: the next one goes on where the last one stopped") {
    struct Case {
        const char* what;
        std::uint32_t last, first;
        int arrived_after_ms;
        std::uint32_t expected;
    };
    const std::vector<Case> cases = {
        {"its keyframe came after the last tag", 5000, 90'000, 300, 5300},
        {"its keyframe is older than the last tag", 5000, 90'000, -1400, 5020},
        {"both at once", 5000, 90'000, 0, 5020},
        {"its clock is behind", 90'000, 0, 600, 90'600},
        {"the clock wraps", 0xffff'ffff, 7, 600, 599},
        {"its clock is about to wrap", 5000, 0xffff'fffe, 600, 5600},
        {"after a day", 5000, 7, 86'400'000, 3'605'000},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        for (const auto& make : {keyframe, audio}) {
            Splice splice;
            splice.note(make(each.last), start);
            splice.follow({avc_header(each.first), make(each.first)},
                          start + Milliseconds(each.arrived_after_ms));
            CHECK(splice.moves());
            CHECK(moved(splice, make(each.first)) == each.expected);
            CHECK(moved(splice, make(each.first + 40)) == each.expected + 40);
        }
    }
}

TEST_CASE("splice: the distance between picture and sound stays, and neither goes backwards") {
    struct Case {
        const char* what;
        std::int32_t before, after;  ///< sound is ahead of the picture by so much
        std::uint32_t picture, sound;
    };
    const std::vector<Case> cases = {
        {"together", 0, 0, 100'600, 100'600},
        {"ahead, both", 60'000, 60'000, 100'600, 160'600},
        {"behind, both", -60'000, -60'000, 100'600, 40'600},
        {"now ahead", 0, 2000, 100'600, 102'600},
        {"ahead no more: the picture makes room", 2000, 0, 102'020, 102'020},
        {"now behind: the same", 0, -2000, 102'020, 100'020},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        Splice splice;
        splice.note(inter(100'000), start);
        splice.note(audio(100'000 + static_cast<std::uint32_t>(each.before)), start);
        splice.note(script("cue"), start);
        const Tag picture = keyframe(7'000'000);
        const Tag sound = audio(7'000'000 + static_cast<std::uint32_t>(each.after));
        splice.follow({avc_header(7'000'000), picture, sound}, start + Milliseconds(600));
        CHECK(moved(splice, picture) == each.picture);
        CHECK(moved(splice, sound) == each.sound);
    }
}

TEST_CASE("splice: who sends another kind of track goes on behind what was sent") {
    Splice splice;
    splice.note(audio(1000), start);
    splice.follow({keyframe(50'000)}, start + Milliseconds(40));
    CHECK(moved(splice, keyframe(50'000)) == 1040);
}

TEST_CASE("splice: a clock that was set back is the one that counts") {
    Splice splice;
    splice.note(inter(50'000), start);
    splice.note(inter(49'000), start);
    splice.note(inter(7), start);
    splice.follow({keyframe(0)}, start);
    CHECK(moved(splice, keyframe(0)) == 27);
}

TEST_CASE("splice: after a break, and with nothing to follow, times are the publisher's own") {
    Splice splice;
    splice.follow({keyframe(50'000)}, start);
    CHECK(moved(splice, keyframe(50'000)) == 50'000);
    splice.note(keyframe(50'000), start);
    splice.follow({keyframe(7)}, start);
    CHECK(moved(splice, keyframe(7)) == 50'020);
    splice.begin();
    CHECK(moved(splice, keyframe(7)) == 7);
}
