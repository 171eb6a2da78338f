// A still picture and silence, as they are repeated.
#include "worker/slate.hpp"

#include <doctest/doctest.h>

#include "flv/flv.hpp"
#include "unit/slates.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

MediaFacts live_facts() {
    MediaFacts facts;
    facts.video = VideoTrack{.codec = "h264", .width = 1920, .height = 1080, .fps = 29.97};
    facts.audio = AudioTrack{.codec = "aac", .sample_rate_hz = 48000, .channels = 2};
    return facts;
}

}  // namespace

TEST_CASE("slate: its shape is the live picture's, with a whole rate") {
    CHECK(slate_shape(live_facts()) == SlateShape{1920, 1080, 30, 48000, 2});
    auto facts = live_facts();
    facts.video->fps = 12.49;
    CHECK(slate_shape(facts)->fps == 12.5);
    facts.video->fps.reset();
    CHECK(slate_shape(facts)->fps == 30);
}

TEST_CASE("slate: there is none for what it could not stand in for") {
    const auto without = [](const std::function<void(MediaFacts&)>& edit) {
        auto facts = live_facts();
        edit(facts);
        return !slate_shape(facts).has_value();
    };
    CHECK(without([](MediaFacts& f) { f.video.reset(); }));
    CHECK(without([](MediaFacts& f) { f.audio.reset(); }));
    CHECK(without([](MediaFacts& f) { f.video->codec = "hevc"; }));
    CHECK(without([](MediaFacts& f) { f.audio->codec = "opus"; }));
    CHECK(without([](MediaFacts& f) { f.video->width = 0; }));
    CHECK(without([](MediaFacts& f) { f.video->width = 1921; }));
    CHECK(without([](MediaFacts& f) { f.video->height = 100'000; }));
    CHECK(without([](MediaFacts& f) { f.video->height = -2; }));
    CHECK(without([](MediaFacts& f) { f.video->fps = 0.1; }));
    CHECK(without([](MediaFacts& f) { f.video->fps = 1e9; }));
    CHECK(without([](MediaFacts& f) { f.audio->sample_rate_hz = 44000; }));
    CHECK(without([](MediaFacts& f) { f.audio->channels = 0; }));
    CHECK(without([](MediaFacts& f) { f.audio->channels = 6; }));
}

TEST_CASE("slate: pictures and silence come when they are due, in order, for ever") {
    Slate slate = small_slate();
    CHECK(slate.headers().size() == 2);
    const SteadyTime begin(1h);
    slate.begin(begin);
    std::vector<Tag> sent;
    for (SteadyTime now = begin; now <= begin + 10s; now = slate.next_turn()) {
        CHECK_FALSE(slate.next(now - 1ms));
        while (auto tag = slate.next(now)) sent.push_back(*tag);
        REQUIRE(slate.next_turn() > now);
    }
    std::int64_t last[2] = {-1, -1};
    int count[2] = {0, 0};
    for (const Tag& each : sent) {
        const int kind = each.type == TagType::video ? 0 : 1;
        CHECK(std::int64_t(each.time.ms()) > last[kind]);
        CHECK(std::int64_t(each.time.ms()) - last[kind] <= 34);
        last[kind] = each.time.ms();
        ++count[kind];
        if (kind == 0) {  // a keyframe, an inter frame, a keyframe, …
            const auto facts = video_facts(each.bytes());
            CHECK(facts->is_keyframe == ((count[0] - 1) % 2 == 0));
        }
    }
    CHECK(count[0] == 301);
    CHECK(count[1] == 469);  // 48000 / 1024 a second
    slate.begin(begin + 1h);
    CHECK(slate.next(begin + 1h)->time.ms() == 0);
}

TEST_CASE("slate: what is no such file is none") {
    const SlateShape shape{1920, 1080, 30, 48000, 2};
    const auto read = [&](const std::vector<std::uint8_t>& bytes) {
        return Slate::read(bytes, shape).has_value();
    };
    CHECK(read(flv({avc_header(), aac_header(), keyframe(0), audio(0)})));
    CHECK_FALSE(read({}));
    CHECK_FALSE(read({'F', 'L', 'V'}));
    CHECK_FALSE(read(std::vector<std::uint8_t>(1000, 0xff)));
    CHECK_FALSE(read(flv({})));
    CHECK_FALSE(read(flv({aac_header(), keyframe(0), audio(0)})));
    CHECK_FALSE(read(flv({avc_header(), keyframe(0), audio(0)})));
    CHECK_FALSE(read(flv({avc_header(), aac_header(), inter(0), audio(0)})));
    CHECK_FALSE(read(flv({avc_header(), aac_header(), keyframe(0)})));
    CHECK_FALSE(read(flv({avc_header(), aac_header(), audio(0)})));
    auto torn = flv({avc_header(), aac_header(), keyframe(0), audio(0)});
    torn[13] = 0x77;  // a type that there is not, encrypted
    torn.resize(torn.size() - 10);
    CHECK_FALSE(read(torn));
    CHECK_FALSE(Slate::read(flv({avc_header(), aac_header(), keyframe(0), audio(0)}),
                            {1920, 1080, 0, 48000, 2}));
}
