// What is shown is true now: reasons that stay, a broken configuration that hides nothing, restarts
// that are pending.
#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "process/raw_server.hpp"
#include "process/scene.hpp"
#include "state/registry.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_SUITE_BEGIN("truth");

namespace {

bool says(const Outcome& outcome, const std::string& words) {
    return has(outcome.error, words) || has(outcome.output, words);
}

/// Two live destinations and one that is off, in files of their own.
struct Live : Scene {
    Live() : Scene(IngestServer::embedded) {
        for (const char* name : {"one", "two", "three"}) add(name);
        publish();
        world.must({"enable", "one", "two"});
    }
    fs::path main_file() const { return world.config() / "restream.toml"; }
    fs::path file_of(const std::string& name) const {
        return world.config() / "destinations.d" / (name + ".toml");
    }
    std::set<std::string> live_names() const {
        std::set<std::string> names;
        const json document = json::parse(world.run({"status", "--json"}).output);
        for (const auto& each : document["destinations"]) {
            if (each["state"] == "live") names.insert(each["name"].get<std::string>());
        }
        return names;
    }
};

}  // namespace

TEST_CASE("truth: with a server that never answers, the reason stays through every new try") {
    Scene scene(IngestServer::embedded);
    // It takes the connection, says nothing, and closes a moment later.
    RawServer mute([](RawConnection& peer) {
        const auto end = Deadline::after(milliseconds(400));
        peer.stall([&] { return end.has_passed(); });
    });
    scene.world.add("one", mute.url(), "word");
    scene.publish();
    CHECK(scene.world.run({"enable", "one"}).status == 5);
    // The record is what all that shows is made from: looked at until four tries have failed.
    const Registry registry{scene.world.layout()};
    std::set<State> seen;
    std::string blank;
    const bool is_done = wait_until(Deadline::after(seconds(40)), [&] {
        const auto record = registry.last_record("one");
        if (!record) return false;
        seen.insert(record->state);
        if (!shown_reason(*record, std::chrono::system_clock::now())) blank = to_json(*record);
        return record->tries >= 4;
    });
    CHECK(is_done);
    CHECK_MESSAGE(blank.empty(), blank);
    CHECK(seen.contains(State::connecting));
    CHECK(seen.contains(State::backoff));
    json connecting;
    REQUIRE(scene.world.wait_status(
        "one",
        [&](const json& part) {
            connecting = part;
            return part["state"] == "connecting";
        },
        seconds(70)));
    CHECK_MESSAGE(connecting["reason"]["code"] == "not_rtmp", connecting.dump());
    CHECK_FALSE(connecting["reason"]["remedy"].get<std::string>().empty());
    CHECK_MESSAGE(connecting["attempts"] >= 4, connecting.dump());
    CHECK_MESSAGE(connecting["next_retry_in_s"] == 0, connecting.dump());
    scene.world.must({"stop"});
    CHECK(scene.world.status("one")["reason"].is_null());
}

