// A destination with a second server: both at once; and what commands make of its two relays.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "process/patience.hpp"
#include "process/raw_server.hpp"
#include "process/rtmp_tags.hpp"
#include "process/two_servers.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("backup_relay");

TEST_CASE("backup relay: with both, either server gets every message under the same key") {
    TwoServers stage;
    stage.add("both");
    stage.publish();
    const Outcome enabled = stage.world.must({"enable", "youtube"});
    CHECK_MESSAGE(has(enabled.output, "youtube: live\n"), enabled.describe());
    CHECK_MESSAGE(has(enabled.output, "youtube (backup): live\n"), enabled.describe());
    CHECK(stage.primary.wait_tags(300));
    CHECK(stage.backup.wait_tags(300));
    for (const TagServer* server : {&stage.primary, &stage.backup}) {
        const auto sessions = server->sessions();
        REQUIRE(sessions.size() == 1);
        CHECK(sessions[0].name == TwoServers::key);
        check_no_loss(sessions[0]);
    }
    const json whole = stage.world.status("youtube"), part = whole["backup"];
    CHECK(part["mode"] == "both");
    CHECK(part["url"] == TwoServers::url(stage.backup_line));
    CHECK(part["state"] == "live");
    CHECK(part["session"]["bytes_sent"] > 0);
    CHECK(part["pid"] != whole["pid"]);
    CHECK(part["worker_pid"] != whole["worker_pid"]);
    const Outcome table = stage.world.must({"status"});
    CHECK_MESSAGE(has(table.output, "  backup  live"), table.output);

    stage.world.must({"disable", "youtube"});
    CHECK(!stage.world.is_lock_held("youtube"));
    CHECK(!stage.world.is_lock_held("youtube+backup"));
    for (const TagServer* server : {&stage.primary, &stage.backup}) {
        CHECK(server->wait_for([](const auto& all) { return all.back().has_ended; }));
        CHECK(server->sessions().back().has_left);
    }
    CHECK(stage.part()["state"] == "stopped");
    CHECK(stage.part()["reason"] == nullptr);
    stage.check_no_key();
}

TEST_CASE("backup relay: with both, what befalls one of the two does not reach the other") {
    TwoServers stage;
    stage.add("both");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.primary.wait_tags(100));
    REQUIRE(stage.backup.wait_tags(100));
    const auto goes_on = [](const TagServer& server) {
        const auto before = server.sessions();
        REQUIRE(!before.empty());
        CHECK(server.wait_tags(before.back().tags.size() + 150));
        const auto after = server.sessions();
        CHECK(after.size() == before.size());
        check_no_loss(after.back());
    };
    SUBCASE("the backup's worker is killed") {
        kill_now(stage.world.worker("youtube+backup"));
        goes_on(stage.primary);
        CHECK(stage.backup.wait_for(
            [](const auto& all) { return all.size() == 2 && keyframe_at(all[1]).has_value(); }));
        CHECK(stage.wait_backup([](const json& each) {
            return each["state"] == "live" && each["worker_restarts"] == 1;
        }));
    }
    SUBCASE("the primary's worker is killed") {
        kill_now(stage.world.worker("youtube"));
        goes_on(stage.backup);
        CHECK(stage.primary.wait_for(
            [](const auto& all) { return all.size() == 2 && keyframe_at(all[1]).has_value(); }));
    }
    SUBCASE("the backup's line stalls, then breaks") {
        stage.backup_line.set_mode(TcpProxy::Mode::stall);
        goes_on(stage.primary);
        stage.backup_line.set_mode(TcpProxy::Mode::refuse);
        stage.backup_line.cut();
        CHECK(stage.wait_backup_state("backoff"));
        goes_on(stage.primary);
        CHECK(stage.world.status("youtube")["reconnects"] == 0);
    }
    SUBCASE("the primary's worker hangs") {
        const int worker = stage.world.worker("youtube");
        freeze(worker);
        goes_on(stage.backup);
        thaw(worker);
        CHECK(stage.primary.wait_tags(300));
    }
}

TEST_CASE("backup relay: with both, whoever of the backup's relay is killed, it comes back") {
    TwoServers stage;
    stage.add("both");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.backup.wait_tags(50));
    const int guardian = stage.world.guardian("youtube+backup");
    const int worker = stage.world.worker("youtube+backup");
    SUBCASE("the guardian") { kill_now(guardian); }
    SUBCASE("both") {
        kill_now(guardian);
        kill_if_there(worker);
    }
    CHECK(wait_gone(worker, seconds(2)));
    CHECK(stage.wait_backup(
        [&](const json& each) { return each["state"] == "live" && each["pid"] != guardian; }));
    CHECK(stage.backup.wait_for(
        [](const auto& all) { return all.size() == 2 && keyframe_at(all[1]).has_value(); }));
    const auto primary = stage.primary.sessions();
    REQUIRE(primary.size() == 1);
    CHECK(numbers_of(primary[0].tags).gaps == 0);
}

