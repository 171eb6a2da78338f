// enable is a promise: it works at any moment, and returns when it knows.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "process/descendants.hpp"
#include "process/scene.hpp"

namespace restream::test {

using nlohmann::json;

TEST_SUITE_BEGIN("enable");

namespace {

/// The processes of that relay: its guardian and its worker have its name in their argv.
int relay_processes(const std::string& name) {
    int found = 0;
    for (const auto& each : living_descendants()) {
        found += each.command.starts_with("restream-relay") &&
                 each.command.find(name) != std::string::npos;
    }
    return found;
}

}  // namespace

TEST_CASE(
    "enable: at ten random moments of a GOP each session has picture and sound and begins with a "
    "keyframe") {
    Scene scene;
    scene.publish(Footage::picture_and_sound);
    std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<int> gap_ms(0, 500);
    std::vector<CommandRun> enables;
    for (int i = 0; i < 10; ++i) {
        const std::string name = "place" + std::to_string(i);
        scene.add(name);
        const auto moment = Deadline::after(Milliseconds(gap_ms(random)));
        wait_until(moment, [] { return false; });
        enables.push_back(scene.world.start({"enable", name}));
    }
    for (auto& each : enables) {
        const Outcome outcome = each.wait();
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    }
    for (int i = 0; i < 10; ++i) CHECK(scene.wait_flow("place" + std::to_string(i), 60));
    scene.world.must({"disable", "--all"});
    for (int i = 0; i < 10; ++i) {
        const std::string name = "place" + std::to_string(i);
        CAPTURE(name);
        CHECK(scene.platform.begun(name) == 1);
        check_whole(scene.last_recording(name));
    }
}

TEST_CASE("enable: immediately after disable, again and again, it is live each time") {
    Scene scene;
    scene.add("youtube");
    scene.publish(Footage::picture_and_sound);
    constexpr int times = 5;
    for (int i = 0; i < times; ++i) {
        const Outcome enable = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe());
        CHECK(scene.world.state("youtube") == "live");
        scene.world.must({"disable", "youtube"});
    }
    scene.world.must({"enable", "youtube"});
    CHECK(scene.platform.begun("youtube") == times + 1);
    check_whole(scene.finish("youtube"));
}

TEST_CASE("enable: what is enabled already stays as it is") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    const int guardian = scene.world.guardian("youtube");
    const Outcome again = scene.world.must({"enable", "youtube"});
    CHECK(again.counted < std::chrono::seconds(3));
    CHECK(scene.world.guardian("youtube") == guardian);
    CHECK(scene.platform.begun("youtube") == 1);
}

TEST_CASE("enable: after guardian and worker were killed at once it is live again") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    const int worker = scene.world.worker("youtube");
    kill_now(scene.world.guardian("youtube"));
    kill_if_there(worker);  // unless it has left by itself
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.platform.begun("youtube") == 2);
    check_whole(scene.finish("youtube"));
}

TEST_CASE("enable: two shells at once make one relay and one session") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    CommandRun one = scene.world.start({"enable", "youtube"});
    CommandRun two = scene.world.start({"enable", "youtube"});
    const Outcome first = one.wait();
    const Outcome second = two.wait();
    CHECK_MESSAGE(first.status == 0, first.describe());
    CHECK_MESSAGE(second.status == 0, second.describe());
    CHECK_MESSAGE(relay_processes("youtube") == 2, describe(living_descendants()));
    CHECK(scene.platform.begun("youtube") == 1);
}

TEST_CASE("enable: eight shells enable and disable at once, and the last word counts") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    std::vector<CommandRun> commands;
    for (int i = 0; i < 4; ++i) {
        commands.push_back(scene.world.start({"enable", "youtube"}));
        commands.push_back(scene.world.start({"disable", "youtube"}));
    }
    for (auto& each : commands) {
        const Outcome outcome = each.wait();
        // 1: cancelled by a disable.
        CHECK_MESSAGE((outcome.status == 0 || outcome.status == 1), outcome.describe());
    }
    scene.world.must({"enable", "youtube"});
    CHECK(relay_processes("youtube") == 2);
    check_whole(scene.finish("youtube"));
    CHECK(relay_processes("youtube") == 0);
}

TEST_CASE("start: two at once make one relay and one session for each wanted destination") {
    Scene scene;
    scene.add("youtube");
    scene.add("twitch");
    scene.publish();
    scene.world.must({"enable", "--all", "--no-start"});
    CommandRun one = scene.world.start({"start"});
    CommandRun two = scene.world.start({"start"});
    const Outcome first = one.wait();
    const Outcome second = two.wait();
    CHECK_MESSAGE(first.status == 0, first.describe());
    CHECK_MESSAGE(second.status == 0, second.describe());
    for (const std::string name : {"youtube", "twitch"}) {
        CAPTURE(name);
        CHECK(scene.world.wait_state(name, "live"));
        CHECK_MESSAGE(relay_processes(name) == 2, describe(living_descendants()));
        CHECK(scene.platform.begun(name) == 1);
    }
}

TEST_CASE(
    "enable: an ingest with sound alone, and one with a picture alone, are carried as they are") {
    for (const Footage footage : {Footage::sound_only, Footage::picture_only}) {
        Scene scene;
        scene.world.configure("probe_duration = \"2s\"\n");
        scene.add("youtube");
        scene.publish(footage);
        const Outcome enable = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe());
        CHECK(scene.world.state("youtube") == "live");
        const Recording recording = scene.finish("youtube");
        CAPTURE(recording.describe());
        CHECK((recording.audio_frames > 0) == (footage == Footage::sound_only));
        CHECK((recording.video_frames > 0) == (footage == Footage::picture_only));
        CHECK(recording.errors.empty());
    }
}

TEST_CASE(
    "enable: with a keyframe every 8 s it is live with a keyframe, or says what it waits for") {
    Scene scene;
    scene.add("youtube");
    scene.publish(Footage::long_gop);
    const Outcome enable = scene.world.run({"enable", "youtube", "--timeout", "20s"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.world.wait_state("youtube", "live"));
    const Recording recording = scene.finish("youtube");
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
}

TEST_CASE("enable --no-start: it is wanted, nothing runs, and start brings it up") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    const Outcome enable = scene.world.must({"enable", "--no-start", "youtube"});
    CHECK(enable.counted < std::chrono::seconds(3));
    const json part = scene.world.status("youtube");
    CHECK(part["wanted"] == true);
    CHECK(part["state"] == "stopped");
    CHECK(relay_processes("youtube") == 0);
    scene.world.must({"start"});
    CHECK(scene.world.wait_state("youtube", "live"));
}

TEST_CASE(
    "enable --all: each is reported, and one that fails does not keep the others from being live") {
    Scene scene;
    NginxServer refusing(Door::refusing);
    scene.add("good");
    scene.add("other");
    scene.world.add("bad", refusing.url(), "word");
    scene.publish();
    const Outcome enable = scene.world.run({"enable", "--all"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    CHECK(scene.world.state("good") == "live");
    CHECK(scene.world.state("other") == "live");
    const std::string words = enable.output + enable.error;
    for (const std::string name : {"good", "other", "bad"}) {
        CHECK_MESSAGE(words.find(name) != std::string::npos, enable.describe());
    }
}

TEST_SUITE_END();

}  // namespace restream::test
