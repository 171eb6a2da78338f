// The meter: what it makes of tags, on their timestamps.
#include "flv/media_meter.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "unit/sequence_headers.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// A publication as an encoder sends it, into a meter; arrival is what the test says.
class Publication {
  public:
    MediaMeter meter;
    SteadyTime now{};
    std::uint32_t base_ms = 0;

    void header(std::string_view flv_header, std::string_view record) {
        meter.observe(tag(TagType::video, base_ms, with_header(flv_header, record)), now);
    }
    void audio_header(std::string_view record) {
        meter.observe(tag(TagType::audio, base_ms, with_header(flv_aac, record)), now);
    }
    /// `composition` of each frame of a GOP, again and again.
    struct Picture {
        double fps = 30;
        int frames = 300;
        int gop = 60;
        std::size_t keyframe_bytes = 20000;
        std::size_t inter_bytes = 5000;
        std::vector<int> composition = {0};
    };
    void pictures(const Picture& picture, Milliseconds arrival_step = 0ms) {
        for (int i = 0; i < picture.frames; ++i, ++sent_) {
            const auto ms = static_cast<std::uint32_t>(std::floor(sent_ * 1000 / picture.fps));
            const bool is_key = sent_ % picture.gop == 0;
            const auto cts = picture.composition[std::size_t(i) % picture.composition.size()];
            frame(ms, is_key, is_key ? picture.keyframe_bytes : picture.inter_bytes, cts);
            now += arrival_step;
        }
    }
    void frame(std::uint32_t ms, bool is_key, std::size_t bytes, int cts = 0) {
        std::vector<std::uint8_t> payload(5 + bytes);
        payload[0] = is_key ? 0x17 : 0x27;
        payload[1] = 1;
        payload[4] = static_cast<std::uint8_t>(cts);
        meter.observe(tag(TagType::video, base_ms + ms, payload), now);
    }
    void sound(std::uint32_t from_ms, int messages, std::size_t bytes = 427) {
        for (int i = 0; i < messages; ++i) {
            std::vector<std::uint8_t> payload(2 + bytes);
            payload[0] = 0xaf;
            payload[1] = 1;
            const auto ms = static_cast<std::uint32_t>(i * 1024 * 1000.0 / 48000);
            meter.observe(tag(TagType::audio, base_ms + from_ms + ms, payload), now);
        }
    }
    VideoTrack video() const {
        const auto facts = meter.facts(now);
        REQUIRE(facts.video);
        return *facts.video;
    }
    AudioTrack audio() const {
        const auto facts = meter.facts(now);
        REQUIRE(facts.audio);
        return *facts.audio;
    }

  private:
    int sent_ = 0;
};

}  // namespace

TEST_CASE("media meter: header and measure together are the whole picture") {
    Publication live;
    live.header(flv_avc, avc_high);
    live.audio_header(aac_lc);
    live.pictures({});
    live.sound(0, 400);
    const MediaFacts facts = live.meter.facts(live.now);
    const VideoTrack video = {.codec = "h264",
                              .profile = "High",
                              .width = 1920,
                              .height = 1080,
                              .fps = 30,
                              .bitrate_kbps = facts.video->bitrate_kbps,
                              .keyframe_interval_s = 2,
                              .b_frames = false};
    CHECK(facts.video == video);
    // 60 frames of 2 s: 20,000 + 59 × 5,000 bytes = 1,260 kbit/s, ± a keyframe in 4.5 to 5 s.
    CHECK(*facts.video->bitrate_kbps == doctest::Approx(1260).epsilon(0.03));
    const AudioTrack audio = {.codec = "aac",
                              .profile = "LC",
                              .sample_rate_hz = 48000,
                              .channels = 2,
                              .bitrate_kbps = 160};
    CHECK(facts.audio == audio);
}

TEST_CASE("media meter: rates are told to the hundredth") {
    for (const double fps : {60.0, 59.94, 50.0, 30.0, 29.97, 25.0, 23.976, 15.0, 5.0, 1.0, 0.5}) {
        CAPTURE(fps);
        Publication live;
        live.pictures({.fps = fps, .frames = static_cast<int>(fps * 11) + 4});
        // Milliseconds cut off at both ends of 4.5 s.
        CHECK(*live.video().fps == doctest::Approx(fps).epsilon(0.0005));
    }
    Publication exact;
    exact.header(flv_avc, avc_main_no_b);
    CHECK(exact.video().fps == 29.97);
    exact.pictures({.fps = 30000.0 / 1001, .frames = 100});
    CHECK(exact.video().fps == 29.97);
    Publication lying;
    lying.header(flv_avc, avc_main_no_b);
    lying.pictures({.fps = 25, .frames = 100});
    CHECK(*lying.video().fps == doctest::Approx(25).epsilon(0.001));
}

