// The queue: bounded in time and bytes, dropping pictures before sound.
#include "worker/tag_queue.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{};

std::vector<Tag> drain(TagQueue& queue) {
    std::vector<Tag> all;
    while (auto entry = queue.pop()) all.push_back(std::move(entry->tag));
    return all;
}

}  // namespace

TEST_CASE("queue: what goes in comes out, in order") {
    TagQueue queue;
    queue.start_clock(start);
    for (std::uint32_t i = 0; i < 10; ++i) queue.push(i % 2 == 0 ? inter(i) : audio(i), start);
    const auto all = drain(queue);
    REQUIRE(all.size() == 10);
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(all[i].time == RtmpTime(i));
    CHECK(queue.dropped() == 0);
}

TEST_CASE(
    "queue: a slow destination loses pictures up to the next keyframe, never sound or headers") {
    TagQueue queue;
    queue.start_clock(start);
    queue.push(keyframe(0), start);
    queue.push(avc_header(1), start);
    queue.push(audio(2), start);
    queue.push(inter(3), start + 1s);
    queue.push(inter(4), start + 3s);  // the oldest has waited 3 s
    CHECK(queue.dropped() == 3);
    queue.push(inter(5), start + 3s);
    CHECK(queue.dropped() == 4);
    queue.push(audio(6), start + 3s);
    // The pictures are gone, the sound still waits: what waits now is young enough to stay.
    CHECK(drain(queue).size() == 3);
    queue.push(inter(7), start + 3s);
    CHECK(queue.dropped() == 5);
    queue.push(keyframe(8), start + 3s);
    queue.push(inter(9), start + 3s);
    CHECK(drain(queue).size() == 2);
    CHECK(queue.dropped() == 5);
}

TEST_CASE("queue: while the destination is being connected only bytes count") {
    TagQueue queue;
    queue.push(keyframe(0), start);
    queue.push(inter(1), start + 60s);
    CHECK(queue.dropped() == 0);
    CHECK(queue.waited(start + 60s) == 0ms);
    CHECK_FALSE(queue.is_burst_over(start + 60s));
}

TEST_CASE("queue: the start burst may wait until it is through, and nothing after it") {
    TagQueue queue;
    queue.push(keyframe(0), start);
    queue.start_clock(start + 1s);
    queue.push(inter(1), start + 9s);
    queue.push(audio(2), start + 20s);
    CHECK(queue.dropped() == 0);
    CHECK(queue.waited(start + 20s) == 0ms);
    CHECK_FALSE(queue.is_too_slow(start + 20s));
    CHECK(drain(queue).size() == 3);
    CHECK(queue.is_burst_over(start + 20s));
    queue.push(inter(3), start + 20s);
    CHECK(queue.waited(start + 20500ms) == 500ms);
    queue.push(inter(4), start + 23s);
    CHECK(queue.dropped() == 2);
}

TEST_CASE("queue: a burst that is not through after 30 s counts from then on") {
    TagQueue queue;
    queue.push(keyframe(0), start);
    queue.start_clock(start);
    queue.push(audio(1), start + 29s);
    CHECK(queue.waited(start + 29999ms) == 0ms);
    CHECK(queue.is_burst_over(start + 30s));
    CHECK(queue.waited(start + 31s) == 1s);
    queue.push(inter(2), start + 32999ms);
    CHECK(queue.dropped() == 0);
    queue.push(inter(3), start + 33s);
    CHECK(queue.dropped() == 3);
    CHECK(queue.is_too_slow(start + 40s));
}

TEST_CASE("queue: where nothing waits when the destination accepts, there is no burst") {
    TagQueue queue;
    queue.start_clock(start);
    CHECK(queue.is_burst_over(start));
    queue.push(keyframe(0), start);
    CHECK(queue.waited(start + 500ms) == 500ms);
}

TEST_CASE("queue: it is bounded in bytes") {
    TagQueue queue;
    const Tag picture = tag(TagType::video, 0, std::vector<std::uint8_t>(1024 * 1024, 0x27));
    for (int i = 0; i < 40; ++i) queue.push(picture, start);
    CHECK(queue.dropped() >= 33);
    const Tag sound = tag(TagType::audio, 0, std::vector<std::uint8_t>(1024 * 1024, 0xaf));
    for (int i = 0; i < 100; ++i) queue.push(sound, start);
    CHECK(drain(queue).size() <= TagQueue::most_bytes / sound.bytes().size());
}

TEST_CASE("queue: sound that waits for 10 s is too slow") {
    TagQueue queue;
    queue.start_clock(start);
    CHECK_FALSE(queue.is_too_slow(start + 60s));
    queue.push(audio(0), start);
    CHECK_FALSE(queue.is_too_slow(start + 9999ms));
    CHECK(queue.is_too_slow(start + 10s));
    drain(queue);
    CHECK_FALSE(queue.is_too_slow(start + 60s));
}
