// Session times: near 0 at the begin, never backwards, in step, whatever the publisher's clock
// does.
#include "worker/rebase.hpp"

#include <doctest/doctest.h>

#include <array>

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

Rebase begun_at(std::uint32_t ms) {
    Rebase rebase;
    rebase.begin({.video = RtmpTime(ms)}, start);
    return rebase;
}

Rebase begun_with(std::uint32_t video, std::uint32_t sound) {
    Rebase rebase;
    rebase.begin({.video = RtmpTime(video), .audio = RtmpTime(sound)}, start);
    return rebase;
}

}  // namespace

TEST_CASE("rebase: one constant is subtracted from every tag") {
    Rebase rebase = begun_at(5000);
    CHECK(out(rebase, keyframe(5000)) == 0);
    CHECK(out(rebase, audio(5010)) == 10);
    CHECK(out(rebase, inter(5033)) == 33);
    CHECK(out(rebase, audio(5031)) == 31);
    CHECK(rebase.discarded() == 0);
}

TEST_CASE("rebase: the tracks' distance stays, up to two minutes either way") {
    for (const std::int32_t distance :
         {1100, 2000, 60'000, 119'000, -1100, -2000, -60'000, -119'000}) {
        CAPTURE(distance);
        const std::uint32_t first = 500'000;
        const auto sound = first + static_cast<std::uint32_t>(distance);
        Rebase rebase = begun_with(first, sound);
        std::uint32_t video_zero = 0;
        for (std::uint32_t i = 0; i < 3000; ++i) {
            const SteadyTime now = start + Milliseconds(i * 20);
            const auto video_out =
                out(rebase, i == 0 ? keyframe(first) : inter(first + i * 20), now);
            const auto sound_out = out(rebase, audio(sound + i * 20), now);
            if (i == 0) video_zero = video_out;
            REQUIRE(video_out == video_zero + i * 20);
            REQUIRE(static_cast<std::int32_t>(sound_out - video_out) == distance);
        }
        CHECK(video_zero == static_cast<std::uint32_t>(std::max(0, -distance)));
        CHECK(rebase.discarded() == 0);
    }
}