TEST_CASE("backup relay: enable is as good as the primary; what the backup does, it says") {
    TwoServers stage;
    stage.publish();
    SUBCASE("both, and the backup cannot be reached") {
        stage.backup_line.set_mode(TcpProxy::Mode::refuse);
        stage.add("both");
        const Outcome outcome = stage.world.run({"enable", "youtube"});
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_MESSAGE(has(outcome.output, "youtube: live\n"), outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "youtube (backup): the server refused the connection"),
                      outcome.describe());
    }
    SUBCASE("both, and the backup says nothing") {
        const RawServer silent([](RawConnection& peer) { peer.drain(); });
        stage.world.add("youtube", stage.primary.url(), TwoServers::key,
                        fmt::format("backup_url = \"{}\"\nbackup = \"both\"\n", silent.url()));
        const Outcome outcome = stage.world.run({"enable", "youtube"});
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "youtube (backup): still connecting"), outcome.describe());
        CHECK(outcome.counted < seconds(10));
    }
    SUBCASE("the primary cannot be reached, and the backup carries in its place") {
        stage.primary_line.set_mode(TcpProxy::Mode::refuse);
        stage.add("failover");
        const Outcome outcome = stage.world.run({"enable", "youtube"});
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "youtube: the server refused the connection"),
                      outcome.describe());
        CHECK_MESSAGE(has(outcome.output, "youtube (backup): live: it carries while the primary"),
                      outcome.describe());
        const Outcome again = stage.world.run({"enable", "youtube", "--json"});
        const json one = json::parse(again.output)["destinations"].at(0);
        CHECK(one["name"] == "youtube");
        CHECK(one["outcome"] == "refused");
        CHECK(one["backup"]["outcome"] == "live");
        CHECK(one["backup"]["reason"] == nullptr);
    }
    SUBCASE("neither can be reached") {
        stage.primary_line.set_mode(TcpProxy::Mode::refuse);
        stage.backup_line.set_mode(TcpProxy::Mode::refuse);
        stage.add("failover");
        const Outcome outcome = stage.world.run({"enable", "youtube"});
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "youtube (backup): the server refused the connection"),
                      outcome.describe());
        // What is not needed any more is not tried any more.
        stage.primary_line.set_mode(TcpProxy::Mode::pass);
        stage.world.run({"start", "youtube"});
        REQUIRE(stage.wait_confirmed());
        CHECK(stage.wait_standby());
        CHECK(stage.part()["next_retry_in_s"] == nullptr);
    }
    stage.check_no_key();
}

TEST_CASE("backup relay: stop, start, restart and remove take it along") {
    TwoServers stage;
    stage.add("both");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    const auto are_both = [&](bool held) {
        CHECK(stage.world.is_lock_held("youtube") == held);
        CHECK(stage.world.is_lock_held("youtube+backup") == held);
    };
    are_both(true);
    const Outcome stopped = stage.world.must({"stop"});
    CHECK(stopped.output == "youtube: stopped\n");
    are_both(false);
    stage.world.must({"start"});
    are_both(true);
    const int before = stage.world.guardian("youtube+backup");
    stage.world.must({"restart", "youtube"});
    are_both(true);
    CHECK(stage.world.guardian("youtube+backup") != before);
    // A user types the destination's name alone.
    for (const char* verb : {"enable", "disable", "start", "stop", "restart", "status", "logs",
                             "explain", "remove", "key"}) {
        CAPTURE(verb);
        CHECK(stage.world.run({verb, "youtube+backup"}).status == 2);
    }
    stage.world.must({"remove", "youtube", "--yes"});
    are_both(false);
    for (const auto& entry : fs::recursive_directory_iterator(stage.world.state())) {
        if (!entry.is_regular_file() || entry.path().extension() == ".lock") continue;
        CHECK_MESSAGE(!has(entry.path().filename().string(), "youtube"), entry.path().string());
    }
}

TEST_CASE("backup relay: one that is configured no more ends with the next start") {
    TwoServers stage;
    stage.add("both");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.primary.wait_tags(50));
    SUBCASE("turned off") { stage.add("off"); }
    SUBCASE("gone") {
        stage.world.add("youtube", TwoServers::url(stage.primary_line), TwoServers::key);
    }
    CHECK(stage.part()["mode"] == "off");
    CHECK(has(stage.world.run({"doctor"}).output, "youtube (backup): it runs, but is not"));
    stage.world.must({"start"});
    CHECK(!stage.world.is_lock_held("youtube+backup"));
    CHECK(stage.part() == nullptr);
    CHECK(stage.backup.wait_for([](const auto& all) { return all.back().has_left; }));
    // doctor's looks at the server are none.
    const auto all = stage.primary.sessions();
    CHECK(std::ranges::count_if(all, &TagServer::Session::is_publishing) == 1);
    stage.add("both");
    stage.world.must({"enable", "youtube"});
    CHECK(stage.wait_backup_state("live"));
}

TEST_CASE("backup relay: from both to failover and back, as the configuration says next") {
    TwoServers stage;
    stage.add("failover");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    CHECK(stage.wait_standby());
    stage.add("both");
    stage.world.must({"enable", "youtube"});
    CHECK(stage.wait_backup_state("live"));
    stage.add("failover");
    stage.world.must({"restart", "youtube"});
    CHECK(stage.wait_standby());
    CHECK(stage.backup.sessions().size() == 1);
}

TEST_CASE("backup relay: a hook is told which of the two it was") {
    TwoServers stage;
    const fs::path told = stage.world.home() / "told";
    stage.add("both", "on_state = '(cat; echo \"as $RESTREAM_DESTINATION $RESTREAM_RELAY\") >> " +
                          told.string() + "'\n");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    CHECK(wait_until(Patience(seconds(20)), [&] {
        const std::string text = content_of(told);
        return has(text, "as youtube primary") && has(text, "as youtube backup") &&
               has(text, "\"relay\":\"backup\"") && has(text, "youtube (backup): live");
    }));
    CHECK(!has(content_of(told), TwoServers::key));
}

TEST_SUITE_END();

}  // namespace restream::test
