// One clock for several publishers.
#include "ingest/splice.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

const SteadyTime start{std::chrono::seconds(1000)};

std::optional<std::uint32_t> moved(Splice& splice, std::uint32_t ms) {
    const auto tag = splice.apply(audio(ms));
    return tag ? std::optional(tag->time.ms()) : std::nullopt;
}

}  // namespace

TEST_CASE("splice: the first publisher's times are its own") {
    Splice splice;
    CHECK(!splice.moves());
    CHECK(moved(splice, 0) == 0);
    CHECK(moved(splice, 4'000'000'000) == 4'000'000'000);
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
        Splice splice;
        splice.note(RtmpTime(each.last), start);
        splice.follow(RtmpTime(each.first), start + Milliseconds(each.arrived_after_ms));
        CHECK(splice.moves());
        CHECK(moved(splice, each.first) == each.expected);
        CHECK(moved(splice, each.first + 40) == each.expected + 40);
    }
}

TEST_CASE("splice: sound from before the keyframe is left out, a clock that is set back is not") {
    Splice splice;
    splice.note(RtmpTime(1000), start);
    splice.follow(RtmpTime(50'000), start);
    CHECK(moved(splice, 49'990) == std::nullopt);
    CHECK(moved(splice, 48'000) == std::nullopt);
    CHECK(moved(splice, 50'000) == 1020);
    CHECK(moved(splice, 20'000).has_value());
    CHECK(moved(splice, 53'000) == 4020);
    CHECK(moved(splice, 49'990) == 1010);
}

TEST_CASE("splice: after a break, and with nothing to follow, times are the publisher's own") {
    Splice splice;
    splice.follow(RtmpTime(50'000), start);
    CHECK(moved(splice, 50'000) == 50'000);
    splice.note(RtmpTime(50'000), start);
    splice.follow(RtmpTime(7), start);
    CHECK(moved(splice, 7) == 50'020);
    splice.begin();
    CHECK(moved(splice, 7) == 7);
}
