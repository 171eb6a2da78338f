// The three causes of the complaint that started the project: "I could disable it but I can't
// re-enable it".
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "process/scene.hpp"

namespace restream::test {

using nlohmann::json;

TEST_SUITE_BEGIN("causes");

TEST_CASE(
    "ingest not ready: enable before anybody publishes waits, and goes live with picture and sound "
    "by itself") {
    Scene scene;
    scene.add("youtube");
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    const json waiting = scene.world.status("youtube");
    CHECK_MESSAGE(waiting["state"] == "waiting", waiting.dump());
    CHECK_MESSAGE(waiting["reason"]["code"] == "no_publisher", waiting.dump());
    CHECK(scene.platform.asked() == 0);
    scene.publish(Footage::picture_and_sound);
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "ingest not ready: enable in the moment the publisher begins is live, never with sound alone") {
    Scene scene;
    scene.add("youtube");
    for (int i = 0; i < 3; ++i) {
        Publisher publisher(scene.world.ingest_url());
        const Outcome enable = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe());
        check_whole(scene.finish("youtube"));
    }
    CHECK(scene.platform.begun("youtube") == 3);
}

TEST_CASE("ingest not ready: enable while the ingest server is down starts it") {
    Scene scene;
    scene.add("youtube");
    scene.world.must({"ingest", "stop"});
    CHECK(scene.world.status()["ingest"]["state"] == "down");
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    scene.publish();
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "stale process: a relay whose guardian was killed does not keep the destination from being "
    "enabled again") {
    Scene scene;
    scene.add("youtube");
    scene.publish(Footage::picture_and_sound);
    scene.world.must({"enable", "youtube"});
    const int worker = scene.world.worker("youtube");
    kill_now(scene.world.guardian("youtube"));
    // At once: the old worker may still be saying goodbye.
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(is_gone(worker));
    CHECK(scene.world.state("youtube") == "live");
    CHECK(scene.platform.begun("youtube") == 2);
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "stale process: a relay that does not answer is ended by disable, and enable works again") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    const int guardian = scene.world.guardian("youtube");
    const int worker = scene.world.worker("youtube");
    freeze(guardian);
    freeze(worker);
    const Outcome disable = scene.world.run({"disable", "youtube"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    CHECK(disable.counted < std::chrono::seconds(8));
    CHECK(is_gone(guardian));
    CHECK(is_gone(worker));
    scene.world.must({"enable", "youtube"});
    CHECK(scene.world.state("youtube") == "live");
}

TEST_CASE(
    "OBS away for a moment: the destination comes back by itself, and enable in between is no "
    "error") {
    Scene scene;
    scene.add("youtube", "hold = \"20s\"\n");
    scene.publish(Footage::picture_and_sound);
    scene.world.must({"enable", "youtube"});
    REQUIRE(scene.wait_flow("youtube"));
    scene.publisher->kill();
    CHECK(scene.world.wait_status("youtube",
                                  [](const json& part) { return part["state"] != "live"; }));
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    scene.publish(Footage::picture_and_sound);
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "OBS away for a moment: disable and enable while it is away, then everything is live again") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    REQUIRE(scene.wait_flow("youtube"));
    scene.publisher->stop();
    scene.world.must({"disable", "youtube"});
    CHECK(scene.world.state("youtube") == "stopped");
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.world.state("youtube") == "waiting");
    scene.publish();
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
    CHECK(scene.platform.begun("youtube") == 2);
}

TEST_SUITE_END();

}  // namespace restream::test
