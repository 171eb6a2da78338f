// A session between an ingest and a destination that the test plays.
#include "worker/session.hpp"

#include <doctest/doctest.h>

#include "unit/fake_ends.hpp"
#include "unit/slates.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

struct Owner : SessionOwner {
    StateMachine states;
    std::string told;
    SessionFigures last;
    std::optional<MediaFacts> media;
    int bursts = 0;
    std::optional<Slate> shown;

    /// Connecting, as the session finds it.
    void begin(Milliseconds hold) {
        states.set_rules({hold, {}});
        happened(StateMachine::Start{}, SteadyClock::now());
        told.clear();
        happened(StateMachine::IngestReady{}, SteadyClock::now());
    }
    const StateMachine& machine() const override { return states; }
    void happened(const StateMachine::Event& event, SteadyTime now) override {
        if (!states.apply(event, now)) return;
        const auto& why = states.why();
        told += std::string(state_name(states.state())) +
                (why ? ":" + std::string(end_code_name(why->code)) : "") + " ";
    }
    double luck() override { return 0.5; }
    Slate* slate() override { return shown ? &*shown : nullptr; }
    void figures(const SessionFigures& figures, const std::optional<MediaFacts>& carried) override {
        last = figures;
        if (carried) media = carried;
    }
    void writes_file(const std::string&) override {}
    void burst_is_over() override { ++bursts; }
};

const std::vector<Tag> begin = {metadata(), avc_header(), aac_header(), keyframe(1000)};

struct Scene {
    Loop loop;
    Cancel cancel;
    FakeIngest ingest;
    FakeDestination destination;
    OpenSource open_source = ingest.opener();
    OpenSink open_sink = destination.opener();
    Intake intake{open_source, {"rtmp://ingest/live", 2s, 1'000'000}, loop};
    Owner owner;
    Milliseconds hold = 5s;
    bool takes_other_tracks = true;
    Milliseconds slate_after{0};
    Milliseconds longest_start{0};

    /// From what the ingest begins with to the end. REQUIRES: the acts end it.
    StateMachine::Finished run() {
        ingest.arriving.insert(ingest.arriving.begin(), begin.begin(), begin.end());
        ingest.acts.push_front([] { return true; });  // the turn that is taken here
        intake.take(SteadyClock::now());
        auto begun = intake.next();
        REQUIRE(std::holds_alternative<Intake::Begun>(begun));
        SinkRequest request;
        request.destination = "test";
        request.prefix = std::get<Intake::Begun>(begun).prefix;
        const SteadyTime begun_at = std::get<Intake::Begun>(begun).at;
        owner.begin(hold);
        Session session(loop, open_sink, request, {takes_other_tracks, slate_after, longest_start},
                        intake, owner, cancel);
        session.run(begun_at);
        CHECK(destination.open == 1);  // the session still stands
        REQUIRE(owner.states.finished());
        return *owner.states.finished();
    }
    void stop() { cancel.request(); }
};

Tag big(TagType type, std::uint32_t ms, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(1024 * 1024, 1);
    bytes[0] = first;
    return tag(type, ms, bytes);
}

}  // namespace

TEST_CASE("session: headers and keyframe first, times from 0, a goodbye when it is stopped") {
    Scene scene;
    scene.ingest.then([&] { scene.ingest.arrive({audio(990), audio(1005), inter(1033)}); });
    scene.ingest.then([&] { scene.stop(); });
    const auto result = scene.run();
    CHECK(result.end == SessionEnd{EndCode::stopped});
    CHECK(result.facts.was_accepted);
    CHECK(result.facts.said_goodbye);
    CHECK(scene.destination.goodbyes == 1);
    REQUIRE(scene.destination.requests.size() == 1);
    CHECK(scene.destination.requests[0].prefix.size() == 4);
    // The sound of before the keyframe stays away, and is counted.
    CHECK(scene.destination.times() == std::vector<std::uint32_t>{0, 0, 0, 0, 5, 33});
    CHECK(scene.destination.written[3].payload == begin[3].payload);
    CHECK(scene.owner.told == "connecting live stopped ");
    CHECK(scene.owner.last.video_messages == 3);
    CHECK(scene.owner.last.audio_messages == 2);
    CHECK(scene.owner.last.dropped_messages == 1);
    REQUIRE(scene.owner.media);
    CHECK(scene.owner.media->video->codec == "h264");
}

