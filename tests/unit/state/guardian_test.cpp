// When a crashed child is started again.
#include "state/guardian.hpp"

#include <doctest/doctest.h>

using namespace restream;
using namespace std::chrono_literals;

TEST_CASE("guardian: a crash is mended at once, the third of short lives waits, and ever longer") {
    CrashGovernor governor;
    CHECK(governor.after_crash(1s) == 0ms);
    CHECK(governor.after_crash(2s) == 0ms);
    CHECK(governor.after_crash(1s) == 1s);
    CHECK(governor.after_crash(0s) == 2s);
    CHECK(governor.after_crash(8s) == 4s);
    CHECK(governor.after_crash(8s) == 0ms);
}

TEST_CASE("guardian: crashes after lives that were not short are mended at once, for ever") {
    CrashGovernor governor;
    for (int i = 0; i < 20; ++i) CHECK(governor.after_crash(4s) == 0ms);
}

TEST_CASE("guardian: the wait has an end, and a life that was not short resets it") {
    CrashGovernor governor;
    Milliseconds last{0};
    for (int i = 0; i < 20; ++i) {
        const auto wait = governor.after_crash(100ms);
        CHECK(wait >= last);
        last = wait;
    }
    CHECK(last == 30s);
    CHECK(governor.after_crash(1h) == 0ms);
    CHECK(governor.after_crash(0s) == 0ms);
    CHECK(governor.after_crash(0s) == 0ms);
    CHECK(governor.after_crash(0s) == 1s);
}
