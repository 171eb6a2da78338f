#include "server/gop_cache.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

constexpr auto setup = GopCache::Part::setup;
constexpr auto start = GopCache::Part::keyframe;
constexpr auto media = GopCache::Part::media;

std::vector<Payload> payloads(const std::vector<Tag>& tags) {
    std::vector<Payload> all;
    for (const Tag& each : tags) all.push_back(each.payload);
    return all;
}

/// Adds them, and expects them and nothing else as the late start.
void check_start(const GopCache& cache, const std::vector<Tag>& expected) {
    CHECK(payloads(cache.late_start()) == payloads(expected));
}

// Enhanced RTMP: an hvc1 header, keyframe and inter frame; one track of several.
Tag hevc(std::uint8_t first, std::uint32_t ms) {
    return tag(TagType::video, ms, {first, 'h', 'v', 'c', '1', 0, 0, 0, 5});
}
Tag track(std::uint8_t first, std::uint8_t packet, std::uint8_t number, std::uint32_t ms) {
    return tag(TagType::video, ms, {first, packet, 'h', 'v', 'c', '1', number, 5});
}
constexpr std::uint8_t enhanced_key = 0x90;
constexpr std::uint8_t enhanced_inter = 0xa0;
constexpr std::uint8_t multitrack = 6;

}  // namespace

TEST_CASE("gop cache: a late player gets metadata, headers and all since the last keyframe") {
    GopCache cache;
    const Tag video = avc_header(), sound = aac_header(), meta = metadata();
    CHECK(cache.add(video) == setup);
    CHECK(cache.add(sound) == setup);
    CHECK(cache.add(meta) == setup);
    CHECK(cache.add(keyframe(0)) == start);
    CHECK(cache.add(audio(10)) == media);
    const std::vector<Tag> gop = {keyframe(2000), audio(2005), inter(2033), script("cue"),
                                  audio(2030)};
    for (const Tag& each : gop) cache.add(each);

    std::vector<Tag> expected = {meta, video, sound};
    expected.insert(expected.end(), gop.begin(), gop.end());
    check_start(cache, expected);
    CHECK(cache.span() == Milliseconds(33));
}

TEST_CASE("gop cache: headers come with the keyframe's time, the others with their own") {
    GopCache cache;
    cache.add(metadata());
    cache.add(avc_header(0));
    cache.add(keyframe(5000));
    cache.add(audio(4990));
    std::vector<std::uint32_t> times;
    for (const Tag& each : cache.late_start()) times.push_back(each.time.ms());
    CHECK(times == std::vector<std::uint32_t>{5000, 5000, 5000, 4990});
}

TEST_CASE("gop cache: a header that changes inside the GOP stands where it came") {
    GopCache cache;
    const Tag first = aac_header(), key = keyframe(0);
    const Tag second = tag(TagType::audio, 20, {0xaf, 0, 0x11, 0x90}), sound = audio(30);
    cache.add(first);
    cache.add(key);
    cache.add(second);
    cache.add(sound);
    check_start(cache, {first, key, second, sound});

    const Tag next = keyframe(1000);
    cache.add(next);
    check_start(cache, {second, next});
}

TEST_CASE("gop cache: before the first keyframe there are only headers") {
    GopCache cache;
    CHECK(cache.late_start().empty());
    CHECK(!cache.expects_keyframe());
    const Tag header = avc_header();
    cache.add(header);
    cache.add(audio(7));
    cache.add(inter(9));
    check_start(cache, {header});
    CHECK(cache.late_start().front().time == RtmpTime(9));
    CHECK(!cache.has_gop());
    CHECK(cache.expects_keyframe());
}