TEST_CASE("session: what the destination says while it connects is the end") {
    Scene scene;
    scene.destination.accepts = false;
    scene.ingest.then([&] {
        scene.destination.end = SessionEnd{EndCode::publish_refused, "BadName"};
    });
    const auto result = scene.run();
    CHECK(result.end == SessionEnd{EndCode::publish_refused, "BadName"});
    CHECK_FALSE(result.facts.was_accepted);
    CHECK(scene.destination.written.empty());
    CHECK(scene.owner.told == "connecting rejected:publish_refused ");
}

TEST_CASE("session: a stop while it connects is obeyed, in order") {
    Scene scene;
    scene.destination.accepts = false;
    scene.ingest.then([&] { scene.stop(); });
    const auto result = scene.run();
    CHECK(result.end.code == EndCode::stopped);
    CHECK(scene.destination.goodbyes == 1);
    CHECK(scene.destination.written.empty());
}

TEST_CASE("session: an ingest that goes while it connects ends it") {
    Scene scene;
    scene.destination.accepts = false;
    scene.ingest.then([&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
    CHECK(scene.run().end.code == EndCode::ingest_gone);
    CHECK(scene.destination.written.empty());
}

TEST_CASE("session: what arrives while it connects is sent then, none of it lost") {
    Scene scene;
    scene.destination.accepts = false;
    // 10 s of 30 pictures a second, at once, and a destination that takes three tags a turn.
    scene.ingest.then([&] {
        for (std::uint32_t i = 1; i <= 300; ++i) scene.ingest.arrive({inter(1000 + i * 33)});
    });
    scene.ingest.then([] {});
    scene.ingest.then([&] {
        CHECK(scene.destination.written.empty());
        scene.destination.most_writes_a_turn = 3;
        scene.destination.accepts = true;
    });
    scene.ingest.until([&] { return scene.destination.written.size() == 304; });
    scene.ingest.then([&] { CHECK(scene.owner.bursts == 1); });
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.owner.last.dropped_messages == 0);
    const auto times = scene.destination.times();
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(times.back() == 300 * 33);
}

TEST_CASE("session: where the destination takes nothing, pictures are dropped up to a keyframe") {
    Scene scene;
    scene.ingest.then([&] { scene.destination.is_ready = false; });
    scene.ingest.then([&] {
        for (std::uint32_t i = 1; i <= 40; ++i) {
            scene.ingest.arrive({big(TagType::video, 1000 + i, 0x27), audio(1000 + i)});
        }
    });
    scene.ingest.then([&] { scene.ingest.arrive({keyframe(1100), inter(1101)}); });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.destination.is_ready = true; });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    scene.run();
    CHECK(scene.owner.last.dropped_messages == 40);
    CHECK(scene.owner.last.audio_messages == 41);
    CHECK(scene.destination.times().back() == 101);
    CHECK(scene.owner.last.video_messages == 4);  // header, keyframe; keyframe, inter frame
}

TEST_CASE("session: a destination that closes is told with how long it had run") {
    for (const EndCode code : {EndCode::closed, EndCode::reset}) {
        Scene scene;
        scene.ingest.then([&] { scene.destination.end = SessionEnd{code, "by peer"}; });
        const auto result = scene.run();
        CHECK(result.end == SessionEnd{code, "0 s after it accepted; by peer"});
        CHECK(result.facts.was_accepted);
        CHECK_FALSE(result.facts.said_goodbye);
    }
    Scene scene;
    scene.ingest.then([&] { scene.destination.end = SessionEnd{EndCode::stalled, "10s"}; });
    CHECK(scene.run().end == SessionEnd{EndCode::stalled, "10s"});
}