TEST_CASE("rebase: tracks that are further apart begin together") {
    for (const std::uint32_t sound : {0U, 3'600'000U, 0x9000'0000U}) {
        CAPTURE(sound);
        Rebase known = begun_with(1'000'000, sound);
        Rebase unknown = begun_at(1'000'000);
        for (Rebase* rebase : {&known, &unknown}) {
            CHECK(out(*rebase, keyframe(1'000'000)) == 0);
            for (std::uint32_t i = 0; i < 500; ++i) {
                const SteadyTime now = start + Milliseconds(i * 20);
                REQUIRE(out(*rebase, audio(sound + i * 20), now) == i * 20);
                REQUIRE(out(*rebase, inter(1'000'000 + i * 20), now) == i * 20);
            }
            CHECK(rebase->discarded() == 0);
        }
    }
}

TEST_CASE("rebase: sound from before the keyframe is kept where the session begins with it") {
    Rebase rebase = begun_with(5000, 4990);
    CHECK(out(rebase, keyframe(5000)) == 10);
    CHECK(out(rebase, audio(4990)) == 0);
    CHECK(out(rebase, inter(5033)) == 43);
}

TEST_CASE("rebase: a little sound from before the begin that comes late is discarded and counted") {
    Rebase rebase = begun_at(5000);
    CHECK(out(rebase, keyframe(5000)) == 0);
    CHECK_FALSE(rebase.apply(audio(4990), start));
    CHECK(rebase.discarded() == 1);
    CHECK(out(rebase, audio(5000)) == 0);
}

TEST_CASE("rebase: for much sound from before the begin that comes late, there is room") {
    Rebase rebase = begun_at(100'000);
    CHECK(out(rebase, keyframe(100'000)) == 0);
    CHECK(out(rebase, audio(40'000), start + 600ms) == 0);
    CHECK(out(rebase, inter(100'640), start + 640ms) == 60'640);
    CHECK(out(rebase, audio(40'040), start + 640ms) == 40);
    CHECK(rebase.discarded() == 0);
}

TEST_CASE("rebase: the clock's wrap is no jump") {
    Rebase rebase = begun_at(0xfffffff0);
    CHECK(out(rebase, keyframe(0xfffffff0)) == 0);
    CHECK(out(rebase, inter(0x00000010), start + 32ms) == 32);
    Rebase middle = begun_at(0x7ffffff0);
    CHECK(out(middle, keyframe(0x7ffffff0)) == 0);
    CHECK(out(middle, inter(0x80000010), start + 32ms) == 32);
    Rebase apart = begun_with(0xfffffff0, 60'000 - 16);
    CHECK(out(apart, keyframe(0xfffffff0)) == 0);
    CHECK(out(apart, audio(60'000 - 16)) == 60'000);
}

TEST_CASE("rebase: when the ingest is back the session goes on where it was, plus the time away") {
    Rebase rebase = begun_at(1000);
    out(rebase, keyframe(1000), start);
    CHECK(out(rebase, inter(3000), start + 2s) == 2000);
    rebase.begin({.video = RtmpTime(0)}, start + 7s);
    CHECK(out(rebase, metadata(), start + 7s) == 7000);
    CHECK(out(rebase, avc_header(0), start + 7s) == 7000);
    CHECK(out(rebase, keyframe(0), start + 7s) == 7000);
    CHECK(out(rebase, audio(20), start + 7s) == 7020);
}

TEST_CASE("rebase: what a server had stored does not push the session ahead of the clock") {
    Rebase rebase = begun_at(0);
    out(rebase, keyframe(0), start);
    CHECK(out(rebase, inter(2000), start + 2s) == 2000);
    // Away for 8 s; then 5 s that are stored, of a clock that began again.
    rebase.begin({.video = RtmpTime(100), .stored = 5s}, start + 10s);
    CHECK(out(rebase, keyframe(100), start + 10s) == 5000);
    for (std::uint32_t i = 1; i <= 125; ++i) out(rebase, inter(100 + i * 40), start + 10s);
    CHECK(out(rebase, inter(5140), start + 10040ms) == 10'040);
}

TEST_CASE("rebase: the distance of one who comes back stays, the picture at the clock's pace") {
    Rebase rebase = begun_with(0, 60'000);
    out(rebase, keyframe(0), start);
    CHECK(out(rebase, audio(60'000), start) == 60'000);
    for (int away = 1; away <= 5; ++away) {
        const SteadyTime now = start + away * 10s;
        const auto ms = static_cast<std::uint32_t>(away * 10'000);
        rebase.begin_apart(now - 5s);  // a slate meanwhile
        CHECK(out(rebase, keyframe(0), now - 5s) == ms - 5000);
        CHECK(out(rebase, audio(0), now - 5s) == 60'000 + ms - 5000);
        rebase.begin({.video = RtmpTime(7), .audio = RtmpTime(60'007)}, now);
        CHECK(out(rebase, keyframe(7), now) == ms);
        CHECK(out(rebase, audio(60'007), now) == 60'000 + ms);
    }
}

TEST_CASE("rebase: jumps of the publisher's clock do not reach the destination") {
    Rebase rebase = begun_at(60'000);
    out(rebase, keyframe(60'000), start);
    CHECK(out(rebase, inter(61'000), start + 1s) == 1000);
    CHECK(out(rebase, keyframe(0), start + 1040ms) == 1040);       // back to 0: a new publisher
    CHECK(out(rebase, inter(3'600'000), start + 1080ms) == 1080);  // an hour forward
    CHECK(out(rebase, inter(3'600'040), start + 1120ms) == 1120);
}

TEST_CASE("rebase: one message with a wild time changes nothing for those behind it") {
    Rebase rebase = begun_with(1000, 1010);
    out(rebase, keyframe(1000), start);
    CHECK(out(rebase, audio(1010), start) == 10);
    CHECK(out(rebase, inter(500'000'000), start + 40ms) == 40);
    CHECK(out(rebase, audio(1050), start + 40ms) == 50);
    CHECK(out(rebase, inter(1080), start + 80ms) == 80);
    CHECK(out(rebase, audio(0), start + 80ms) == 90);
    CHECK(out(rebase, audio(1130), start + 120ms) == 130);
    CHECK(out(rebase, inter(1120), start + 120ms) == 120);
}

TEST_CASE("rebase: tracks that jump together keep their distance to the millisecond") {
    Rebase rebase = begun_with(0, 1500);
    std::uint32_t base = 0;
    SteadyTime now = start;
    const auto send = [&](std::uint32_t media) {
        const auto sound = out(rebase, audio(base + media + 1500), now);
        now += 13ms;  // not the moment that it was made
        const auto video = out(rebase, media == 0 ? keyframe(base) : inter(base + media), now);
        CHECK(sound - video == 1500);
        now += 27ms;
    };
    std::uint32_t media = 0;
    for (const std::uint32_t jump : {0U, 800U, 800U, 800U, 60'000U, 0U - 300'000U, 0U - 900U, 7U}) {
        base += jump;
        // The first of a jump may meet the distance that was.
        out(rebase, audio(base + media + 1500), now);
        now += 13ms;
        out(rebase, inter(base + media), now);
        now += 27ms;
        for (int i = 0; i < 100; ++i) send(media += 40);
        media += 40;
    }
    const auto passed = std::chrono::duration_cast<Milliseconds>(now - start).count();
    const auto last = out(rebase, inter(base + media), now);
    CHECK(std::abs(std::int64_t(last) - passed) < 1000);
}

TEST_CASE("rebase: small steps backward stand still") {
    Rebase rebase = begun_at(0);
    CHECK(out(rebase, audio(100)) == 100);
    CHECK(out(rebase, audio(90)) == 100);
    CHECK(out(rebase, audio(110)) == 110);
}

TEST_CASE("rebase: what comes late keeps its times, and catches up") {
    Rebase rebase = begun_at(0);
    out(rebase, keyframe(0), start);
    for (std::uint32_t i = 1; i <= 100; ++i) {
        REQUIRE(out(rebase, inter(i * 40), start + Milliseconds(i * 40)) == i * 40);
    }
    // 8 s later, at twice the pace.
    for (std::uint32_t i = 101; i <= 600; ++i) {
        const SteadyTime now = start + 12s + Milliseconds((i - 100) * 20);
        REQUIRE(out(rebase, inter(i * 40), now) == i * 40);
    }
}

TEST_CASE(
    "rebase: a clock that stood still goes on with the time that passed, for all its tracks") {
    Rebase rebase = begun_with(0, 2000);
    out(rebase, keyframe(0), start);
    out(rebase, audio(2000), start);
    const auto send = [&](std::uint32_t media, SteadyTime now) {
        const auto video = out(rebase, inter(media), now);
        CHECK(out(rebase, audio(2000 + media), now) == video + 2000);
        return video;
    };
    for (std::uint32_t ms = 40; ms <= 4000; ms += 40) send(ms, start + Milliseconds(ms));
    for (std::uint32_t ms = 4040; ms <= 8000; ms += 40) {
        CHECK(send(ms, start + 20s + Milliseconds(ms)) == ms);  // it may catch up
    }
    for (std::uint32_t ms = 8040; ms <= 9960; ms += 40) {
        // The two are moved at two messages that follow one another.
        out(rebase, inter(ms), start + 20s + Milliseconds(ms));
        out(rebase, audio(2000 + ms), start + 20s + Milliseconds(ms));
    }
    const auto last = send(10'000, start + 30s);
    CHECK(last > 29'900);
    CHECK(last <= 30'000);
}

TEST_CASE("rebase: headers and data with odd times have those of what is around them") {
    Rebase rebase = begun_at(5000);
    for (const Tag& each : {metadata(), avc_header(5000), aac_header(5000)}) {
        CHECK(out(rebase, each) == 0);
    }
    out(rebase, keyframe(5000), start);
    for (std::uint32_t i = 1; i <= 100; ++i) {
        const SteadyTime now = start + Milliseconds(i * 40);
        const std::uint32_t last = (i - 1) * 40;
        CHECK(out(rebase, avc_header(0), now) == last);
        CHECK(out(rebase, tag(TagType::script, 0xffff0000, {2, 0, 1, 'x'}), now) == last);
        REQUIRE(out(rebase, inter(5000 + i * 40), now) == i * 40);
        REQUIRE(out(rebase, audio(5000 + i * 40), now) == i * 40);
        CHECK(out(rebase, aac_header(90'000), now) == i * 40);
        CHECK(out(rebase, tag(TagType::video, 7, {}), now) == i * 40);
    }
    CHECK(rebase.discarded() == 0);
}

TEST_CASE("rebase: a header in front of the first frames has its own time, where it has one") {
    Rebase rebase = begun_with(5000, 5013);
    CHECK(out(rebase, avc_header(5000)) == 0);
    CHECK(out(rebase, aac_header(5000)) == 0);
    CHECK(out(rebase, keyframe(5000)) == 0);
    CHECK(out(rebase, audio(5013)) == 13);
    for (const std::uint32_t odd : {0U, 9000U, 0x8000'0000U}) {
        Rebase behind = begun_with(65'000, 5000);
        CHECK(out(behind, avc_header(65'000)) == 60'000);
        CHECK(out(behind, aac_header(odd)) == 0);
        CHECK(out(behind, keyframe(65'000)) == 60'000);
        CHECK(out(behind, audio(5000)) == 0);
    }
}

TEST_CASE("rebase: each track of a multitrack publisher has a clock of its own") {
    Rebase rebase = begun_at(1000);
    const auto second = [](std::uint32_t ms) {
        return tag(TagType::video, ms, {0xa6, 0x03, 'h', 'v', 'c', '1', 1, 5});
    };
    out(rebase, keyframe(1000), start);
    CHECK(out(rebase, second(31'000), start) == 30'000);
    for (std::uint32_t i = 1; i <= 500; ++i) {
        const SteadyTime now = start + Milliseconds(i * 40);
        REQUIRE(out(rebase, inter(1000 + i * 40), now) == i * 40);
        REQUIRE(out(rebase, second(31'000 + i * 40), now) == 30'000 + i * 40);
    }
}

TEST_CASE("rebase: a session of 60 days goes on over the wrap of its own times") {
    Rebase rebase = begun_with(123, 2123);
    const auto payload = inter(0).payload;
    const auto sound = audio(0).payload;
    std::uint64_t expected = 0;
    int wrong = 0;
    SteadyTime now = start;
    while (expected < std::uint64_t(60) * 24 * 3600 * 1000) {
        const auto ms = static_cast<std::uint32_t>(expected);
        const auto video = rebase.apply({TagType::video, RtmpTime(123 + ms), payload}, now);
        const auto heard = rebase.apply({TagType::audio, RtmpTime(2123 + ms), sound}, now);
        if (!video || video->time.ms() != ms) ++wrong;
        if (!heard || heard->time.ms() != ms + 2000) ++wrong;
        expected += 9000;
        now += 9s;
    }
    CHECK(wrong == 0);
    CHECK(expected > (std::uint64_t(1) << 32));
}
