// What becomes of relays when their ingest server is restarted, reloaded, or not ours.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

using nlohmann::json;

TEST_SUITE_BEGIN("ingest_relays");

namespace {

bool names_a_number(const Outcome& outcome, const std::string& number) {
    return (outcome.output + outcome.error).find(number) != std::string::npos;
}

}  // namespace

TEST_CASE("ingest: takes publishers with an empty stream key, and with one") {
    Scene scene;
    scene.add("youtube");
    {
        Publisher publisher(scene.world.ingest_url());
        scene.world.must({"enable", "youtube"});
        CHECK(scene.world.wait_state("youtube", "live"));
        check_whole(scene.finish("youtube"));
    }
    write_file(scene.world.config() / "restream.toml",
               "[ingest]\nserver = \"nginx\"\nlisten = \"127.0.0.1:" +
                   std::to_string(scene.world.ingest_port()) + "\"\nurl = \"" +
                   scene.world.ingest_url() + "/camera\"\n");
    Publisher publisher(scene.world.ingest_url() + "/camera");
    scene.world.must({"enable", "youtube"});
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "ingest restart: says how many destinations are live, and brings every wanted relay back") {
    Scene scene;
    scene.add("youtube");
    scene.add("twitch");
    scene.add("asleep");
    scene.publish();
    scene.world.must({"enable", "youtube", "twitch"});
    const json before = scene.world.status()["ingest"];
    const Outcome restart = scene.world.run({"ingest", "restart"});
    CHECK_MESSAGE(restart.status == 0, restart.describe());
    CHECK_MESSAGE(names_a_number(restart, "2"), restart.describe());
    CHECK(is_listening(scene.world.ingest_port()));
    CHECK(scene.world.status()["ingest"]["worker_pid"] != before["worker_pid"]);
    // OBS comes back by itself, ffmpeg does not.
    CHECK(scene.world.state("asleep") == "stopped");
    scene.publish();
    for (const std::string name : {"youtube", "twitch"}) {
        CAPTURE(name);
        CHECK(scene.world.wait_state(name, "live"));
        check_whole(scene.finish(name));
    }
}

TEST_CASE(
    "ingest reload: with live destinations it says how many, and they are live again when the "
    "publisher is") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    const Outcome reload = scene.world.run({"ingest", "reload"});
    CHECK_MESSAGE(reload.status == 0, reload.describe());
    CHECK_MESSAGE(names_a_number(reload, "1"), reload.describe());
    // The publisher is dropped; OBS comes back by itself, ffmpeg does not.
    CHECK(wait_until(Patience(std::chrono::seconds(10)),
                     [&] { return !scene.publisher->runs(); }));
    scene.publish();
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE("ingest: an external server is used, and not touched") {
    World world;
    NginxServer server;
    NginxServer platform;
    write_file(world.config() / "restream.toml",
               "[ingest]\nserver = \"external\"\nurl = \"" + server.url() + "\"\n");
    world.add("youtube", platform.url(), "youtube");
    Publisher publisher(server.url());
    const Outcome start = world.run({"ingest", "start"});
    CHECK_MESSAGE(start.status != 0, start.describe());
    world.must({"enable", "youtube"});
    CHECK(world.wait_state("youtube", "live"));
    const Outcome probe = world.run({"probe", "--json"});
    CHECK_MESSAGE(probe.status == 0, probe.describe());
    CHECK(json::accept(probe.output));
    world.must({"disable", "youtube"});
    CHECK(is_listening(server.port()));
    CHECK(publisher.runs());
}

TEST_SUITE_END();

}  // namespace restream::test
