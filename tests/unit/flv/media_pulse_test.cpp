// The pulse: when a publisher that is connected is silent, and when it only sends seldom.
#include "flv/media_pulse.hpp"

#include <doctest/doctest.h>

#include "flv/media_meter.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{1h};

/// A publisher as it sends, tag by tag, and the clock.
struct Scene {
    MediaMeter meter;
    SteadyTime now = start;
    std::uint32_t media_ms = 0;

    Scene() { meter.begin(start); }
    void picture() { meter.observe(inter(media_ms), now); }
    void sound() { meter.observe(audio(media_ms), now); }
    /// Picture and sound for so long, each as often as said; 0: not at all.
    void send(Milliseconds span, Milliseconds picture_every, Milliseconds sound_every) {
        for (Milliseconds t{0}; t < span; t += 1ms) {
            if (picture_every > 0ms && t % picture_every == 0ms) picture();
            if (sound_every > 0ms && t % sound_every == 0ms) sound();
            now += 1ms;
            ++media_ms;
        }
    }
    Silence silence() const { return meter.pulse().silence(now); }
    Silence after(Milliseconds span) const { return meter.pulse().silence(now + span); }
};

}  // namespace

TEST_CASE("pulse: a publisher that stops is silent after 1.5 s, and not with its first message") {
    Scene scene;
    scene.send(3s, 33ms, 21ms);
    CHECK(scene.silence() == Silence::none);
    CHECK(scene.after(1400ms) == Silence::none);
    CHECK(scene.after(1500ms) == Silence::everything);
    const SteadyTime last = scene.meter.pulse().since();
    CHECK(scene.now - last <= 33ms);
    CHECK(scene.meter.pulse().silent_at(scene.now) <= scene.now + 1500ms);
    CHECK(scene.meter.pulse().silent_at(scene.now + 1600ms) == SteadyTime::max());
    scene.now += 10s;
    scene.picture();
    CHECK(scene.silence() == Silence::none);
}

TEST_CASE("pulse: a publisher that catches up after it was frozen is as soon silent again") {
    for (const bool has_jumped : {false, true}) {
        CAPTURE(has_jumped);
        Scene scene;
        scene.send(3s, 33ms, 21ms);
        scene.now += 7s;
        if (has_jumped) scene.media_ms += 7000;
        scene.send(200ms, 33ms, 21ms);
        CHECK(scene.after(1400ms) == Silence::none);
        CHECK(scene.after(1500ms) == Silence::everything);
    }
}

TEST_CASE("pulse: metadata and sequence headers alone are silence") {
    Scene scene;
    for (int i = 0; i < 40; ++i) {
        scene.meter.observe(metadata(), scene.now);
        scene.meter.observe(avc_header(), scene.now);
        scene.meter.observe(aac_header(), scene.now);
        CHECK((scene.silence() == Silence::none) == (scene.now - start < 1500ms));
        scene.now += 100ms;
    }
    scene.send(1s, 33ms, 21ms);
    CHECK(scene.silence() == Silence::none);
}

TEST_CASE("pulse: a picture that stands still while sound goes on is missing") {
    Scene scene;
    scene.send(3s, 33ms, 21ms);
    const SteadyTime last = scene.meter.pulse().since();
    scene.send(1300ms, 0ms, 21ms);
    CHECK(scene.silence() == Silence::none);
    scene.send(300ms, 0ms, 21ms);
    CHECK(scene.silence() == Silence::picture);
    CHECK(scene.meter.pulse().since() == last);
    CHECK(scene.meter.pulse().silent_at(scene.now) > scene.now);  // the sound may follow
    CHECK(scene.after(1500ms) == Silence::everything);
    scene.picture();
    CHECK(scene.silence() == Silence::none);
}

TEST_CASE("pulse: sound alone, pictures alone, and a picture every 2 s are no silence") {
    struct Row {
        Milliseconds picture_every, sound_every;
    };
    for (const Row row : {Row{0ms, 21ms}, Row{33ms, 0ms}, Row{2000ms, 0ms}, Row{2000ms, 21ms},
                          Row{4000ms, 0ms}, Row{1000ms, 1000ms}}) {
        CAPTURE(row.picture_every.count());
        CAPTURE(row.sound_every.count());
        Scene scene;
        for (int i = 0; i < 600; ++i) {
            // In steps of 40 ms, so that none of its own pauses is missed.
            for (Milliseconds t{0}; t < 40ms; t += 1ms) {
                const auto ms = Milliseconds(scene.media_ms);
                if (row.picture_every > 0ms && ms % row.picture_every == 0ms) scene.picture();
                if (row.sound_every > 0ms && ms % row.sound_every == 0ms) scene.sound();
                scene.now += 1ms;
                ++scene.media_ms;
            }
            REQUIRE(scene.silence() == Silence::none);
        }
        CHECK(scene.after(21s) != Silence::none);
    }
}

TEST_CASE("pulse: what a server had stored comes at once, and says how often pictures come") {
    Scene scene;
    for (int i = 0; i < 4; ++i) {  // a slide show, from a server's store
        scene.picture();
        scene.media_ms += 2000;
    }
    CHECK(scene.after(4500ms) == Silence::none);
    CHECK(scene.after(5500ms) == Silence::everything);
}

TEST_CASE("pulse: each silence has a name that is read back") {
    for (const Silence each : {Silence::none, Silence::picture, Silence::everything}) {
        CHECK(parse_silence(silence_name(each)) == each);
    }
    CHECK_FALSE(parse_silence(""));
}
