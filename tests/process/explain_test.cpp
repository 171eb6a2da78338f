// explain: names the right one for what was done to a broadcast.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process/patience.hpp"
#include "process/scene.hpp"
#include "process/tcp_proxy.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("explain");

namespace {

const std::string key = "hushhush-key";

/// What `explain --json` tells now.
json explained(const World& world, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"explain", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json::parse(world.must(arguments).output);
}

/// The incident of this rule that befell exactly these; null where there is none.
json incident(const json& document, const std::string& rule,
              const std::vector<std::string>& names) {
    for (const auto& each : document["incidents"]) {
        auto affected = each["affected"].get<std::vector<std::string>>();
        std::ranges::sort(affected);
        if (each["rule"] == rule && affected == names) return each;
    }
    return nullptr;
}

bool wait_incident(const World& world, const std::string& rule,
                   const std::vector<std::string>& names) {
    return wait_until(
        Patience(seconds(20)),
        [&] { return !incident(explained(world), rule, names).is_null(); }, Milliseconds(100));
}

}  // namespace

TEST_CASE("explain: nothing recorded, nothing wrong, and a name that nobody has") {
    Scene scene(IngestServer::embedded);
    scene.add("one");
    const Outcome before = scene.world.must({"explain"});
    CHECK_MESSAGE(has(before.output, "nothing was recorded"), before.describe());
    scene.publish();
    scene.world.must({"enable", "one"});
    REQUIRE(scene.wait_flow("one", 150));
    const Outcome well = scene.world.must({"explain", "one"});
    CHECK_MESSAGE(has(well.output, "nothing went wrong in the last 1 h"), well.describe());
    CHECK_MESSAGE(has(well.output, "one: since"), well.describe());
    CHECK(explained(scene.world)["relays"][0]["events"] > 2);
    CHECK(scene.world.run({"explain", "two"}).status == 2);
    // What it kept outlives the relay and run/, and goes with the destination.
    scene.world.must({"disable", "one"});
    CHECK(explained(scene.world)["relays"][0]["usual"]["ingest_kbps"] > 0);
    scene.world.must({"remove", "one"});
    CHECK_FALSE(std::filesystem::exists(scene.world.layout().flight("one")));
}

TEST_CASE(
    "explain: one slow destination is that destination, a refused key too, and a publisher that is "
    "killed is the encoder") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    TcpProxy line(scene.platform.port());
    NginxServer refusing(Door::refusing);
    scene.add("steady");
    world.add("slow", "rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live", "slow");
    world.add("refused", refusing.url(), key);
    scene.publish(Footage::heavy);
    world.must({"enable", "steady", "slow"});
    REQUIRE(scene.wait_flow("steady", 150));
    REQUIRE(scene.wait_flow("slow", 150));

    line.set_mode(TcpProxy::Mode::stall);
    CHECK(wait_incident(world, "destination_alone", {"slow"}));
    line.set_mode(TcpProxy::Mode::pass);
    const json slow = incident(explained(world), "destination_alone", {"slow"});
    REQUIRE_FALSE(slow.is_null());
    CHECK(slow["culprit"] == "destination");
    CHECK(slow["steady"] == json::array({"steady"}));
    CHECK(slow["figures"][0]["name"] == "slow");
    CHECK(slow["figures"][0]["worst"]["queue_ms"] >= 1000);

    CHECK(world.run({"enable", "refused"}).status == 5);
    CHECK(wait_incident(world, "key_refused", {"refused"}));
    const json refused = incident(explained(world), "key_refused", {"refused"});
    REQUIRE_FALSE(refused.is_null());
    CHECK(refused["culprit"] == "destination");
    CHECK(refused["end"].is_null());
    CHECK(refused["remedy"].get<std::string>().find("restream key refused") != std::string::npos);
    world.must({"disable", "refused"});

    REQUIRE(world.wait_state("slow", "live"));
    scene.publisher->kill();
    REQUIRE(world.wait_state("steady", "holding"));
    REQUIRE(world.wait_state("slow", "holding"));
    const SteadyTime lost = SteadyClock::now();
    CHECK(wait_until(Patience(seconds(10)),
                     [&] { return SteadyClock::now() - lost > seconds(3); }));
    scene.publish(Footage::heavy);
    REQUIRE(world.wait_state("steady", "live"));
    CHECK(wait_incident(world, "publisher_left", {"slow", "steady"}));
    const json left = incident(explained(world), "publisher_left", {"slow", "steady"});
    REQUIRE_FALSE(left.is_null());
    CHECK(left["culprit"] == "encoder");
    CHECK(left["duration_s"] >= 3.0);

    const Outcome told = world.must({"explain"});
    CHECK_MESSAGE(has(told.output, ": the encoder\n"), told.describe());
    CHECK_MESSAGE(has(told.output, ": slow\n"), told.describe());
    CHECK_MESSAGE(has(told.output, ": refused\n"), told.describe());
    CHECK_MESSAGE(!has(told.output, key), told.describe());
    CHECK(incident(explained(world, {"refused"}), "publisher_left", {"slow", "steady"}).is_null());
    for (const auto& entry : std::filesystem::directory_iterator(world.layout().log_directory())) {
        CAPTURE(entry.path().string());
        CHECK_FALSE(has(content_of(entry.path()), key));
        CHECK_FALSE(
            has(content_of(entry.path()), "rtmp://127.0.0.1:" + std::to_string(line.port())));
    }
}

TEST_CASE("explain: a worker that crashes is this machine, and what it kept before is there") {
    Scene scene(IngestServer::embedded);
    scene.add("one");
    scene.publish();
    scene.world.must({"enable", "one"});
    REQUIRE(scene.wait_flow("one", 60));
    kill_now(scene.world.worker("one"));
    CHECK(wait_incident(scene.world, "worker_died", {"one"}));
    const json died = incident(explained(scene.world), "worker_died", {"one"});
    REQUIRE_FALSE(died.is_null());
    CHECK(died["culprit"] == "machine");
    CHECK(has(died["words"].get<std::string>(), "crashed"));
}

TEST_SUITE_END();

}  // namespace restream::test