TEST_CASE("truth: a restream.toml that is broken, or cannot be read, hides nothing that runs") {
    Live scene;
    const std::string good = content_of(scene.main_file());
    struct Row {
        const char* what;
        std::function<void()> spoil;
        const char* says;
    };
    const Row rows[] = {
        {"no TOML", [&] { write_file(scene.main_file(), "[ingest\n"); }, "restream.toml:1:"},
        {"an unknown field", [&] { write_file(scene.main_file(), good + "[nonsense]\n"); },
         "nonsense"},
        {"a folder",
         [&] {
             fs::remove(scene.main_file());
             fs::create_directory(scene.main_file());
         },
         "restream.toml"},
        {"unreadable", [&] { fs::permissions(scene.main_file(), fs::perms::none); },
         "restream.toml"},
        {"a destination's file", [&] { write_file(scene.file_of("one"), "url = 5\n"); },
         "one.toml:1:"},
        {"another destination's file", [&] { write_file(scene.file_of("zed"), "x = [\n"); },
         "zed.toml:"},
    };
    const std::string good_one = content_of(scene.file_of("one"));
    for (const Row& row : rows) {
        CAPTURE(row.what);
        row.spoil();
        // Root reads all.
        const bool is_as_before = scene.world.run({"status"}).status == 0;
        if (is_as_before && std::string(row.what) == "unreadable") continue;
        const Outcome table = scene.world.run({"status"});
        CHECK_MESSAGE(table.status == 3, table.describe());
        CHECK_MESSAGE(table.output.starts_with("the configuration is broken: "), table.describe());
        CHECK_MESSAGE(has(table.output.substr(0, table.output.find('\n')), row.says),
                      table.describe());
        CHECK_MESSAGE(has(table.output, "ingest: live"), table.describe());
        const Outcome document = scene.world.run({"status", "--json"});
        CHECK_MESSAGE(document.status == 3, document.describe());
        CHECK_MESSAGE(has(json::parse(document.output)["config_error"]["message"], row.says),
                      document.describe());
        CHECK(scene.live_names() == std::set<std::string>{"one", "two"});
        CHECK_MESSAGE(scene.world.run({"status", "one"}).status == 3, table.describe());
        const json one = json::parse(scene.world.run({"status", "one", "--json"}).output);
        CHECK(one["destinations"][0]["url"] == scene.platform.url());
        CHECK(one["destinations"][0]["wanted"] == true);

        const Outcome ingest = scene.world.run({"ingest", "status", "--json"});
        CHECK_MESSAGE(ingest.status == 3, ingest.describe());
        const json told = json::parse(ingest.output);
        CHECK(told["ingest"]["state"] == "live");
        CHECK(told["ingest"]["running"] == "embedded");
        CHECK(told["ingest"]["url"] == scene.world.ingest_url());
        CHECK(told["config_error"].is_object());
        CHECK(says(scene.world.run({"ingest", "status"}), row.says));

        const Outcome explain = scene.world.run({"explain", "--json"});
        CHECK_MESSAGE(explain.status == 3, explain.describe());
        const json explained = json::parse(explain.output);
        CHECK(explained["config_error"].is_object());
        CHECK_MESSAGE(explained["relays"].size() >= 2, explain.describe());

        const Outcome doctor = scene.world.run({"doctor", "--json"});
        CHECK_MESSAGE(doctor.status == 3, doctor.describe());
        CHECK_MESSAGE(has(doctor.output, "\"one: live\""), doctor.describe());
        CHECK_MESSAGE(has(doctor.output, "\"two: live\""), doctor.describe());
        CHECK(json::parse(doctor.output)["findings"][0]["code"] == "config_invalid");

        CHECK_MESSAGE(scene.world.run({"logs", "one"}).status == 0, row.what);
        CHECK_MESSAGE(scene.world.run({"logs", "one"}).output.size() > 0, row.what);

        if (!fs::is_regular_file(scene.main_file())) fs::remove_all(scene.main_file());
        fs::remove(scene.file_of("zed"));
        if (fs::exists(scene.main_file())) {
            fs::permissions(scene.main_file(), fs::perms::owner_read | fs::perms::owner_write);
        }
        write_file(scene.main_file(), good);
        write_file(scene.file_of("one"), good_one);
        CHECK(scene.world.run({"status", "one", "two"}).status == 0);
    }
    // Nothing was interrupted by any of it.
    CHECK(scene.platform.begun("one") == 1);
    CHECK(scene.platform.begun("two") == 1);
}

