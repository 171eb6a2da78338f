// The dashboard comes and goes: by start, by the healer, twice at once, in the midst of a change.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <list>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/http_client.hpp"
#include "process/patience.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"
#include "state/dashboard_record.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_life");

namespace {

/// A world in which a dashboard is wanted; it ends before the world does.
struct Wanted {
    World world{IngestServer::embedded};
    int port = free_port();

    explicit Wanted(const std::string& more = "") {
        world.configure(
            fmt::format("[dashboard]\nenabled = true\nlisten = \"127.0.0.1:{}\"\n{}", port, more));
    }
    ~Wanted() { world.run({"dashboard", "--stop"}); }

    std::string url() const { return fmt::format("http://127.0.0.1:{}", port); }
    bool is_up() const { return http(port, "GET", "/healthz").status == 200; }
    /// 0 where none lives.
    int pid() const {
        const auto record = live_dashboard(world.layout());
        return record ? record->process.pid : 0;
    }
    std::string token() const {
        std::string text = content_of(world.layout().dashboard_token());
        if (!text.empty()) text.pop_back();
        return text;
    }
};

json findings_about_dashboard(const World& world) {
    const json all = json::parse(world.run({"doctor", "--json"}).output)["findings"];
    json some = json::array();
    for (const auto& each : all) {
        if (each["area"] == "dashboard") some.push_back(each);
    }
    return some;
}

}  // namespace

TEST_CASE("dashboard life: start brings it up, the healer brings it back, and --stop ends both") {
    const Wanted wanted;
    const World& world = wanted.world;
    CHECK(findings_about_dashboard(world)[0]["severity"] == "warning");
    const Outcome first = world.run({"start"});
    CHECK_MESSAGE(has(first.error, "dashboard: started, " + wanted.url()), first.describe());
    CHECK(wanted.is_up());
    CHECK(findings_about_dashboard(world)[0]["message"] == "it is at " + wanted.url());
    const int pid = wanted.pid();
    CHECK_FALSE(has(world.run({"start"}).error, "dashboard"));
    CHECK(wanted.pid() == pid);
    kill_now(pid);
    REQUIRE(wait_gone(pid, 5s));
    CHECK(world.must({"start", "--heal"}).output == "dashboard: started again\n");
    CHECK(wanted.is_up());
    CHECK(world.must({"start", "--heal"}).output.empty());
    const auto told = [&](const char* option) {
        return json::parse(world.must({"dashboard", option, "--json"}).output);
    };
    CHECK(told("--background") ==
          json{{"schema", 1}, {"action", "running"}, {"url", wanted.url()}, {"pid", wanted.pid()}});
    CHECK(told("--stop") ==
          json{{"schema", 1}, {"action", "stopped"}, {"url", nullptr}, {"pid", nullptr}});
    CHECK(told("--stop")["action"] == "not_running");
    CHECK(wanted.pid() == 0);
    CHECK(world.must({"start", "--heal"}).output.empty());
    CHECK(findings_about_dashboard(world).empty());
    CHECK(has(world.run({"start"}).error, "dashboard: started, "));
}

TEST_CASE("dashboard life: one that is started by hand is healed after it was ended before") {
    const Wanted wanted;
    wanted.world.must({"dashboard", "--stop"});
    CommandRun by_hand = wanted.world.start({"dashboard"});
    REQUIRE(wait_until(Patience(20s), [&] { return wanted.pid() != 0; }));
    kill_now(by_hand.pid());
    by_hand.wait();
    CHECK(wanted.world.must({"start", "--heal"}).output == "dashboard: started again\n");
}

TEST_CASE("dashboard life: of six starts at once, one starts it, and all say where it is") {
    const Wanted wanted;
    std::list<CommandRun> runs;
    for (int i = 0; i < 6; ++i) {
        runs.push_back(wanted.world.start({"dashboard", "--background"}));
    }
    int started = 0;
    for (CommandRun& run : runs) {
        const Outcome outcome = run.wait();
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_MESSAGE(has(outcome.output, wanted.url()), outcome.describe());
        started += has(outcome.output, "started");
    }
    CHECK(started == 1);
}

