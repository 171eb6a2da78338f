// Files that are deleted, torn, foreign or stale under a living relay.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "process/descendants.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("damage");

namespace {

/// Somebody may make a file in it while it is emptied.
void delete_folder(const fs::path& folder) {
    CHECK(wait_until(Patience(seconds(5)), [&] {
        std::error_code error;
        fs::remove_all(folder, error);
        return !error;
    }));
}

struct LiveRelay : Scene {
    int guardian = 0;
    int worker = 0;
    LiveRelay() {
        add("youtube");
        publish();
        world.must({"enable", "youtube"});
        REQUIRE(wait_flow("youtube"));
        guardian = world.guardian("youtube");
        worker = world.worker("youtube");
    }
    fs::path record() const { return world.layout().relay_record("youtube"); }
};

/// A process that has nothing to do with any relay.
CommandRun bystander() { return CommandRun({"/bin/sleep", {"1000"}}); }

constexpr const char* torn_texts[] = {
    "",
    "{",
    "null",
    "[]",
    "{\"schema\":1}",
    "{\"schema\":99,\"name\":\"youtube\"}",
    "\xff\xfe\x00garbage",
};

}  // namespace

TEST_CASE(
    "damage: run/ deleted under a live relay: it goes on, status tells the truth, no second "
    "session begins") {
    LiveRelay scene;
    delete_folder(scene.world.layout().run_directory());
    // The guardian takes its lock anew, the worker writes its record again.
    CHECK(scene.world.wait_status(
        "youtube",
        [&](const json& part) { return part["state"] == "live" && part["pid"] == scene.guardian; },
        seconds(5)));
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.platform.begun("youtube") == 1);
    CHECK_FALSE(is_gone(scene.worker));
    scene.world.must({"disable", "youtube"});
    CHECK(is_gone(scene.guardian));
    CHECK(is_gone(scene.worker));
    check_whole(scene.last_recording("youtube"));
}

TEST_CASE("damage: run/ deleted and enable at once: one relay is left, and it is live") {
    LiveRelay scene;
    delete_folder(scene.world.layout().run_directory());
    // For the half second before the ingest's guardian has its lock again, its port is taken by
    // nobody known.
    Outcome enable;
    CHECK_MESSAGE(wait_until(Patience(seconds(5)),
                             [&] {
                                 enable = scene.world.run({"enable", "youtube"});
                                 return enable.status == 0;
                             }),
                  enable.describe());
    if (!scene.publisher->runs()) scene.publish();
    CHECK(scene.world.wait_state("youtube", "live"));
    CHECK(wait_until(Patience(seconds(8)), [&] {
        return scene.platform.begun("youtube") - scene.platform.ended("youtube") == 1 &&
               World::count_processes("restream-relay") == 2;
    }));
    CHECK_MESSAGE(World::count_processes("restream-relay") == 2, describe(living_descendants()));
    check_whole(scene.finish("youtube"));
}

namespace {

/// Two that are live, at either kind of ingest.
struct LivePair : Scene {
    explicit LivePair(IngestServer ingest) : Scene(ingest) {
        add("youtube");
        add("twitch");
        publish();
        world.must({"enable", "--all"});
        REQUIRE(wait_flow("youtube"));
        REQUIRE(wait_flow("twitch"));
    }
    bool goes_on(const std::string& name) const {
        return platform.begun(name) == 1 && platform.ended(name) == 0;
    }
};

void lose_the_state_folder(IngestServer ingest) {
    LivePair scene(ingest);
    const World& world = scene.world;
    const int guardian = world.guardian("youtube");
    const int worker = world.worker("youtube");
    const int server = world.ingest_record().server->pid;
    delete_folder(world.state());
    for (const std::string name : {"youtube", "twitch"}) {
        CHECK(world.wait_state(name, "live", seconds(5)));
        CHECK(scene.goes_on(name));
    }
    // What was wished is lost, and said to be.
    CHECK(world.status("youtube")["wanted"] == false);
    const Outcome doctor = world.run({"doctor"});
    CHECK_MESSAGE(has(doctor.output, "! relays: youtube: live, but not wanted"), doctor.describe());
    const Outcome start = world.must({"start"});
    CHECK_MESSAGE(has(start.output + start.error, "no destination is wanted"), start.describe());

    world.must({"enable", "--all"});
    CHECK(world.status("youtube")["wanted"] == true);
    CHECK(world.guardian("youtube") == guardian);
    CHECK(world.worker("youtube") == worker);
    CHECK(scene.goes_on("youtube"));
    CHECK(scene.goes_on("twitch"));
    CHECK(world.ingest_record().server->pid == server);
    CHECK(has(world.must({"doctor"}).output, "relays: youtube: live\n"));
    CHECK(World::count_processes("restream-relay") == 4);

    world.must({"restart", "twitch"});
    CHECK(world.wait_state("twitch", "live"));
    world.must({"disable", "youtube"});
    CHECK(is_gone(guardian));
    CHECK(is_gone(worker));
    check_whole(scene.last_recording("youtube"));
    world.must({"ingest", "restart"});
    scene.publish();
    world.must({"enable", "--all"});
    for (const std::string name : {"youtube", "twitch"}) {
        CHECK_MESSAGE(world.wait_state(name, "live"), world.status(name).dump());
    }
    CHECK(world.ingest()["state"] == "live");
    CHECK_MESSAGE(World::count_processes("restream-relay") == 4, describe(living_descendants()));
}

}  // namespace

