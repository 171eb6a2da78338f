// What the dashboard tells who reads its events.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/clock.hpp"
#include "engine/raw_client.hpp"
#include "process/dashboard_scene.hpp"
#include "process/patience.hpp"
#include "system/fd.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_events");

namespace {

Milliseconds median(std::vector<Milliseconds> all) {
    std::ranges::sort(all);
    return all.at(all.size() / 2);
}

bool has_destination(const json& status, const std::string& name) {
    return std::ranges::any_of(status["destinations"],
                               [&](const json& each) { return each["name"] == name; });
}

/// Of a status event.
json only_destination(const json& status) { return status["destinations"].at(0); }

/// A configuration whose status is longer than what the system keeps for who does not read.
std::string many_destinations(const std::string& mark) {
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += fmt::format("[destination.d{}]\nurl = \"rtmp://127.0.0.1/{}\"\n", i,
                            mark + std::string(800, 'a'));
    }
    return text;
}

}  // namespace

TEST_CASE("dashboard: events tell at once what there is") {
    Line line;
    const Dashboard dashboard(line.world);
    EventReader events(dashboard);
    CHECK(has(events.head(), "Content-Type: text/event-stream\r\n"));
    std::set<std::string> names;
    while (names.size() < 3) {
        const auto event = events.next(Deadline::after(10s));
        REQUIRE(event);
        names.insert(event->name);
        if (event->name == "status") {
            CHECK(only_destination(event->document)["state"] == "live");
        }
    }
    CHECK(names == std::set<std::string>{"status", "ingest", "thumbnail"});
    // Who comes later is told the same.
    EventReader second(dashboard);
    CHECK(only_destination(second.wait("status", [](auto&) { return true; }))["state"] == "live");
}

TEST_CASE("dashboard: what changes is in an event within a second, most of the time") {
    Line line;
    const Dashboard dashboard(line.world);
    EventReader events(dashboard);
    REQUIRE_FALSE(events.wait("status", [](auto&) { return true; }).is_null());
    std::vector<Milliseconds> added;
    std::vector<Milliseconds> live;
    for (int i = 0; i < 5; ++i) {
        const std::string name = fmt::format("d{}", i);
        const auto begun = SteadyClock::now();
        line.world.add(name, "rtmp://127.0.0.1/live");
        CHECK_FALSE(
            events.wait("status", [&](auto& all) { return has_destination(all, name); }).is_null());
        added.push_back(std::chrono::ceil<Milliseconds>(SteadyClock::now() - begun));
    }
    const auto youtube = [](const json& status) { return status["destinations"].back(); };
    for (int i = 0; i < 5; ++i) {
        line.world.must({"disable", "youtube"});
        CHECK_FALSE(
            events.wait("status", [&](auto& all) { return youtube(all)["state"] == "stopped"; })
                .is_null());
        CommandRun enable = line.world.start({"enable", "youtube"});
        const json told =
            events.wait("status", [&](auto& all) { return youtube(all)["state"] == "live"; });
        const auto heard = std::chrono::system_clock::now();
        REQUIRE_FALSE(told.is_null());
        // The relay's own word on when it became so.
        const auto since = from_iso8601(youtube(told)["since"].get<std::string>());
        REQUIRE(since);
        live.push_back(std::chrono::ceil<Milliseconds>(heard - *since));
        CHECK(enable.wait().status == 0);
    }
    // A single one may meet a machine that is busy with something else.
    MESSAGE("events came after ", median(added).count(), " and ", median(live).count(), " ms");
    CHECK_MESSAGE(median(added) <= 1s, median(added).count());
    CHECK_MESSAGE(median(live) <= 1s, median(live).count());
}