TEST_CASE("media meter: a burst measures as a steady flow does") {
    Publication burst;
    Publication steady;
    burst.pictures({.frames = 250});  // all at one moment
    steady.pictures({.frames = 250}, 33ms);
    CHECK(burst.video() == steady.video());
    // Then the flow goes on.
    burst.pictures({.frames = 250}, 33ms);
    steady.pictures({.frames = 250}, 33ms);
    CHECK(burst.video() == steady.video());
    CHECK(burst.video().keyframe_interval_s == 2);
}

TEST_CASE("media meter: half a second is too short to measure") {
    Publication live;
    CHECK(live.meter.facts(live.now) == MediaFacts{});
    live.header(flv_avc, avc_high);
    CHECK(live.video().fps == 30);
    CHECK_FALSE(live.video().bitrate_kbps);
    live.pictures({.frames = 15});  // 467 ms
    CHECK_FALSE(live.video().bitrate_kbps);
    live.pictures({.frames = 2});
    CHECK(live.video().bitrate_kbps);
    CHECK_FALSE(live.video().keyframe_interval_s);
}

TEST_CASE("media meter: the bitrate follows within five seconds") {
    Publication live;
    live.pictures({.frames = 300, .gop = 30, .keyframe_bytes = 5000});
    CHECK(*live.video().bitrate_kbps == doctest::Approx(1200).epsilon(0.01));
    live.pictures({.frames = 165, .gop = 30, .keyframe_bytes = 10000, .inter_bytes = 10000});
    CHECK(*live.video().bitrate_kbps == doctest::Approx(2400).epsilon(0.01));
}

TEST_CASE("media meter: B-frames show in composition times") {
    struct Case {
        const char* name;
        std::vector<int> composition;
        int frames;
        std::optional<bool> expected;
    };
    const std::vector<Case> table = {
        {"none", {0}, 60, false},
        {"I P B B", {66, 133, 0, 33}, 8, true},
        {"a constant delay", {33}, 60, false},
        {"a constant delay, rounded", {33, 34, 33}, 60, false},
        {"too few to say", {0}, 10, {}},
    };
    for (const auto& each : table) {
        CAPTURE(std::string(each.name));
        Publication live;
        live.pictures({.frames = each.frames, .composition = each.composition});
        CHECK(live.video().b_frames == each.expected);
    }
    Publication told;
    told.header(flv_avc, avc_main_no_b);
    CHECK(told.video().b_frames == false);
    // AV1 has no composition times: nobody knows.
    MediaMeter av1;
    for (std::uint32_t i = 0; i < 100; ++i) {
        av1.observe(tag(TagType::video, i * 33, from_hex("a1 61763031 0011223344")), {});
    }
    CHECK_FALSE(av1.facts({}).video->b_frames);
    CHECK(av1.facts({}).video->codec == "av1");
    CHECK(*av1.facts({}).video->fps == doctest::Approx(30.3).epsilon(0.001));
}

TEST_CASE("media meter: the keyframe interval is the usual one") {
    Publication live;
    for (const std::uint32_t ms : {0U, 2000U, 4000U, 4700U, 6700U, 8700U}) live.frame(ms, true, 9);
    CHECK(live.video().keyframe_interval_s == 2);
    Publication obs;  // its default: 250 frames
    obs.pictures({.frames = 520, .gop = 250});
    CHECK(obs.video().keyframe_interval_s == doctest::Approx(8.33));
    Publication sliced;  // each slice its own message
    for (std::uint32_t ms = 0; ms < 6000; ms += 100) {
        for (int i = 0; i < 3; ++i) sliced.frame(ms, ms % 2000 == 0, 1000);
    }
    CHECK(sliced.video().keyframe_interval_s == 2);
    CHECK(*sliced.video().fps == doctest::Approx(10));
    CHECK(*sliced.video().bitrate_kbps == doctest::Approx(240));
}