TEST_CASE("session: holds the destination while the publisher is away, and goes on in time") {
    Scene scene;
    scene.ingest.then([&] { scene.ingest.arrive({inter(1500)}); });
    scene.ingest.then([&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
    scene.ingest.then([] {});
    scene.ingest.then([&] {
        CHECK(scene.owner.told == "connecting live holding:ingest_gone ");
        // OBS begins at 0 again, with the same headers.
        scene.ingest.arrive({metadata("x"), avc_header(), aac_header(), keyframe(0), inter(40)});
    });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.owner.told == "connecting live holding:ingest_gone live stopped ");
    CHECK(scene.destination.requests.size() == 1);
    const auto times = scene.destination.times();
    REQUIRE(times.size() == 10);
    CHECK(times[4] == 500);
    CHECK(times[8] > 500);  // where it was, and what passed
    CHECK(times[8] < 1500);
    CHECK(times[9] == times[8] + 40);
}

TEST_CASE("session: other settings after a loss are passed on, or end it with a goodbye") {
    for (const bool takes_them : {true, false}) {
        CAPTURE(takes_them);
        Scene scene;
        scene.takes_other_tracks = takes_them;
        scene.ingest.then([&] { scene.ingest.end(EndCode::ingest_gone); });
        scene.ingest.until([&] { return scene.ingest.opened == 2; });
        scene.ingest.then([&] {
            scene.ingest.arrive(
                {tag(TagType::video, 0, {0x17, 0, 9, 9, 9}), aac_header(), keyframe(0)});
        });
        scene.ingest.then([] {});
        scene.ingest.then([&] { scene.stop(); });
        const auto result = scene.run();
        CHECK(result.end.code == (takes_them ? EndCode::stopped : EndCode::tracks_changed));
        CHECK(result.facts.said_goodbye);
        CHECK(scene.destination.goodbyes == 1);
        CHECK(scene.destination.written.size() == (takes_them ? 7 : 4));
    }
}

TEST_CASE("session: other settings in the middle are passed on, or end it with a goodbye") {
    for (const bool takes_them : {true, false}) {
        CAPTURE(takes_them);
        Scene scene;
        scene.takes_other_tracks = takes_them;
        scene.ingest.then([&] {  // nginx repeats its headers; the same ones change nothing
            scene.ingest.arrive({avc_header(1010), aac_header(1010), inter(1033)});
        });
        scene.ingest.then([&] {
            scene.ingest.arrive({tag(TagType::video, 1066, {0x17, 0, 9, 9, 9}), keyframe(1066)});
        });
        scene.ingest.then([] {});
        scene.ingest.then([&] { scene.stop(); });
        CHECK(scene.run().end.code == (takes_them ? EndCode::stopped : EndCode::tracks_changed));
        CHECK(scene.destination.written.size() == (takes_them ? 9 : 7));
    }
}

namespace {

/// Of the session that comes next, which the same intake begins.
std::vector<Tag> next_begin(Scene& scene) {
    auto event = scene.intake.next();
    const auto* begun = std::get_if<Intake::Begun>(&event);
    CHECK(begun != nullptr);
    return begun != nullptr ? begun->prefix : std::vector<Tag>{};
}

Tag other_avc_header(std::uint32_t ms) { return tag(TagType::video, ms, {0x17, 0, 9, 9, 9, 9}); }
Tag other_aac_header(std::uint32_t ms) { return tag(TagType::audio, ms, {0xaf, 0, 0x11, 0x90}); }
Tag enhanced(const char* fourcc, std::uint8_t first, std::uint32_t ms) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(fourcc);
    return tag(TagType::video, ms, {first, code[0], code[1], code[2], code[3], 0, 0, 0, 5, 5});
}

}  // namespace

TEST_CASE("session: another codec ends it, whatever the destination takes") {
    for (const char* fourcc : {"hvc1", "av01"}) {
        CAPTURE(fourcc);
        Scene scene;
        const Tag header = enhanced(fourcc, 0x90, 1033), key = enhanced(fourcc, 0x91, 1066);
        scene.ingest.then([&] { scene.ingest.arrive({header, key, audio(1070)}); });
        CHECK(scene.run().end.code == EndCode::tracks_changed);
        CHECK(scene.destination.written.size() == 4);
        const auto next = next_begin(scene);
        REQUIRE(next.size() == 4);
        CHECK(next[1].payload == header.payload);
        CHECK(next[3].payload == key.payload);
    }
}

TEST_CASE("session: a header that comes before its keyframe ends it at the keyframe, once") {
    Scene scene;
    scene.takes_other_tracks = false;
    const Tag header = other_avc_header(1100), key = keyframe(1233);
    scene.ingest.then([&] {
        scene.ingest.arrive({inter(1033), header, inter(1133), audio(1140), inter(1166)});
    });
    scene.ingest.then([&] {
        CHECK(scene.owner.told == "connecting live ");  // pictures of the old header are still its
        scene.ingest.arrive({header, inter(1200), key, inter(1266), audio(1270)});
    });
    const auto result = scene.run();
    CHECK(result.end.code == EndCode::tracks_changed);
    CHECK(result.facts.said_goodbye);
    CHECK(scene.destination.times() ==
          std::vector<std::uint32_t>{0, 0, 0, 0, 33, 133, 140, 166, 200});
    for (const Tag& each : scene.destination.written) CHECK(each.payload != header.payload);
    CHECK(scene.owner.last.dropped_messages == 0);
    CHECK(scene.intake.goes_on());
    const auto next = next_begin(scene);
    REQUIRE(next.size() == 4);
    CHECK(is_metadata(next[0]));
    CHECK(next[1].payload == header.payload);
    CHECK(next[3].payload == key.payload);
    CHECK(std::get<Intake::Arrived>(scene.intake.next()).tag.time.ms() == 1266);
    CHECK(scene.ingest.opened == 1);
}

