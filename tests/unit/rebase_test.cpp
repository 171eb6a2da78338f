// Session times: near 0 at the begin, never backwards, in step, whatever the publisher's clock
// does.
#include "relay/rebase.hpp"

#include <doctest/doctest.h>

#include <random>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{};

std::uint32_t out(Rebase& rebase, const Tag& tag, SteadyTime now = start) {
    const auto moved = rebase.apply(tag, now);
    REQUIRE(moved);
    CHECK(moved->payload == tag.payload);
    return moved->time.ms();
}

}  // namespace

TEST_CASE("rebase: one constant is subtracted from every tag") {
    Rebase rebase;
    rebase.begin(RtmpTime(5000), start);
    CHECK(out(rebase, keyframe(5000)) == 0);
    CHECK(out(rebase, audio(5010)) == 10);
    CHECK(out(rebase, inter(5033)) == 33);
    CHECK(out(rebase, audio(5031)) == 31);
}

TEST_CASE("rebase: sound from before the keyframe is left out") {
    Rebase rebase;
    rebase.begin(RtmpTime(5000), start);
    CHECK_FALSE(rebase.apply(audio(4990), start));
    CHECK(out(rebase, audio(5000)) == 0);
}

TEST_CASE("rebase: the clock's wrap is no jump") {
    Rebase rebase;
    rebase.begin(RtmpTime(0xfffffff0), start);
    CHECK(out(rebase, keyframe(0xfffffff0)) == 0);
    CHECK(out(rebase, inter(0x00000010)) == 32);
    Rebase middle;
    middle.begin(RtmpTime(0x7ffffff0), start);
    CHECK(out(middle, inter(0x80000010)) == 32);
}

TEST_CASE("rebase: when the ingest is back the session goes on where it was, plus the time away") {
    Rebase rebase;
    rebase.begin(RtmpTime(1000), start);
    out(rebase, keyframe(1000), start);
    CHECK(out(rebase, inter(3000), start + 2s) == 2000);
    rebase.begin(RtmpTime(0), start + 7s);
    CHECK(out(rebase, keyframe(0), start + 7s) == 7000);
    CHECK(out(rebase, audio(20), start + 7s) == 7020);
}

TEST_CASE("rebase: jumps of the publisher's clock do not reach the destination") {
    Rebase rebase;
    rebase.begin(RtmpTime(60'000), start);
    out(rebase, keyframe(60'000), start);
    CHECK(out(rebase, inter(61'000), start + 1s) == 1000);
    CHECK(out(rebase, keyframe(0), start + 1040ms) == 1040);       // back to 0: a new publisher
    CHECK(out(rebase, inter(3'600'000), start + 1080ms) == 1080);  // an hour forward
    CHECK(out(rebase, inter(3'600'040), start + 1120ms) == 1120);
}

TEST_CASE("rebase: small steps backward stand still") {
    Rebase rebase;
    rebase.begin(RtmpTime(0), start);
    CHECK(out(rebase, audio(100)) == 100);
    CHECK(out(rebase, audio(90)) == 100);
    CHECK(out(rebase, audio(110)) == 110);
}

TEST_CASE("rebase: a session of 60 days goes on over the wrap of its own times") {
    Rebase rebase;
    rebase.begin(RtmpTime(123), start);
    const auto payload = inter(0).payload;
    std::uint64_t expected = 0;
    int wrong = 0;
    while (expected < std::uint64_t(60) * 24 * 3600 * 1000) {
        const Tag tag{TagType::video, RtmpTime(static_cast<std::uint32_t>(123 + expected)),
                      payload};
        const auto moved = rebase.apply(tag, start);
        if (!moved || moved->time.ms() != static_cast<std::uint32_t>(expected)) ++wrong;
        expected += 9000;
    }
    CHECK(wrong == 0);
    CHECK(expected > (std::uint64_t(1) << 32));
}

TEST_CASE("rebase: whatever comes in, each track's times never run backwards") {
    std::minstd_rand random(1);
    Rebase rebase;
    SteadyTime now = start;
    std::uint32_t last_audio = 0, last_video = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += std::chrono::milliseconds(random() % 50);
        const auto any = static_cast<std::uint32_t>(random());
        const std::uint32_t ms = any % 4 == 0 ? any * 2 : any % 5000;
        if (random() % 100 == 0) rebase.begin(RtmpTime(ms), now);
        const auto moved = rebase.apply(random() % 2 == 0 ? audio(ms) : inter(ms), now);
        if (!moved) continue;
        std::uint32_t& last = moved->type == TagType::audio ? last_audio : last_video;
        REQUIRE(moved->time.since(RtmpTime(last)) >= 0);
        last = moved->time.ms();
    }
}
