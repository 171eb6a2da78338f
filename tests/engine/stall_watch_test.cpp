// When bytes that wait count as stalled.
#include "client/stall_watch.hpp"

#include <doctest/doctest.h>

using namespace restream;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime begin{};

}  // namespace

TEST_CASE("stall watch: where nothing waits, nothing stands") {
    StallWatch watch(begin);
    CHECK(watch.standing(begin + 1h) == 0s);
    watch.look(begin + 1h, 1000, 0, 0);
    CHECK(watch.standing(begin + 2h) == 0s);
}

TEST_CASE("stall watch: time counts from the first byte that waits") {
    StallWatch watch(begin);
    watch.begin_to_wait(begin + 10s);
    watch.begin_to_wait(begin + 15s);
    CHECK(watch.standing(begin + 17s) == 7s);
}

TEST_CASE("stall watch: what only the kernel took has not been taken") {
    StallWatch watch(begin);
    watch.begin_to_wait(begin + 1s);
    watch.look(begin + 2s, 5000, 5000, 0);
    watch.look(begin + 3s, 9000, 9000, 100);
    CHECK(watch.standing(begin + 4s) == 3s);
}

TEST_CASE("stall watch: a peer that takes a little at a time does not stand") {
    StallWatch watch(begin);
    watch.begin_to_wait(begin);
    watch.look(begin + 5s, 100'000, 100'000, 0);
    watch.look(begin + 9s, 100'000, 99'999, 0);
    CHECK(watch.standing(begin + 10s) == 1s);
    CHECK(watch.moved_at() == begin + 9s);
}

TEST_CASE("stall watch: all taken, and then a new wait") {
    StallWatch watch(begin);
    watch.begin_to_wait(begin);
    watch.look(begin + 5s, 100'000, 0, 0);
    CHECK(watch.standing(begin + 60s) == 0s);
    watch.begin_to_wait(begin + 60s);
    watch.look(begin + 61s, 100'500, 500, 0);
    CHECK(watch.standing(begin + 63s) == 3s);
}