TEST_CASE("gop cache: a publisher without video has nothing to wait for") {
    GopCache cache;
    const Tag header = aac_header();
    cache.add(header);
    for (std::uint32_t ms = 0; ms < 60'000; ms += 23) cache.add(audio(ms));
    check_start(cache, {header});
    CHECK(cache.bytes() == 0);
    CHECK(!cache.expects_keyframe());
}

TEST_CASE("gop cache: when the picture has stopped, no player waits for it") {
    GopCache cache;
    cache.add(keyframe(0));
    cache.add(audio(0));
    cache.add(audio(10'000));
    CHECK(cache.has_gop());
    cache.add(audio(10'001));
    CHECK(!cache.has_gop());
    CHECK(!cache.expects_keyframe());
    cache.add(inter(10'002));
    CHECK(cache.expects_keyframe());
}

TEST_CASE("gop cache: pictures and sound may be any time apart, and data has any time") {
    for (const std::uint32_t distance : {60'000U, 0U - 60'000U, 0x8000'0000U}) {
        CAPTURE(distance);
        GopCache cache;
        cache.add(avc_header());
        cache.add(aac_header());
        cache.add(keyframe(100'000));
        for (std::uint32_t ms = 0; ms < 8000; ms += 40) {
            cache.add(audio(100'000 + distance + ms));
            cache.add(tag(TagType::script, 0, {2, 0, 1, 'x'}));
            cache.add(avc_header(0));
            cache.add(inter(100'000 + ms));
            cache.add(audio(100'020 + distance + ms));
            REQUIRE(cache.has_gop());
            REQUIRE(cache.expects_keyframe());
        }
        CHECK(cache.span() == Milliseconds(7980));
        // Without a GOP, a late player waits for the next keyframe.
        cache.add(inter(120'000));
        CHECK_FALSE(cache.has_gop());
        cache.add(audio(120'000 + distance));
        CHECK(cache.is_waited_for());
    }
}

TEST_CASE("gop cache: a GOP beyond its bounds is dropped until the next keyframe") {
    struct Case {
        const char* what;
        GopCache::Limits limits;
        std::vector<Tag> gop;
        bool fits;
    };
    const GopCache::Limits small{Milliseconds(100), 1000};
    const auto big = [](std::uint32_t ms, std::size_t size) {
        std::vector<std::uint8_t> bytes(size, 0);
        bytes[0] = 0x27;
        bytes[1] = 1;
        return tag(TagType::video, ms, bytes);
    };
    const std::vector<Case> cases = {
        {"the longest", small, {keyframe(0), inter(100)}, true},
        {"longer", small, {keyframe(0), inter(101)}, false},
        {"longer by audio", small, {keyframe(0), audio(0), audio(101)}, false},
        {"across the wrap", small, {keyframe(0xffffffd0), inter(20)}, true},
        {"longer across the wrap", small, {keyframe(0xffffffd0), inter(80)}, false},
        {"a step back", small, {keyframe(5000), inter(4950)}, true},
        {"a far step back", small, {keyframe(5000), inter(0)}, false},
        {"much", small, {keyframe(0), big(1, 800)}, true},
        {"too much", small, {keyframe(0), big(1, 900)}, false},
        {"too many empty ones", small, std::vector<Tag>(20, tag(TagType::audio, 0, {})), false},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        GopCache cache(each.limits);
        const Tag header = avc_header();
        cache.add(header);
        cache.add(keyframe(each.gop.front().time.ms()));
        for (const Tag& one : each.gop) cache.add(one);
        CHECK(cache.has_gop() == each.fits);
        if (each.fits) continue;
        check_start(cache, {header});
        CHECK(cache.bytes() == 0);
        CHECK(cache.span() == Milliseconds(0));
        CHECK(cache.add(keyframe(9000)) == start);
        CHECK(cache.has_gop());
    }
}

TEST_CASE("gop cache: enhanced video begins at its keyframes, and keeps its colours") {
    GopCache cache;
    const Tag header = hevc(enhanced_key, 0), colours = hevc(enhanced_key | 4, 0);
    const Tag key = hevc(enhanced_key | 1, 0), between = hevc(enhanced_inter | 3, 33);
    CHECK(cache.add(header) == setup);
    CHECK(cache.add(colours) == setup);
    CHECK(cache.add(key) == start);
    CHECK(cache.add(between) == media);
    check_start(cache, {header, colours, key, between});
}

TEST_CASE("gop cache: each track has its header, and a plain one begins the GOP") {
    GopCache cache;
    const Tag header = hevc(enhanced_key, 0);
    const Tag one = track(enhanced_key | multitrack, 0, 1, 0);
    const Tag two = track(enhanced_key | multitrack, 0, 2, 0);
    const Tag other_two = track(enhanced_key | multitrack, 0, 2, 0);
    for (const Tag& each : {header, one, two, other_two}) CHECK(cache.add(each) == setup);
    const Tag key = hevc(enhanced_key | 1, 10);
    const Tag track_key = track(enhanced_key | multitrack, 1, 1, 20);
    CHECK(cache.add(key) == start);
    CHECK(cache.add(track_key) == media);
    check_start(cache, {header, one, other_two, key, track_key});

    GopCache without_plain;
    without_plain.add(one);
    CHECK(without_plain.add(track_key) == start);
}

TEST_CASE("gop cache: headers without number or end are bounded") {
    GopCache cache;
    for (int number = 0; number < 256; ++number) {
        cache.add(track(enhanced_key | multitrack, 0, static_cast<std::uint8_t>(number), 0));
    }
    CHECK(cache.late_start().size() == 32);
    std::vector<std::uint8_t> huge(300 * 1024, 0);
    huge[0] = 0x17;
    GopCache other;
    CHECK(other.add(tag(TagType::video, 0, huge)) == media);
    CHECK(other.late_start().empty());
}

TEST_CASE("gop cache: what cannot be read is media, and stays in the GOP") {
    const std::vector<std::vector<std::uint8_t>> bodies = {
        {},
        {0x17},
        {0x57, 1},
        {0x90},
        {0x90, 'h', 'v', 'c'},
        {0x96, 0, 'h', 'v', 'c', '1'},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0xaf},
        {0x9f, 0, 0, 0},
    };
    for (const auto type : {TagType::video, TagType::audio, TagType::script}) {
        for (const auto& body : bodies) {
            GopCache cache;
            const Tag key = keyframe(0), odd = tag(type, 1, body);
            cache.add(key);
            if (cache.add(odd) == media) check_start(cache, {key, odd});
            CHECK(cache.has_gop());
        }
    }
}

TEST_CASE("gop cache: of a publisher that is gone nothing is left") {
    GopCache cache({Milliseconds(50), 1000});
    cache.add(metadata());
    cache.add(avc_header());
    cache.add(keyframe(0));
    cache.clear();
    CHECK(cache.late_start().empty());
    CHECK(!cache.expects_keyframe());
    cache.add(keyframe(0));
    cache.add(inter(51));
    CHECK(!cache.has_gop());  // its limits are the same
}