TEST_CASE("session: a header that is taken back before its keyframe changes nothing") {
    Scene scene;
    scene.takes_other_tracks = false;
    scene.ingest.then([&] {
        scene.ingest.arrive(
            {other_avc_header(1010), inter(1033), avc_header(1050), keyframe(1066)});
    });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.destination.times().back() == 66);
}

TEST_CASE("session: sound with another header is left out up to the keyframe, and counted") {
    Scene scene;
    scene.takes_other_tracks = false;
    const Tag header = other_aac_header(1010), key = keyframe(1066);
    scene.ingest.then([&] {
        scene.ingest.arrive({audio(1005), header, audio(1020), inter(1033), audio(1040), key});
    });
    CHECK(scene.run().end.code == EndCode::tracks_changed);
    CHECK(scene.destination.times() == std::vector<std::uint32_t>{0, 0, 0, 0, 5, 33});
    CHECK(scene.owner.last.dropped_messages == 2);
    const auto next = next_begin(scene);
    REQUIRE(next.size() == 4);
    CHECK(next[2].payload == header.payload);
}

TEST_CASE("session: the distance between picture and sound stays as the publisher sends it") {
    for (const std::int32_t distance : {2000, -2000, 60'000, -60'000}) {
        CAPTURE(distance);
        Scene scene;
        scene.longest_start = 10s;
        const auto sound = [&](std::uint32_t ms) {
            return audio(ms + static_cast<std::uint32_t>(distance));
        };
        // The sound is not there yet when the destination accepts.
        scene.ingest.then([&] { CHECK(scene.destination.written.empty()); });
        scene.ingest.then([&] {
            for (std::uint32_t i = 0; i < 50; ++i) {
                scene.ingest.arrive({sound(1000 + i * 40), inter(1040 + i * 40)});
            }
        });
        scene.ingest.until([&] { return scene.destination.written.size() == 104; });
        scene.ingest.then([&] { scene.stop(); });
        CHECK(scene.run().end.code == EndCode::stopped);
        const auto times = scene.destination.times();
        const auto first = static_cast<std::uint32_t>(std::max(0, -distance));
        CHECK(times[3] == first);
        CHECK(times[4] == first + static_cast<std::uint32_t>(distance));
        CHECK(times[102] == first + static_cast<std::uint32_t>(distance) + 1960);
        CHECK(times[103] == first + 2000);
        CHECK(scene.owner.last.dropped_messages == 0);
    }
}

TEST_CASE("session: sound that is announced and never comes does not keep it from beginning") {
    Scene scene;
    scene.longest_start = 100ms;
    scene.ingest.until([&] { return scene.destination.written.size() == 4; });
    scene.ingest.then([&] { scene.stop(); });
    const auto begun = SteadyClock::now();
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(SteadyClock::now() - begun >= 100ms);
}

