// What a server has in memory for its players: each payload counts once, a queue what it has alone.
#include "server/held_media.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "base/output_queue.hpp"
#include "server/gop_cache.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

Tag of_size(std::size_t size) {
    std::vector<std::uint8_t> bytes(size, 7);
    return make_tag(TagType::audio, RtmpTime(), bytes);
}

constexpr std::size_t cost = HeldMedia::payload_cost_bytes;

}  // namespace

TEST_CASE("held media: a payload counts once, until the last one lets go of it") {
    HeldMedia held;
    CHECK(held.bytes() == 0);
    std::optional<Tag> tag = held.counted(of_size(1000));
    CHECK(held.bytes() == 1000 + cost);
    std::vector<OutputQueue> queues(40);
    for (OutputQueue& each : queues) each.push(tag->payload, 0, 1000);
    std::optional<Tag> copy = tag;
    CHECK(held.bytes() == 1000 + cost);
    tag.reset();
    copy.reset();
    for (std::size_t i = 1; i < queues.size(); ++i) queues[i].clear();
    CHECK(held.bytes() == 1000 + cost);
    queues[0].consume(999);
    CHECK(held.bytes() == 1000 + cost);
    queues[0].consume(1);
    CHECK(held.bytes() == 0);
}

TEST_CASE("held media: the bytes are the same buffer, also of what is empty") {
    HeldMedia held;
    const Tag before = of_size(300);
    const Tag after = held.counted(before);
    CHECK(after.payload == before.payload);
    CHECK(after.type == before.type);
    const Tag empty = held.counted(of_size(0));
    CHECK(empty.payload.is_empty());
    CHECK(held.bytes() == 300 + 2 * cost);
}

TEST_CASE("held media: what a cache drops is held no more") {
    HeldMedia held;
    GopCache cache;
    cache.add(held.counted(avc_header()));
    cache.add(held.counted(keyframe(0)));
    const std::size_t before = held.bytes();
    for (std::uint32_t i = 1; i < 50; ++i) cache.add(held.counted(inter(i)));
    CHECK(held.bytes() > before);
    cache.add(held.counted(keyframe(2000)));
    CHECK(held.bytes() == before);
    cache.clear();
    CHECK(held.bytes() == 0);
}

TEST_CASE("held media: a queue's own bytes are what it copied, and its lists") {
    OutputQueue queue;
    CHECK(queue.own_bytes() == 0);
    const Tag small = of_size(200), large = of_size(50'000);
    for (int i = 0; i < 1000; ++i) queue.push(small.payload, 0, 200);
    CHECK(queue.own_bytes() >= 200'000);
    queue.clear();
    CHECK(queue.own_bytes() == 0);
    for (int i = 0; i < 1000; ++i) queue.push(large.payload, 0, 50'000);
    CHECK(queue.own_bytes() > 0);
    CHECK(queue.own_bytes() < 200'000);
    queue.consume(50'000 * 1000);
    CHECK(queue.own_bytes() < 20'000);
}
