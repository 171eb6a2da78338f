// restream doctor against a real ingest: what it finds, and that it says no name it should not.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

json diagnose(const World& world) {
    const Outcome outcome = world.run({"doctor", "--json"});
    json document = json::parse(outcome.output, nullptr, false);
    REQUIRE_MESSAGE(!document.is_discarded(), "doctor --json: " << outcome.describe());
    const bool is_broken = std::ranges::any_of(
        document["findings"], [](const json& each) { return each["code"] == "config_invalid"; });
    const int expected = is_broken ? 3 : document["failures"].get<int>() > 0 ? 1 : 0;
    CHECK_MESSAGE(outcome.status == expected, outcome.describe());
    return document["findings"];
}

bool has_finding(const json& findings, const std::string& severity, const std::string& part) {
    return std::ranges::any_of(findings, [&](const json& each) {
        return each["severity"] == severity &&
               each["message"].get<std::string>().find(part) != std::string::npos;
    });
}

}  // namespace

TEST_SUITE_BEGIN("doctor");

TEST_CASE("doctor: says that the ingest is down, that nobody publishes, and that all is well") {
    const World world;
    NginxServer platform;
    world.add("one", platform.url(), "word");
    CHECK(has_finding(diagnose(world), "failure", "the ingest server is down"));
    world.must({"ingest", "start"});
    CHECK(has_finding(diagnose(world), "warning", "nobody publishes"));
    Publisher publisher(world.ingest_url());
    world.must({"enable", "one", "--wait-live"});
    const json findings = diagnose(world);
    CHECK(has_finding(findings, "ok", "somebody publishes: 320x180"));
    CHECK(has_finding(findings, "ok", "one: live"));
    CHECK(has_finding(findings, "ok",
                      fmt::format("127.0.0.1:{} accepts connections", platform.port())));
    CHECK_MESSAGE(world.is_well(), findings.dump());
}

TEST_CASE("doctor: a publisher with a stream key that nobody plays is told, without the key") {
    const World world;
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url() + "/hushhush");
    CHECK(wait_until(
        Patience(std::chrono::seconds(10)),
        [&] {
            return has_finding(diagnose(world), "failure", "somebody publishes with a stream key");
        },
        Milliseconds(100)));
    CHECK(world.run({"doctor"}).output.find("hushhush") == std::string::npos);
}

TEST_CASE("doctor: a wanted relay that was killed is told, and what helps does help") {
    const World world;
    write_file(world.config() / "restream.toml",
               fmt::format("[ingest]\nserver = \"external\"\nurl = \"{}\"\n", world.ingest_url()));
    NginxServer platform;
    world.add("one", platform.url(), "word");
    world.must({"enable", "one"});
    const int guardian = world.guardian("one"), worker = world.worker("one");
    freeze(worker);  // or it would end by itself once its guardian is gone
    kill_now(guardian);
    kill_now(worker);
    REQUIRE(wait_gone(worker, std::chrono::seconds(3)));
    CHECK(has_finding(diagnose(world), "failure", "one: wanted, but it does not run"));
    world.must({"start"});
    CHECK(has_finding(diagnose(world), "ok", "one: waiting"));
}

TEST_CASE("doctor: destinations that cannot be reached are told within its deadlines") {
    const World world;
    world.add("closed", fmt::format("rtmp://127.0.0.1:{}/live", free_port()), "word");
    world.add("nameless", "rtmp://no-such-host.invalid/live", "word");
    world.add("mute", "rtmp://192.0.2.1/live", "word");
    world.must({"enable", "--no-start", "nameless"});
    CountedTime took;
    const json findings = diagnose(world);
    CHECK(took.passed() < std::chrono::seconds(8));
    CHECK(has_finding(findings, "warning", "closed: "));
    CHECK(has_finding(findings, "failure", "nameless: no address for no-such-host.invalid"));
    CHECK(has_finding(findings, "warning", "mute: "));
}

TEST_CASE(
    "doctor: a broken configuration is told with its place, and the rest is looked at all the "
    "same") {
    const World world;
    write_file(world.config() / "restream.toml", "[ingest]\nserver = \"ngix\"\n");
    const json findings = diagnose(world);
    CHECK(has_finding(findings, "failure", "restream.toml:2:"));
    CHECK(has_finding(findings, "ok", "FFmpeg"));
    CHECK(world.run({"doctor", "--json"}).status == 3);
}

TEST_CASE("doctor: two destinations with the same server and key are reported, without the key") {
    const World world;
    world.add("one", "rtmp://127.0.0.1:1936/live", "word-of-both");
    world.add("two", "rtmp://127.0.0.1:1936/live/", "word-of-both");
    const json findings = diagnose(world);
    CHECK(has_finding(findings, "warning",
                      "one and two send to the same server with the same stream key"));
    CHECK(findings.dump().find("word-of-both") == std::string::npos);
}

TEST_SUITE_END();

}  // namespace restream::test
