// When a crashed child is started again.
#include "state/guardian.hpp"

#include <doctest/doctest.h>

using namespace restream;
using namespace std::chrono_literals;

TEST_CASE("guardian: a crash is mended at once, the third within 10 s waits, and ever longer") {
    CrashGovernor governor;
    const SteadyTime start = SteadyTime(1h);
    CHECK(governor.after_crash(start) == 0ms);
    CHECK(governor.after_crash(start + 1s) == 0ms);
    CHECK(governor.after_crash(start + 2s) == 1s);
    CHECK(governor.after_crash(start + 3s) == 2s);
    CHECK(governor.after_crash(start + 5s) == 4s);
}

TEST_CASE("guardian: crashes far apart are mended at once, for ever") {
    CrashGovernor governor;
    for (int i = 0; i < 20; ++i) CHECK(governor.after_crash(SteadyTime(1h) + i * 6s) == 0ms);
}

TEST_CASE("guardian: the waits between crashes are no sign of health") {
    CrashGovernor governor;
    SteadyTime now(1h);
    Milliseconds last{0};
    for (int i = 0; i < 20; ++i) {
        const auto wait = governor.after_crash(now);
        CHECK(wait >= last);
        last = wait;
        now += wait + 100ms;
    }
    CHECK(last == 30s);
}

TEST_CASE("guardian: the wait has an end, and quiet resets it") {
    CrashGovernor governor;
    SteadyTime now(1h);
    Milliseconds last{0};
    for (int i = 0; i < 20; ++i) last = governor.after_crash(now += 1s);
    CHECK(last == 30s);
    CHECK(governor.after_crash(now + 1h) == 0ms);
}