TEST_CASE("truth: what runs can be stopped whatever became of the configuration") {
    Live scene;
    write_file(scene.main_file(), "[ingest\n");
    write_file(scene.file_of("one"), "url = 5\n");
    const Outcome disable = scene.world.run({"disable", "one"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    CHECK(says(disable, "restream.toml:1:"));
    CHECK(scene.live_names() == std::set<std::string>{"two"});
    const Outcome stop = scene.world.run({"stop"});
    CHECK_MESSAGE(stop.status == 0, stop.describe());
    CHECK(scene.live_names().empty());
    const json document = json::parse(scene.world.run({"status", "--json"}).output);
    for (const auto& each : document["destinations"]) {
        if (each["name"] != "two") continue;
        CHECK(each["down"] == true);
        CHECK(each["url"] == scene.platform.url());
    }
    CHECK(scene.world.run({"stop", "--ingest"}).status == 0);
    CHECK(World::count_processes("restream-ingest-server") == 0);
    const Outcome unknown = scene.world.run({"status", "nobody"});
    CHECK_MESSAGE(unknown.status == 3, unknown.describe());
}

TEST_CASE(
    "truth: who was never wanted is off after a stop of all, and a wish alone starts nothing") {
    Scene scene;
    scene.add("wanted");
    scene.add("never");
    scene.world.must({"enable", "wanted"});
    scene.world.must({"stop"});
    const auto words = [&](const std::string& name) {
        const std::string table = scene.world.run({"status"}).output;
        const std::string line = table.substr(table.find("\n" + name + " ") + 1);
        return line.substr(0, line.find('\n'));
    };
    CHECK_MESSAGE(has(words("wanted"), " stopped "), words("wanted"));
    CHECK_MESSAGE(has(words("never"), " off "), words("never"));
    scene.world.must({"start"});
    CHECK_MESSAGE(has(words("never"), " off "), words("never"));
    CHECK(scene.world.status("never")["down"] == false);
    scene.world.must({"enable", "never", "--no-start"});
    CHECK_MESSAGE(has(words("never"), " not started "), words("never"));
    CHECK(says(scene.world.run({"status"}), "wanted, not started"));
    CHECK(scene.world.status("never")["state"] == "stopped");
    CHECK(scene.world.status("never")["reason"]["code"] == "not_started_yet");
    // A stop, and a wish that is made anew.
    scene.world.must({"stop"});
    scene.world.must({"enable", "wanted", "--no-start"});
    CHECK_MESSAGE(has(words("wanted"), " not started "), words("wanted"));
    // One that ended by itself is dead.
    scene.world.must({"start", "never"});
    const int worker = scene.world.worker("never");
    kill_now(scene.world.guardian("never"));
    kill_if_there(worker);
    REQUIRE(wait_until(Deadline::after(seconds(5)),
                       [&] { return !scene.world.is_lock_held("never"); }));
    scene.world.must({"ingest", "stop"});  // nobody heals it from here on
    if (!scene.world.is_lock_held("never")) {
        CHECK_MESSAGE(has(words("never"), " dead "), words("never"));
    }
}

TEST_CASE("truth: a new key of a live destination is a restart that is pending until it happens") {
    Live scene;
    const auto is_pending = [](const json& part) { return part["restart_pending"] == true; };
    CHECK(scene.world.status("one")["restart_pending"] == false);
    const Outcome key = scene.world.run({"key", "one", "--key-stdin"}, {.input = "another-word\n"});
    CHECK_MESSAGE(key.status == 0, key.describe());
    CHECK_MESSAGE(says(key, "restream restart one"), key.describe());
    CHECK_FALSE(says(key, "restream enable"));
    CHECK_MESSAGE(is_pending(scene.world.status("one")), scene.world.status("one").dump());
    CHECK(scene.world.status("two")["restart_pending"] == false);
    CHECK(says(scene.world.run({"status"}), "restart pending"));
    CHECK(scene.platform.begun("another-word") == 0);
    // Nothing of the key is in any file of the state folder.
    for (const auto& each : fs::recursive_directory_iterator(scene.world.state())) {
        if (!each.is_regular_file()) continue;
        const std::string text = content_of(each.path());
        CHECK_MESSAGE(!has(text, "another-word"), each.path().string());
    }
    scene.world.must({"restart", "one"});
    CHECK(scene.platform.begun("another-word") == 1);
    CHECK(scene.world.status("one")["restart_pending"] == false);
    CHECK(scene.platform.begun("two") == 1);
}

TEST_CASE("truth: any other setting that a running session does not have is pending, too") {
    Live scene;
    const std::string good = content_of(scene.file_of("one"));
    const auto waits = [&](bool is_pending) {
        return scene.world.wait_status(
            "one", [&](const json& part) { return part["restart_pending"] == is_pending; });
    };
    write_file(scene.file_of("one"), good + "hold = \"7s\"\n");
    CHECK(waits(true));
    write_file(scene.file_of("one"), "# a comment\n" + good);
    CHECK(waits(false));  // as it was
    write_file(scene.main_file(),
               content_of(scene.main_file()) + "[defaults]\non_ingest_loss = \"close\"\n");
    CHECK(waits(true));
    CHECK(scene.world.wait_status(
        "two", [](const json& part) { return part["restart_pending"] == true; }));
    CHECK(scene.world.status("three")["restart_pending"] == false);
    CHECK(scene.platform.begun("one") == 1);
}

TEST_CASE("truth: a key that is replaced while a relay waits for the ingest is used at once") {
    Scene scene(IngestServer::embedded);
    scene.add("one");
    scene.world.must({"ingest", "start"});
    scene.world.must({"enable", "one"});
    REQUIRE(scene.world.wait_state("one", "waiting"));
    scene.world.must({"key", "one", "--key-stdin"}, {.input = "another-word\n"});
    CHECK(scene.world.status("one")["restart_pending"] == false);
    const fs::path log = scene.world.layout().log("one");
    REQUIRE(wait_until(Deadline::after(seconds(10)),
                       [&] { return has(content_of(log), "the configuration has changed"); }));
    scene.publish();
    REQUIRE(scene.world.wait_state("one", "live"));
    CHECK(scene.platform.begun("another-word") == 1);
    CHECK(scene.platform.begun("one") == 0);
}

TEST_CASE(
    "truth: enable --wait-live is 1 where the destination only holds, and 0 once it is live") {
    Live scene;
    scene.publisher->stop();
    REQUIRE(scene.world.wait_state("one", "holding"));
    CHECK(scene.world.run({"enable", "one"}).status == 0);
    const Outcome held = scene.world.run({"enable", "one", "--wait-live", "--timeout", "1s"});
    CHECK_MESSAGE(held.status == 1, held.describe());
    CHECK(says(held, "holding"));
    CommandRun waiting = scene.world.start({"enable", "one", "--wait-live", "--timeout", "30s"});
    scene.publish();
    const Outcome live = waiting.wait();
    CHECK_MESSAGE(live.status == 0, live.describe());
    CHECK(says(live, "one: live"));
}

TEST_CASE(
    "truth: enable names another destination that sends to the same server with the same key") {
    Scene scene(IngestServer::embedded);
    scene.world.add("one", scene.platform.url(), "word-of-both");
    scene.world.add("two", scene.platform.url() + "/", "word-of-both");
    scene.publish();
    CHECK_FALSE(says(scene.world.run({"enable", "one"}), "same stream key"));
    const Outcome second = scene.world.run({"enable", "two"});
    CHECK_MESSAGE(says(second, "one and two send to the same server with the same stream key"),
                  second.describe());
    CHECK_FALSE(says(second, "word-of-both"));
    CHECK_MESSAGE(second.status == 5, second.describe());
    CHECK(scene.world.status("two")["reason"]["code"] == "already_published");
    CHECK(scene.world.state("one") == "live");
}

TEST_SUITE_END();

}  // namespace restream::test