TEST_CASE("dashboard: events tell of a broken configuration, and when it is mended") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    EventReader events(dashboard);
    REQUIRE_FALSE(events.wait("status", [](auto&) { return true; }).is_null());
    world.configure("nonsense = 1\n");
    const auto is_told = [](const json& problem) { return !problem["error"].is_null(); };
    const json problem = events.wait("problem", is_told);
    REQUIRE_FALSE(problem.is_null());
    CHECK(problem["error"]["code"] == "config");
    CHECK(has(problem["error"]["message"].get<std::string>(), "nonsense"));
    // It hides nothing: what runs is told, with what is wrong and where.
    const json error = dashboard.get("/api/v1/status").json()["config_error"];
    CHECK(error["file"] == (world.config() / "restream.toml").string());
    CHECK_MESSAGE(error["line"].is_number(), error.dump());
    CHECK_MESSAGE(error["column"].is_number(), error.dump());
    CHECK(has(error["words"].get<std::string>(), "nonsense"));
    CHECK(dashboard.get("/api/v1/ingest").json()["config_error"] == error);
    CHECK(dashboard.get("/metrics").status == 200);
    CHECK(dashboard.get("/api/v1/destinations").brief() == "500 config");
    CHECK(dashboard.get("/healthz").status == 200);
    // Who comes meanwhile is told so, too.
    EventReader second(dashboard);
    CHECK_FALSE(second.wait("problem", is_told).is_null());
    world.configure("");
    CHECK_FALSE(events.wait("problem", [&](auto& each) { return !is_told(each); }).is_null());
    CHECK_FALSE(second.wait("problem", [&](auto& each) { return !is_told(each); }).is_null());
    CHECK(dashboard.get("/api/v1/status").status == 200);
}

TEST_CASE("dashboard: whoever comes is told what there is, also where nothing changes any more") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    world.configure("nonsense = 1\n");
    // What is broken is looked at faster than a connection becomes one that reads events.
    for (int i = 0; i < 200; ++i) {
        EventReader events(dashboard);
        CHECK_FALSE(events
                        .wait(
                            "problem", [](auto&) { return true; }, 3s)
                        .is_null());
    }
}

TEST_CASE("dashboard: the 33rd who reads events gets in, and the first one has to go") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    std::list<EventReader> readers;
    const auto come = [&] { return readers.emplace_back(dashboard).head(); };
    for (int i = 0; i < 32; ++i) CHECK(come().starts_with("HTTP/1.1 200 "));
    const auto count_connected = [&] { return dashboard.count_sockets() - 1; };
    for (int i = 0; i < 3; ++i) {
        CHECK(come().starts_with("HTTP/1.1 200 "));
        CHECK(wait_until(Patience(10s), [&] { return count_connected() == 32; }));
        readers.pop_front();
    }
    CHECK(dashboard.get("/api/v1/status").status == 200);
    for (auto& each : readers) {
        CHECK_FALSE(each.wait("status", [](auto&) { return true; }).is_null());
    }
}

TEST_CASE("dashboard: who never reads his events is dropped, and the others go on") {
    const World world(IngestServer::embedded);
    world.configure(many_destinations("first"));
    const Dashboard dashboard(world);
    EventReader good(dashboard);
    REQUIRE_FALSE(good.wait("status", [](auto&) { return true; }).is_null());
    const int before = dashboard.count_sockets();
    const Fd stuck = connect_with_short_buffer(dashboard.port());
    write_all(stuck, "GET /api/v1/events HTTP/1.1\r\n" + dashboard.host_line() + "\r\n");
    REQUIRE(wait_until(Patience(10s), [&] { return dashboard.count_sockets() > before; }));
    // The good one goes on meanwhile, and after it.
    world.configure(many_destinations("second"));
    const auto has_mark = [](const char* mark) {
        return [mark](const json& status) {
            return has(status["destinations"].at(0)["url"].get<std::string>(), mark);
        };
    };
    CHECK_FALSE(good.wait("status", has_mark("second")).is_null());
    CHECK(dashboard.count_sockets() > before);
    CHECK(wait_until(Patience(30s), [&] {
        good.next(Deadline::after(100ms));
        return dashboard.count_sockets() == before;
    }));
    world.configure(many_destinations("third"));
    CHECK_FALSE(good.wait("status", has_mark("third")).is_null());
}

TEST_SUITE_END();

}  // namespace restream::test
