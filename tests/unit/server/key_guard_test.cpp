// How many wrong keys are looked at, and whose right one is looked at all the same.
#include "server/key_guard.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace restream;
using std::chrono::seconds;

namespace {

constexpr SteadyTime start{seconds(1000)};

Visitor from(const std::string& address, std::optional<std::uint32_t> user = {}) {
    const auto parsed = *IpAddress::parse(address);
    return {parsed, parsed.is_loopback(), user};
}

/// How many of `tries` are looked at, all wrong, all at once.
int looked_at(KeyGuard& guard, const Visitor& visitor, int tries, SteadyTime now = start) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        if (!guard.may_try(visitor, now)) continue;
        guard.was_wrong(visitor, now);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("key guard: a place is a user here, an IPv4 address, or a network of IPv6") {
    struct Case {
        Visitor one;
        Visitor other;
        bool are_one;
    };
    const std::vector<Case> cases = {
        {from("127.0.0.1"), from("127.200.3.4"), true},
        {from("127.0.0.1"), from("::1"), true},
        {from("127.0.0.1", 1000), from("127.0.0.2", 1000), true},
        {from("127.0.0.1", 1000), from("127.0.0.1", 1001), false},
        {from("127.0.0.1", 1000), from("127.0.0.1"), false},
        {from("10.0.0.1"), from("::ffff:10.0.0.1"), true},
        {from("10.0.0.1"), from("10.0.0.2"), false},
        {from("2001:db8::1"), from("2001:db8::ffff:1"), true},
        {from("2001:db8::1"), from("2001:db8:0:1::1"), false},
    };
    for (const Case& each : cases) {
        CAPTURE(place_of(each.one));
        CAPTURE(place_of(each.other));
        CHECK((place_of(each.one) == place_of(each.other)) == each.are_one);
    }
}

TEST_CASE("key guard: ten wrong keys from one place, then one in ten seconds") {
    KeyGuard guard;
    const Visitor guesser = from("10.0.0.1");
    CHECK(looked_at(guard, guesser, 1767) == 10);
    CHECK(looked_at(guard, guesser, 100, start + seconds(9)) == 0);
    CHECK(looked_at(guard, guesser, 100, start + seconds(11)) == 1);
    CHECK(looked_at(guard, guesser, 100, start + seconds(3600)) == 10);
    // Others have tries of their own.
    CHECK(guard.may_try(from("10.0.0.2"), start));
    CHECK(guard.may_try(from("127.0.0.1", 1000), start));
}

TEST_CASE("key guard: a place whose address changes has no more tries") {
    KeyGuard guard;
    int count = 0;
    for (int i = 1; i <= 50; ++i) {
        count += looked_at(guard, from(fmt::format("127.0.0.{}", i), 1000), 3);
    }
    CHECK(count == 10);
    count = 0;
    for (int i = 1; i <= 50; ++i) {
        count += looked_at(guard, from(fmt::format("2001:db8::{:x}", i)), 3);
    }
    CHECK(count == 10);
}

TEST_CASE("key guard: all places together have a bound, but not one that has shown the key") {
    KeyGuard guard;
    const Visitor known = from("192.0.2.7");
    guard.was_right(known);
    int count = 0;
    for (int i = 0; i < 1500; ++i) {
        count += looked_at(guard, from(fmt::format("2001:db8:{:x}::1", i)), 1);
    }
    CHECK(count == 1000);
    CHECK(!guard.may_try(from("192.0.2.8"), start));
    CHECK(guard.may_try(known, start));
    CHECK(guard.may_try(from("192.0.2.8"), start + seconds(1)));
    // Its own guesses do keep it out.
    CHECK(looked_at(guard, known, 500) == 200);
    CHECK(!guard.may_try(known, start));
    CHECK(guard.may_try(known, start + seconds(1)));
}

TEST_CASE("key guard: a guess a second does not keep out who shares the guesser's address") {
    KeyGuard guard;
    const Visitor shared = from("192.0.2.7");
    guard.was_right(shared);
    int refused = 0;
    for (int second = 0; second < 24 * 60 * 60; ++second) {
        const SteadyTime now = start + seconds(second);
        refused += guard.may_try(shared, now) ? 0 : 1;
        guard.was_wrong(shared, now);
    }
    CHECK(refused == 0);
    // Nor does it use up the tries of the others.
    CHECK(looked_at(guard, from("192.0.2.8"), 20) == 10);
}

TEST_CASE("key guard: of the places that have shown the key, the latest are remembered") {
    KeyGuard guard;
    for (std::size_t i = 0; i <= KeyGuard::most_proven; ++i) {
        guard.was_right(from(fmt::format("198.51.{}.{}", i / 200, i % 200)));
    }
    for (int i = 0; i < 1500; ++i) looked_at(guard, from(fmt::format("2001:db8:{:x}::1", i)), 1);
    CHECK(!guard.may_try(from("198.51.0.0"), start));
    CHECK(guard.may_try(from("198.51.0.1"), start));
}
