// A test that must fail: runner_can_fail proves with it that a failure is told as one.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

TEST_CASE("runner: this assertion is wrong") { CHECK(1 + 1 == 3); }
