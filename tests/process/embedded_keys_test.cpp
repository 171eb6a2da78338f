// Who may publish to the embedded server, what is said of the others, and changing servers.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ingest/record.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

constexpr const char* right_key = "hushhush-right";
constexpr const char* wrong_key = "hushhush-wrong";

/// Everything that is printed or written about the ingest.
std::string all_words(const World& world) {
    std::string text = world.logs();
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"ingest", "status"},
                                               {"ingest", "status", "--json"},
                                               {"status"},
                                               {"status", "--json"},
                                               {"doctor"},
                                               {"doctor", "--json"}}) {
        const Outcome outcome = world.run(arguments);
        text += outcome.output + outcome.error;
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.state(), error)) {
        if (entry.is_regular_file()) text += content_of(entry.path());
    }
    return text;
}

bool is_refused(const World& world, const std::string& problem) {
    return wait_until(
        Patience(std::chrono::seconds(10)),
        [&] {
            const json refusals = world.ingest()["refusals"];
            return std::ranges::any_of(
                refusals, [&](const json& each) { return has(each["problem"], problem); });
        },
        Milliseconds(50));
}

std::string environment_of(int pid) {
    return content_of(std::filesystem::path("/proc") / std::to_string(pid) / "environ");
}

}  // namespace

TEST_SUITE_BEGIN("embedded_keys");

TEST_CASE("publish key: the right one is published, wherever the encoder puts the slash") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    world.configure("", fmt::format("publish_key = \"{}\"", right_key));
    const Outcome reload = world.must({"ingest", "reload"});
    scene.add("one");
    world.must({"enable", "one"});
    // ffmpeg says app "live" and the key as name; then app "live/KEY" and no name, as OBS does with
    // the whole URL in its server field.
    for (const std::string ending : {"", "/", "?token=1"}) {
        CAPTURE(ending);
        Publisher publisher(world.ingest_url() + "/" + right_key + ending);
        CHECK(world.wait_ingest("live"));
        CHECK(world.wait_state("one", "live"));
        publisher.stop();
        CHECK(world.wait_ingest("no_publisher"));
    }
    const std::string text = world.must({"ingest", "status"}).output;
    CHECK_MESSAGE(has(text, "Stream Key:  (the value of publish_key in restream.toml)"), text);
    CHECK_FALSE(has(reload.output + reload.error + all_words(world), "hushhush"));
}

TEST_CASE("publish key: a wrong one and none are refused, status says so, and nobody sees a key") {
    const World world(IngestServer::embedded);
    world.configure("", fmt::format("publish_key = \"{}\"", right_key));
    const Outcome start = world.must({"ingest", "start"});
    CHECK(has(start.output, "(the value of publish_key in restream.toml)"));
    Publisher wrong(world.ingest_url() + "/" + wrong_key);
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] { return !wrong.runs(); }));
    CHECK(is_refused(world, "wrong stream key"));
    Publisher none(world.ingest_url());
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] { return !none.runs(); }));
    CHECK(is_refused(world, "no stream key"));
    CHECK(world.ingest()["state"] == "no_publisher");
    const std::string text = world.must({"ingest", "status"}).output;
    CHECK_MESSAGE(has(text, "publisher from 127.0.0.1, FMLE/3.0"), text);
    CHECK_MESSAGE(has(text, "): wrong stream key"), text);
    const Outcome doctor = world.run({"doctor"});
    CHECK_MESSAGE(has(doctor.output, "somebody was refused"), doctor.describe());
    CHECK_MESSAGE(has(doctor.output, "must be the value of publish_key"), doctor.describe());
    CHECK_MESSAGE(has(doctor.output, "is shorter than 16 characters"), doctor.describe());
    CHECK_FALSE(has(start.output + start.error + all_words(world), "hushhush"));
    Publisher right(world.ingest_url() + "/" + right_key);
    CHECK(world.wait_ingest("live"));
    CHECK(world.ingest()["trouble"].is_null());
}

TEST_CASE("publish key: from a file and from a command; one that others can read is told") {
    const World world(IngestServer::embedded);
    const auto file = world.config() / "in.key";
    write_file(file, std::string(right_key) + "\n");
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    for (const char* field : {"{ file = \"in.key\" }", "{ command = \"cat in.key\" }"}) {
        CAPTURE(field);
        world.configure("", fmt::format("publish_key = {}", field));
        world.must({"ingest", "start"});
        Publisher publisher(world.ingest_url() + "/" + right_key);
        CHECK(world.wait_ingest("live"));
        world.must({"ingest", "stop"});
    }
    world.configure("", "publish_key = { file = \"in.key\" }");
    CHECK(has(world.run({"doctor"}).output, "others can read the secret in " + file.string()));
    std::filesystem::remove(file);
    const Outcome without = world.run({"ingest", "start"});
    CHECK(without.status == 5);
    CHECK_MESSAGE(has(without.error, "in.key can't be read"), without.describe());
    world.configure("", "publish_key = { command = \"false\" }");
    const Outcome failed = world.run({"ingest", "start"});
    CHECK(failed.status == 5);
    CHECK_MESSAGE(has(failed.error, "the key command ended with status 1"), failed.describe());
}

