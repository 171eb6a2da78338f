// The machine's clock is set, and status asked all the time, while relays come and go.
#include <doctest/doctest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("clock");

namespace {

/// Commands, and the relays they start, whose wall clock the test sets.
class Clock {
  public:
    /// In the state folder, which is all that a contained ingest server reads.
    explicit Clock(const World& world) : file_(world.state() / "clock") {
        std::filesystem::create_directories(world.state());
        set("+0");
    }

    /// "-1h": from now on, that far from the real time.
    void set(const std::string& offset) const { write_file(file_, offset + "\n"); }
    Call call() const {
        Call call;
        call.variables = {
            {"LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"},
            {"FAKETIME_TIMESTAMP_FILE", file_.string()},
            {"FAKETIME_NO_CACHE", "1"},
            // Nobody can set the other clocks.
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
            {"DONT_FAKE_MONOTONIC", "1"},
            // It stands in front of AddressSanitizer's own library, and takes nothing from it.
            {"ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0"}};
        return call;
    }

  private:
    std::filesystem::path file_;
};

}  // namespace

TEST_CASE("clock: set back or on by an hour, nothing is lost, and waits are what they were") {
    World world(IngestServer::embedded);
    const Clock clock(world);
    const Call call = clock.call();
    const TagServer platform;
    world.must({"ingest", "start"}, call);
    Publisher publisher(world.ingest_url(), Footage::short_gop);
    publisher.start();
    world.add("good", platform.url(), "k3y");
    world.add("closed", "rtmp://127.0.0.1:" + std::to_string(free_port()) + "/live", "k3y");
    world.must({"enable", "good"}, call);
    CHECK(world.run({"enable", "closed"}, call).status == 5);
    const auto part = [&](const std::string& name) {
        const json all = json::parse(world.must({"status", "--json"}, call).output);
        for (const json& each : all["destinations"]) {
            if (each["name"] == name) return each;
        }
        return json();
    };
    const std::string started = part("good")["session"]["started"];
    for (const std::string offset : {"-1h", "+1h"}) {
        CAPTURE(offset);
        const auto before = platform.sessions();
        clock.set(offset);
        CHECK(platform.wait_tags(before.back().tags.size() + 100));
        CHECK(platform.sessions().size() == before.size());
        // Its record is a second old at most, on whichever clock.
        CHECK(wait_until(Patience(5s), [&] { return part("good")["state"] == "live"; }));
        json wait;
        CHECK(wait_until(Patience(20s), [&] {
            wait = part("closed")["next_retry_in_s"];
            return wait.is_number();
        }));
        CHECK_MESSAGE(wait <= 60, wait.dump());
        // What was written before is of the future, or old: a relay ends and begins as ever.
        world.must({"disable", "good"}, call);
        CHECK(part("good")["state"] == "stopped");
        CHECK(platform.wait_for([](const auto& all) { return all.back().has_left; }));
        world.must({"enable", "good"}, call);
        CHECK(world.run({"status", "good"}, call).status == 0);
        const std::string now = part("good")["session"]["started"];
        CHECK((offset == "-1h") == (now < started));
    }
}

TEST_CASE("status: hundreds in a row, while relays start and stop, always whole") {
    const char* const wanted = std::getenv("RESTREAM_TEST_STATUS_CALLS");
    const int calls = wanted == nullptr ? 200 : std::atoi(wanted);

    World world(IngestServer::embedded);
    const TagServer platform;
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url(), Footage::short_gop);
    publisher.start();
    for (const std::string name : {"a", "b", "c"}) world.add(name, platform.url(), name + "k3y");
    int asked = 0;
    int changes = 0;
    while (asked < calls) {
        const std::vector<std::string> what = changes++ % 2 == 0
                                                  ? std::vector<std::string>{"enable", "--all"}
                                                  : std::vector<std::string>{"stop"};
        CommandRun change = world.start(what);
        do {
            const Outcome outcome = world.run({"status", "--json"});
            ++asked;
            REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
            const json all = json::parse(outcome.output, nullptr, false);
            REQUIRE_FALSE(all.is_discarded());
            REQUIRE(all["destinations"].size() == 3);
            REQUIRE(outcome.error == "");
        } while (!change.has_ended() && asked < calls);
        const Outcome outcome = change.wait();
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    }
    MESSAGE(changes << " changes meanwhile");
    CHECK(changes >= 10);
}

TEST_SUITE_END();

}  // namespace restream::test