TEST_CASE("session: while it holds, a destination's close and a stop are seen at once") {
    for (const bool is_stop : {true, false}) {
        Scene scene;
        scene.ingest.then([&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
        scene.ingest.then([] {});
        scene.ingest.then([&] {
            CHECK(scene.owner.told == "connecting live holding:ingest_gone ");
            if (is_stop)
                scene.stop();
            else
                scene.destination.end = SessionEnd{EndCode::closed};
        });
        const auto begun = SteadyClock::now();
        CHECK(scene.run().end.code == (is_stop ? EndCode::stopped : EndCode::closed));
        CHECK(SteadyClock::now() - begun < 900ms);  // not with the next figures
    }
}

TEST_CASE("session: a slate is shown after a while, and the live picture cuts in on its keyframe") {
    Scene scene;
    scene.owner.shown = small_slate();
    scene.slate_after = 100ms;
    SteadyTime lost_at{};
    scene.ingest.then([&] { scene.ingest.arrive({audio(1490), inter(1500)}); });
    scene.ingest.then([&] {
        lost_at = SteadyClock::now();
        scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    });
    scene.ingest.until([&] {  // no earlier than that
        const bool is_shown = scene.destination.written.size() > 6;
        if (is_shown) CHECK(SteadyClock::now() - lost_at >= 100ms);
        return is_shown;
    });
    scene.ingest.until([&] { return scene.destination.written.size() >= 20; });
    std::size_t slate_tags = 0;
    scene.ingest.then([&] {
        CHECK(scene.owner.states.why() == SessionEnd{EndCode::ingest_gone, "the slate is shown"});
        slate_tags = scene.destination.written.size() - 6;
        scene.ingest.arrive({avc_header(), aac_header(), keyframe(0), inter(40), audio(41)});
    });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.destination.requests.size() == 1);
    const auto& written = scene.destination.written;
    REQUIRE(written.size() >= 6 + slate_tags + 5);
    CHECK(written[6].payload == scene.owner.shown->headers()[0].payload);
    const auto back = written.end() - 5;
    CHECK(std::ranges::equal(back[0].bytes(), begin[1].bytes()));  // its own headers first
    CHECK(video_facts(back[2].bytes())->is_keyframe);
    // Of each track, what follows is later.
    for (const TagType type : {TagType::video, TagType::audio}) {
        std::int64_t last = -1;
        for (const Tag& each : written) {
            const bool is_header = SetupTags::is_one(each);
            if (each.type != type || is_header) continue;
            CHECK(std::int64_t(each.time.ms()) > last);
            last = each.time.ms();
        }
    }
}

TEST_CASE("session: a hold that runs out, and none at all, end with a goodbye") {
    for (const auto hold : {30ms, 0ms}) {
        Scene scene;
        scene.hold = hold;
        scene.ingest.then([&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
        const auto begun = SteadyClock::now();
        const auto result = scene.run();
        CHECK(result.end.code == EndCode::ingest_gone);
        CHECK(result.facts.said_goodbye);
        CHECK(scene.destination.goodbyes == 1);
        CHECK(SteadyClock::now() - begun < 900ms);
    }
}

// In real time: a session asks its own clock.
TEST_CASE("session: a publisher that sends nothing is held, and its next message is passed on") {
    Scene scene;
    SteadyTime last{};
    scene.ingest.then([&] {
        last = SteadyClock::now();
        scene.ingest.arrive({audio(1005), inter(1033), audio(1026), inter(1066), audio(1047)});
    });
    scene.ingest.until([&] { return scene.owner.states.state() == State::holding; });
    scene.ingest.then([&] {
        CHECK(SteadyClock::now() - last >= 1500ms);
        CHECK(scene.owner.states.why() == SessionEnd{EndCode::ingest_silent});
        CHECK(scene.owner.states.timer()->at - last <= 5s + 100ms);
        scene.ingest.arrive({inter(1100)});
    });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.owner.told == "connecting live holding:ingest_silent live stopped ");
    CHECK(scene.destination.requests.size() == 1);
    CHECK(scene.destination.written.size() == 10);
}

TEST_CASE("session: the slate of a silent publisher gives way to its next keyframe") {
    Scene scene;
    scene.owner.shown = small_slate();
    scene.slate_after = 1700ms;
    SteadyTime last{};
    scene.ingest.then([&] {
        last = SteadyClock::now();
        scene.ingest.arrive({audio(1005), inter(1033), audio(1026), inter(1066), audio(1047)});
    });
    scene.ingest.until([&] { return scene.destination.written.size() > 9; });
    scene.ingest.then([&] {
        CHECK(SteadyClock::now() - last >= 1700ms);
        CHECK(scene.owner.states.why() == SessionEnd{EndCode::ingest_silent, "the slate is shown"});
        scene.ingest.arrive({inter(1100), audio(1101)});  // of no use to who saw the slate
    });
    scene.ingest.until([&] {
        return scene.owner.states.why() == SessionEnd{EndCode::waiting_for_keyframe};
    });
    scene.ingest.then([&] { scene.ingest.arrive({keyframe(1133), audio(1134)}); });
    scene.ingest.then([] {});
    scene.ingest.then([&] { scene.stop(); });
    CHECK(scene.run().end.code == EndCode::stopped);
    CHECK(scene.owner.told ==
          "connecting live holding:ingest_silent holding:ingest_silent "
          "holding:waiting_for_keyframe live stopped ");
    const auto& written = scene.destination.written;
    REQUIRE(written.size() > 4);
    CHECK(std::ranges::equal(written[written.size() - 4].bytes(), begin[1].bytes()));
    CHECK(video_facts(written[written.size() - 2].bytes())->is_keyframe);
}