TEST_CASE("publish key: a variable goes to the ingest server, and to no relay") {
    const World world(IngestServer::embedded);
    const NginxServer platform;
    world.configure("", "publish_key = { env = \"TEST_IN_KEY\" }");
    world.add("one", platform.url(), "k1");
    const Outcome unset = world.run({"ingest", "start"});
    CHECK(unset.status == 5);
    CHECK_MESSAGE(has(unset.error, "TEST_IN_KEY, which holds publish_key, is not set here"),
                  unset.describe());
    world.must({"enable", "one"}, {.variables = {{"TEST_IN_KEY", right_key}}});
    Publisher publisher(world.ingest_url() + "/" + right_key);
    CHECK(world.wait_ingest("live"));
    CHECK(world.wait_state("one", "live"));
    const auto record = live_ingest_record(world.layout());
    REQUIRE(record);
    CHECK(has(environment_of(record->guardian.pid), right_key));
    REQUIRE(world.guardian("one") > 0);
    const std::string relay = environment_of(world.guardian("one"));
    CHECK(has(relay, "RESTREAM_STATE_DIR="));
    CHECK_FALSE(has(relay, "hushhush"));
}

TEST_CASE("embedded ingest: somebody who publishes to another path is told, without his key") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url() + "/" + wrong_key);
    CHECK(wait_until(
        Patience(std::chrono::seconds(10)), [&] { return world.ingest()["trouble"].is_object(); },
        Milliseconds(50)));
    const std::string words =
        "somebody publishes to live with a stream key, but relays play it without";
    CHECK(world.ingest()["trouble"]["message"] == words);
    CHECK(world.status()["ingest"]["trouble"]["message"] == words);
    CHECK(world.ingest()["state"] == "no_publisher");
    CHECK(has(world.must({"ingest", "status"}).output, "empty OBS's Stream Key field"));
    const Outcome doctor = world.run({"doctor"});
    CHECK(doctor.status == 1);
    CHECK_MESSAGE(has(doctor.output, words), doctor.describe());
    CHECK_FALSE(has(all_words(world), "hushhush"));
}

TEST_CASE("ingest server: start and restart change its kind, enable and reload do not") {
    Scene scene(IngestServer::nginx);
    World& world = scene.world;
    scene.add("one");
    scene.publish();
    world.must({"enable", "one", "--wait-live"});
    const auto nginx = live_ingest_record(world.layout());
    REQUIRE(nginx);
    world.choose_ingest(IngestServer::embedded);
    world.configure("");

    CHECK(world.ingest()["running"] == "nginx");
    CHECK(world.ingest()["state"] == "live");
    const std::string text = world.must({"ingest", "status"}).output;
    CHECK_MESSAGE(has(text, "nginx runs, but restream.toml wants the embedded server"), text);
    CHECK(has(world.run({"doctor"}).output, "nginx runs, but restream.toml wants"));
    const Outcome enable = world.must({"enable", "one"});
    CHECK_MESSAGE(has(enable.error, "'restream ingest restart'"), enable.describe());
    const Outcome reload = world.run({"ingest", "reload"});
    CHECK(reload.status == 5);
    CHECK_MESSAGE(has(reload.error, "'restream ingest restart'"), reload.describe());
    CHECK(scene.publisher->runs());
    CHECK(live_ingest_record(world.layout())->guardian == nginx->guardian);

    const Outcome start = world.must({"ingest", "start"});
    CHECK_MESSAGE(has(start.error, "1 destination is live (one)"), start.describe());
    CHECK_MESSAGE(has(start.error, "nginx is ended, the embedded server is started"),
                  start.describe());
    CHECK(wait_gone(nginx->guardian.pid, Milliseconds(100)));
    CHECK(world.ingest()["running"] == "embedded");
    scene.publish();
    CHECK(world.wait_state("one", "live"));

    world.choose_ingest(IngestServer::nginx);
    world.configure("");
    const Outcome restart = world.must({"ingest", "restart"});
    CHECK_MESSAGE(has(restart.error, "the embedded server is ended, nginx is started"),
                  restart.describe());
    CHECK(world.ingest()["running"] == "nginx");
    scene.publish();
    CHECK(world.wait_state("one", "live"));
}

TEST_CASE(
    "doctor: says that the embedded ingest is down, that nobody publishes, that all is well") {
    const World world(IngestServer::embedded);
    const NginxServer platform;
    world.add("one", platform.url(), "word");
    CHECK(has(world.run({"doctor"}).output, "the ingest server is down"));
    world.must({"ingest", "start"});
    CHECK(has(world.run({"doctor"}).output, "nobody publishes"));
    Publisher publisher(world.ingest_url());
    world.must({"enable", "one", "--wait-live"});
    const Outcome doctor = world.run({"doctor"});
    CHECK_MESSAGE(doctor.status == 0, doctor.describe());
    CHECK_MESSAGE(has(doctor.output, "somebody publishes: 320x180 "), doctor.describe());
    CHECK_MESSAGE(world.is_well(), doctor.describe());
}

TEST_SUITE_END();

}  // namespace restream::test