TEST_CASE(
    "damage: the whole state folder deleted under live relays: they go on, the lost wish is told, "
    "and enable makes all as it was") {
    SUBCASE("embedded") { lose_the_state_folder(IngestServer::embedded); }
    SUBCASE("nginx") { lose_the_state_folder(IngestServer::nginx); }
}

TEST_CASE("damage: the whole state folder deleted and disable at once: nothing runs on unseen") {
    LivePair scene(IngestServer::embedded);
    const World& world = scene.world;
    const int guardian = world.guardian("youtube");
    const int worker = world.worker("youtube");
    delete_folder(world.state());
    const Outcome disable = world.must({"disable", "youtube"});
    CHECK_MESSAGE(is_gone(guardian), disable.describe());
    CHECK(is_gone(worker));
    CHECK(scene.goes_on("twitch"));
    CHECK(world.wait_state("twitch", "live", seconds(5)));
    delete_folder(world.layout().run_directory());
    world.must({"stop"});
    CHECK_MESSAGE(World::count_processes("restream-relay") == 0, describe(living_descendants()));
}

TEST_CASE("damage: a torn or foreign record never misleads a command, and the relay mends it") {
    LiveRelay scene;
    for (const std::string text : torn_texts) {
        CAPTURE(text);
        write_file(scene.record(), text);
        const Outcome status = scene.world.run({"status", "--json"});
        CHECK_MESSAGE((status.status == 0 || status.status == 1), status.describe());
        CHECK(json::accept(status.output));
    }
    CHECK(scene.world.wait_state("youtube", "live", seconds(5)));
    CHECK(scene.platform.begun("youtube") == 1);
}

TEST_CASE("damage: a relay whose record stays torn is still found and ended by stop") {
    LiveRelay scene;
    freeze(scene.worker);
    write_file(scene.record(), "{\"schema\":1,");
    const Outcome stop = scene.world.run({"stop", "youtube"});
    CHECK_MESSAGE(stop.status == 0, stop.describe());
    CHECK(is_gone(scene.guardian));
    CHECK(is_gone(scene.worker));
    CHECK_FALSE(scene.world.is_lock_held("youtube"));
}

TEST_CASE("damage: a torn record of a relay that is gone does not keep it from being enabled") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    scene.world.must({"disable", "youtube"});
    for (const std::string text : {"{\"sche", "\xff\xfe"}) {
        write_file(scene.world.layout().relay_record("youtube"), text);
        CHECK(scene.world.state("youtube") == "stopped");
        const Outcome enable = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe());
        CHECK(scene.world.state("youtube") == "live");
        scene.world.must({"disable", "youtube"});
    }
}

TEST_CASE("damage: another relay's record in the place of one's own harms neither") {
    LiveRelay scene;
    scene.add("twitch");
    write_file(scene.world.layout().relay_record("twitch"), content_of(scene.record()));
    CHECK(scene.world.state("twitch") == "stopped");
    scene.world.must({"disable", "twitch"});
    scene.world.must({"stop", "twitch"});
    CHECK_FALSE(is_gone(scene.guardian));
    CHECK_FALSE(is_gone(scene.worker));
    CHECK(scene.world.state("youtube") == "live");
    scene.world.must({"enable", "twitch"});
    CHECK(scene.world.state("twitch") == "live");
    CHECK(scene.platform.begun("youtube") == 1);
}

