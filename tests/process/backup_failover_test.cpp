// A destination whose second server is used while the first one fails.
#include <doctest/doctest.h>

#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/two_servers.hpp"

namespace restream::test {

using std::chrono::seconds;

TEST_SUITE_BEGIN("backup_relay");

namespace {

Milliseconds between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<Milliseconds>(to - from);
}

}  // namespace

TEST_CASE("backup relay: to fail over, the picture is at the backup within 3 s, and goes back") {
    TwoServers stage;
    stage.add("failover");
    stage.publish();
    const Outcome enabled = stage.world.must({"enable", "youtube"});
    CHECK_MESSAGE(has(enabled.output, "youtube (backup): stands by"), enabled.describe());
    CHECK(stage.wait_standby());
    REQUIRE(stage.wait_confirmed());
    CHECK(stage.backup.sessions().empty());
    CHECK(stage.part()["mode"] == "failover");

    const SteadyTime broken = SteadyClock::now();
    CountedTime counted;
    stage.break_primary();
    REQUIRE(stage.backup.wait_for(
        [](const auto& all) { return !all.empty() && keyframe_at(all[0]).has_value(); }));
    CHECK(counted.passed() < seconds(3));
    const auto took = between(broken, *keyframe_at(stage.backup.sessions()[0]));
    MESSAGE("the backup has a picture after " << took.count() << " ms");
    CHECK(stage.wait_backup_state("live"));
    CHECK(stage.world.wait_state("youtube", "backoff"));

    // One that comes and goes is no reason to leave the backup.
    stage.primary_line.cut_each_after(1500);
    stage.primary_line.set_mode(TcpProxy::Mode::pass);
    stage.world.must({"start", "youtube"});
    CHECK(stage.primary.wait_for([](const auto& all) { return all.size() >= 4; }, seconds(60)));
    CHECK(stage.backup.sessions().size() == 1);
    CHECK(!stage.backup.sessions()[0].has_left);

    stage.primary_line.cut_each_after(0);
    stage.world.must({"start", "youtube"});
    REQUIRE(stage.wait_confirmed());
    CHECK(stage.backup.wait_for([](const auto& all) { return all[0].has_ended; }, seconds(5)));
    const auto sessions = stage.backup.sessions();
    REQUIRE(sessions.size() == 1);
    CHECK(sessions[0].has_left);
    CHECK(sessions[0].name == TwoServers::key);
    check_no_loss(sessions[0]);
    CHECK(stage.wait_standby());
    const Outcome table = stage.world.must({"status"});
    CHECK_MESSAGE(has(table.output, "  backup  standby"), table.output);
    const Outcome explained = stage.world.must({"explain", "youtube"});
    CHECK_MESSAGE(has(explained.output, "youtube (backup): since"), explained.output);
    const Outcome logged = stage.world.must({"logs", "youtube"});
    CHECK_MESSAGE(has(logged.output, "Z backup: live"), logged.output);
    CHECK_MESSAGE(has(logged.output, "Z live"), logged.output);
    stage.check_no_key();
}

TEST_CASE("backup relay: to fail over, a primary relay that is killed or hangs is a failure, too") {
    TwoServers stage;
    stage.add("failover");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.wait_standby());
    const int worker = stage.world.worker("youtube");
    CountedTime took;
    SUBCASE("its guardian and its worker are killed") {
        // Not healed meanwhile: who would heal it is stopped.
        const int healer = stage.world.ingest_record().guardian.pid;
        freeze(healer);
        kill_now(stage.world.guardian("youtube"));
        kill_if_there(worker);
        CHECK(stage.backup.wait_for(
            [](const auto& all) { return !all.empty() && keyframe_at(all[0]).has_value(); }));
        CHECK(took.passed() < seconds(3));
        thaw(healer);
    }
    SUBCASE("its worker hangs") {
        freeze(worker);
        CHECK(stage.backup.wait_for(
            [](const auto& all) { return !all.empty() && keyframe_at(all[0]).has_value(); }));
        CHECK(took.passed() < seconds(9));  // of which 5 s are what its record is believed for
        thaw(worker);
    }
    REQUIRE(stage.wait_confirmed());
    CHECK(stage.wait_standby());
    CHECK(stage.backup.sessions().at(0).has_left);
}

TEST_CASE("backup relay: to fail over, a server that takes nothing more need not end the session") {
    TwoServers stage;
    stage.add("failover");
    const Publisher publisher(stage.world.ingest_url(), Footage::heavy);
    REQUIRE(stage.world.wait_ingest("live"));
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.wait_standby());
    REQUIRE(stage.wait_confirmed());
    const SteadyTime stalled = SteadyClock::now();
    stage.primary_line.set_mode(TcpProxy::Mode::stall);
    REQUIRE(stage.backup.wait_for(
        [](const auto& all) { return !all.empty() && keyframe_at(all[0]).has_value(); }));
    MESSAGE("the backup has a picture after "
            << between(stalled, *keyframe_at(stage.backup.sessions()[0])).count() << " ms");
    CHECK(stage.world.state("youtube") == "live");
    stage.primary_line.set_mode(TcpProxy::Mode::pass);
    CHECK(stage.wait_standby());
    CHECK(stage.backup.sessions().size() == 1);
    CHECK(stage.backup.sessions()[0].has_left);
    CHECK(stage.world.status("youtube")["reconnects"] == 0);
}

TEST_CASE("backup relay: without an ingest nothing has failed, and the backup stands by") {
    TwoServers stage;
    stage.add("failover", "on_ingest_loss = \"close\"\n");
    stage.publish();
    stage.world.must({"enable", "youtube"});
    REQUIRE(stage.primary.wait_tags(100));
    stage.publisher->finish();
    CHECK(stage.world.wait_state("youtube", "waiting"));
    stage.publish();
    CHECK(stage.world.wait_state("youtube", "live"));
    CHECK(stage.wait_standby());
    CHECK(stage.backup.sessions().empty());
}

TEST_SUITE_END();

}  // namespace restream::test
