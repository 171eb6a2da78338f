// Durations and times as users and records write them.
#include <doctest/doctest.h>

#include "base/clock.hpp"

using namespace restream;
using namespace std::chrono_literals;

TEST_CASE("time: durations as users write them") {
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("1.5s") == 1500ms);
    CHECK(parse_duration("2m") == 2min);
    CHECK(parse_duration("8h") == 8h);
    CHECK(parse_duration("0s") == 0ms);
}

TEST_CASE("time: what is no duration is refused") {
    for (const char* bad :
         {"", "s", "30", "30 s", "-1s", "-0s", "1e3s", "30S", "30sec", "1d", "nans", "infs",
          "0x10s", "99999999h", "1.2.3s", "s30", "30s ", " 30s", "+1s"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad));
    }
}

TEST_CASE("time: a formatted duration reads back") {
    for (const auto span : {0ms, 1ms, 1500ms, 30'000ms, 120'000ms, 7'200'000ms, 90'061'001ms}) {
        CHECK(parse_duration(format_duration(span)) == span);
    }
}

TEST_CASE("time: ISO 8601 reads back") {
    const auto time = from_iso8601("2026-01-31T20:14:03.120Z");
    REQUIRE(time);
    CHECK(to_iso8601(*time) == "2026-01-31T20:14:03.120Z");
    CHECK(from_iso8601("2026-01-31T20:14:03Z") == *time - 120ms);
    for (const char* bad :
         {"", "2026-01-31", "2026-01-31 20:14:03Z", "2026-13-31T20:14:03Z", "2026-02-30T20:14:03Z",
          "2026-01-31T24:14:03Z", "2026-01-31T20:60:03Z", "2026-01-31T20:14:03",
          "2026-01-31T20:14:03.1Z", "20x6-01-31T20:14:03Z", "-026-01-31T20:14:03Z",
          "2026-01-31T20:14:03.120+", "0001-01-31T20:14:03Z", "2262-01-31T20:14:03Z",
          "9999-12-31T23:59:60Z"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_iso8601(bad));
    }
}

TEST_CASE("time: a deadline's rest is never negative and never endless") {
    CHECK(Deadline::never().left() == 24h);
    CHECK(Deadline(SteadyTime::min()).left() == 0ms);
    CHECK(Deadline::after(0ms).has_passed());
}