TEST_CASE("dashboard life: whoever is last, a start or a --stop, is obeyed") {
    const Wanted wanted;
    for (int i = 0; i < 5; ++i) {
        CommandRun start = wanted.world.start({"dashboard", "--background"});
        CommandRun stop = wanted.world.start({"dashboard", "--stop"});
        const Outcome started = start.wait();
        const Outcome stopped = stop.wait();
        CHECK_MESSAGE(stopped.status == 0, stopped.describe());
        // Ended before it was up is no start.
        const bool is_honest = started.status == 0 || has(started.error, "ended");
        CHECK_MESSAGE(is_honest, started.describe());
        wanted.world.must({"dashboard", "--stop"});
        CHECK(wanted.pid() == 0);
        wanted.world.must({"dashboard", "--background"});
        CHECK(wanted.is_up());
    }
}

TEST_CASE("dashboard life: where its port is taken, relays are started and healed all the same") {
    const Wanted wanted;
    const World& world = wanted.world;
    const TagServer platform;
    const CommandRun squatter = [&] {
        CommandLine line = world.command({"dashboard"});
        for (auto& [name, value] : line.variables) {
            if (name == "RESTREAM_STATE_DIR") value = world.home() / "other";
        }
        return CommandRun(line);
    }();
    REQUIRE(wait_until(Patience(20s), [&] { return has(squatter.output(), wanted.url()); }));
    world.add("youtube", platform.url(), "k3y");
    world.must({"ingest", "start"});
    std::optional<TagPublisher> publisher;
    publisher.emplace(world.ingest_url());
    REQUIRE(publisher->wait_accepted());
    publisher->begin_counting();
    world.must({"enable", "youtube"});
    world.must({"stop"});
    const Outcome start = world.run({"start"});
    CHECK(start.status == 5);
    CHECK(start.output == "youtube: live\n");
    CHECK_MESSAGE(has(start.error, fmt::format("(PID {})", squatter.pid())), start.describe());
    const int guardian = world.guardian("youtube");
    const int worker = world.worker("youtube");
    kill_now(guardian);
    kill_if_there(worker);
    REQUIRE(wait_gone(guardian, 5s));
    REQUIRE(wait_until(Patience(10s), [&] { return !world.is_lock_held("youtube"); }));
    const Outcome heal = world.run({"start", "--heal"});
    CHECK(heal.status == 5);
    CHECK(heal.output == "youtube: started again\n");
}

TEST_CASE("dashboard life: what it was doing as it was killed is done to its end") {
    const Wanted wanted;
    const World& world = wanted.world;
    const TagServer platform;
    world.add("youtube", platform.url(), "k3y");
    world.must({"ingest", "start"});
    std::optional<TagPublisher> publisher;
    publisher.emplace(world.ingest_url());
    REQUIRE(publisher->wait_accepted());
    publisher->begin_counting();
    world.must({"enable", "youtube"});
    publisher.reset();
    world.must({"stop", "--ingest"});
    world.must({"dashboard", "--background"});
    // It says "ingest: started" to whoever listens, and only then starts what is wanted.
    const HttpLine line(wanted.port);
    line.send(
        fmt::format("POST /api/v1/start HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                    "X-Restream-Token: {}\r\nContent-Length: 0\r\n\r\n",
                    wanted.port, wanted.token()));
    REQUIRE(wait_until(Patience(10s),
                       [] { return World::count_processes("restream-start") > 0; }));
    kill_now(wanted.pid());
    CHECK(wait_until(Patience(20s), [&] { return world.is_lock_held("youtube"); }));
    CHECK(world.wait_state("youtube", "waiting"));
}

TEST_SUITE_END();

}  // namespace restream::test