TEST_CASE("damage: a PID that was reused is never signalled, whether its relay lives or not") {
    LiveRelay scene;
    CommandRun innocent = bystander();
    // The relay lives, its record names a PID that is somebody else's now.
    freeze(scene.worker);
    json record = json::parse(content_of(scene.record()));
    record["guardian"]["pid"] = innocent.pid();
    record["worker"]["pid"] = innocent.pid();
    write_file(scene.record(), record.dump());
    const Outcome stop = scene.world.run({"stop", "youtube"});
    CHECK_MESSAGE(stop.status == 0, stop.describe());
    CHECK(is_gone(scene.guardian));
    CHECK(is_gone(scene.worker));
    CHECK_FALSE(innocent.has_ended());
    // The relay is gone; the record names that process even with its true start time.
    const auto identity = identify(innocent.pid());
    REQUIRE(identity);
    record["guardian"]["start_time"] = identity->start_time;
    record["worker"]["start_time"] = identity->start_time;
    write_file(scene.record(), record.dump());
    CHECK(scene.world.state("youtube") == "stopped");
    for (const std::string verb : {"stop", "disable", "restart", "enable", "disable"}) {
        CAPTURE(verb);
        const Outcome outcome = scene.world.run({verb, "youtube"});
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_FALSE(innocent.has_ended());
    }
}

TEST_CASE("damage: a record of an earlier boot is not taken for a relay that lives") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    REQUIRE(scene.wait_flow("youtube"));
    const auto path = scene.world.layout().relay_record("youtube");
    json record = json::parse(content_of(path));
    scene.world.must({"stop", "youtube"});
    const std::string boot = "00000000-0000-0000-0000-000000000000";
    record["guardian"]["boot_id"] = boot;
    record["worker"]["boot_id"] = boot;
    write_file(path, record.dump());
    write_file(scene.world.layout().relay_down("youtube"), boot);
    const json part = scene.world.status("youtube");
    CHECK_MESSAGE(part["state"] == "stopped", part.dump());
    CHECK_MESSAGE(part["down"] == false, part.dump());
    scene.world.must({"start"});
    CHECK(scene.world.wait_state("youtube", "live"));
}

TEST_CASE(
    "damage: a configuration that cannot be read stops nothing that runs, and nothing is lost") {
    LiveRelay scene;
    const fs::path file = scene.world.config() / "restream.toml";
    const std::string good = content_of(file);
    const fs::path destination = scene.world.config() / "destinations.d" / "youtube.toml";
    const std::string good_destination = content_of(destination);
    const auto check_untouched = [&] {
        for (const std::string verb : {"enable", "start", "restart"}) {
            CAPTURE(verb);
            const Outcome outcome = scene.world.run({verb, "youtube"});
            CHECK_MESSAGE(outcome.status == 3, outcome.describe());
        }
        CHECK_FALSE(is_gone(scene.guardian));
        CHECK_FALSE(is_gone(scene.worker));
        CHECK(scene.world.is_lock_held("youtube"));
        CHECK(scene.platform.begun("youtube") == 1);
        CHECK(scene.platform.ended("youtube") == 0);
    };
    SUBCASE("not TOML") {
        write_file(file, "[ingest\nserver =");
        check_untouched();
    }
    SUBCASE("a folder in its place") {
        fs::remove(file);
        fs::create_directory(file);
        check_untouched();
        fs::remove(file);
    }
    SUBCASE("a destination that is not TOML") {
        write_file(destination, "url = \n");
        check_untouched();
    }
    write_file(file, good);
    write_file(destination, good_destination);
    CHECK(scene.world.state("youtube") == "live");
    CHECK(scene.platform.begun("youtube") == 1);
}

TEST_CASE("damage: with a broken configuration a relay can still be stopped") {
    LiveRelay scene;
    const fs::path file = scene.world.config() / "restream.toml";
    const std::string good = content_of(file);
    write_file(file, "[ingest\n");
    const Outcome stop = scene.world.run({"stop"});
    CHECK_MESSAGE(is_gone(scene.guardian), stop.describe());
    CHECK(is_gone(scene.worker));
    write_file(file, good);
}

TEST_CASE("damage: the configuration folder deleted under a live relay: it goes on") {
    LiveRelay scene;
    fs::rename(scene.world.config(), scene.world.home() / "away");
    const auto& platform = scene.platform;
    const Outcome status = scene.world.run({"status", "--json"});
    CHECK_MESSAGE((status.status == 0 || status.status == 1), status.describe());
    CHECK_FALSE(is_gone(scene.worker));
    fs::rename(scene.world.home() / "away", scene.world.config());
    CHECK(scene.world.state("youtube") == "live");
    CHECK(platform.begun("youtube") == 1);
}

TEST_SUITE_END();

}  // namespace restream::test