TEST_CASE("media meter: timestamps may jump, wrap, or step back") {
    for (const std::int64_t jump : {-3'600'000LL, -1'500LL, 60'000LL, 4'000'000'000LL}) {
        CAPTURE(jump);
        Publication live;
        live.pictures({});
        live.base_ms = static_cast<std::uint32_t>(live.base_ms + jump);
        live.pictures({});
        CHECK(*live.video().fps == doctest::Approx(30).epsilon(0.001));
        CHECK(live.video().keyframe_interval_s == 2);
        CHECK(*live.video().bitrate_kbps == doctest::Approx(1260).epsilon(0.03));
    }
    Publication wrapping;
    wrapping.base_ms = 0xffffffff - 7000;
    wrapping.pictures({.frames = 600});
    CHECK(*wrapping.video().fps == doctest::Approx(30).epsilon(0.001));
    CHECK(wrapping.video().keyframe_interval_s == 2);
    Publication shuffled;  // presentation times instead of decoding times
    for (std::uint32_t i = 0; i < 300; ++i) {
        const std::uint32_t order[] = {0, 3, 1, 2};
        shuffled.frame((i / 4 * 4 + order[i % 4]) * 40, i % 48 == 0, 1000);
    }
    CHECK(shuffled.video().bitrate_kbps == 200);
    CHECK(*shuffled.video().keyframe_interval_s == doctest::Approx(1.92));
}

TEST_CASE("media meter: only sound is only sound") {
    Publication live;
    live.audio_header(he_aac);
    live.sound(0, 300);
    CHECK_FALSE(live.meter.facts(live.now).video);
    CHECK(live.audio().profile == "HE-AAC");
    CHECK(live.audio().bitrate_kbps == 160);
    MediaMeter mp3;  // no sequence header: each message tells
    for (std::uint32_t i = 0; i < 200; ++i) {
        mp3.observe(tag(TagType::audio, i * 24, with_header("2f", mp3_48_khz)), {});
    }
    CHECK(mp3.facts({}).audio->sample_rate_hz == 48000);
    CHECK(mp3.facts({}).audio->channels == 2);
}

TEST_CASE("media meter: empty, cut and foreign messages change nothing") {
    Publication live;
    live.header(flv_avc, avc_high);
    live.audio_header(aac_lc);
    live.pictures({});
    live.sound(0, 400);
    const MediaFacts before = live.meter.facts(live.now);
    for (const char* bytes : {"", "17", "1701", "1701000000", "1702000000", "5700000000", "97",
                              "96", "90", "9061", "9461766331 0200", "9117", "d0"}) {
        live.meter.observe(tag(TagType::video, 1, from_hex(bytes)), live.now);
    }
    for (const char* bytes : {"", "af", "af01", "af02aa", "90", "95", "97"}) {
        live.meter.observe(tag(TagType::audio, 1, from_hex(bytes)), live.now);
    }
    live.meter.observe(metadata(), live.now);
    CHECK(live.meter.facts(live.now) == before);
    // Another track of the same message kind is somebody else's.
    live.meter.observe(
        tag(TagType::video, 9900, from_hex("96 00 68766331 01" + std::string(hevc_main))),
        live.now);
    CHECK(live.meter.facts(live.now) == before);
}

TEST_CASE("media meter: another header, another codec, another publisher") {
    Publication live;
    live.header(flv_avc, avc_high);
    live.pictures({.frames = 299, .composition = {0, 66}});
    CHECK(live.video().b_frames == true);
    live.header(flv_avc, avc_high);  // as OBS repeats it
    CHECK(live.video().b_frames == true);
    live.header(flv_avc, avc_main_no_b);
    CHECK(live.video().height == 720);
    CHECK(live.video().b_frames == false);
    CHECK_FALSE(live.video().bitrate_kbps);
    CHECK_FALSE(live.video().keyframe_interval_s);
    live.header(enhanced_hevc, hevc_main);
    CHECK(live.video().codec == "hevc");
    CHECK(live.video().height == 1080);
    live.audio_header(aac_lc);
    live.audio_header(aac_lc_mono);
    CHECK(live.audio().sample_rate_hz == 44100);
    live.meter.reset();
    CHECK(live.meter.facts(live.now) == MediaFacts{});
}

TEST_CASE("media meter: what has fallen silent has no flow") {
    Publication live;
    live.header(flv_avc, avc_high);
    live.pictures({});
    live.sound(0, 300);
    live.now += 4s;
    CHECK(live.video().bitrate_kbps);
    live.sound(6400, 100);  // the picture is gone, the sound goes on
    live.now += 4s;
    CHECK_FALSE(live.video().bitrate_kbps);
    CHECK(live.video().fps == 30);
    CHECK(live.video().width == 1920);
    CHECK(live.audio().bitrate_kbps == 160);
}
