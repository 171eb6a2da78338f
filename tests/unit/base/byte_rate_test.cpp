// How much flows, told by hand.
#include "base/byte_rate.hpp"

#include <doctest/doctest.h>

using namespace restream;
using namespace std::chrono_literals;

namespace {

/// Told once a second, from `bytes_sent` on.
struct Told {
    ByteRate rate;
    SteadyTime now{};
    std::uint64_t bytes_sent = 0;

    void second(std::uint64_t bytes) {
        now += 1s;
        bytes_sent += bytes;
        rate.add(now, bytes_sent);
    }
};

}  // namespace

TEST_CASE("byte rate: a steady flow is told from the first second on") {
    Told told;
    CHECK(told.rate.kbps() == 0);
    told.rate.restart(told.now, 0);
    CHECK(told.rate.kbps() == 0);
    for (int i = 0; i < 20; ++i) {
        told.second(750'000);
        CHECK(told.rate.kbps() == 6000);
    }
}

TEST_CASE("byte rate: what was sent before a restart does not count") {
    Told told;
    told.bytes_sent = 5'000'000;
    told.rate.restart(told.now, told.bytes_sent);
    told.second(125'000);
    CHECK(told.rate.kbps() == 1000);
    told.rate.restart(told.now, told.bytes_sent);
    CHECK(told.rate.kbps() == 0);
    told.second(250'000);
    CHECK(told.rate.kbps() == 2000);
}

TEST_CASE("byte rate: it is 0 four seconds after the last byte") {
    Told told;
    told.rate.restart(told.now, 0);
    for (int i = 0; i < 10; ++i) told.second(750'000);
    for (const std::uint32_t left : {4500u, 3000u, 1500u, 0u, 0u}) {
        told.second(0);
        CHECK(told.rate.kbps() == left);
    }
    told.second(750'000);
    CHECK(told.rate.kbps() == 1500);
}

TEST_CASE("byte rate: a keyframe every two seconds makes it swing by a quarter at most") {
    Told told;
    told.rate.restart(told.now, 0);
    for (int i = 0; i < 4; ++i) told.second(i % 2 == 0 ? 1'000'000 : 500'000);
    for (int i = 0; i < 20; ++i) {
        told.second(i % 2 == 0 ? 1'000'000 : 500'000);
        CHECK(told.rate.kbps() == 6000);
    }
}

TEST_CASE("byte rate: what is told twice in a moment counts once") {
    Told told;
    told.rate.restart(told.now, 0);
    told.rate.add(told.now, 100'000);
    told.rate.add(told.now + 499ms, 200'000);
    CHECK(told.rate.kbps() == 0);
    told.rate.add(told.now + 1s, 250'000);
    CHECK(told.rate.kbps() == 2000);
}
