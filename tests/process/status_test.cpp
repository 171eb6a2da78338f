// status: what it prints, what it exits with.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "process/patience.hpp"
#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("status");

namespace {

std::set<std::string> members(const json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) names.insert(name);
    return names;
}

const std::set<std::string> document_members = {"schema", "config_error", "ingest", "destinations"};
const std::set<std::string> ingest_members = {"server",     "url",          "state",  "pid",
                                              "worker_pid", "video",        "audio",  "trouble",
                                              "on_air",     "on_air_since", "silence"};
const std::set<std::string> destination_members = {"name",
                                                   "service",
                                                   "url",
                                                   "wanted",
                                                   "down",
                                                   "state",
                                                   "confirmed",
                                                   "reason",
                                                   "since",
                                                   "pid",
                                                   "worker_pid",
                                                   "worker_restarts",
                                                   "session",
                                                   "reconnects",
                                                   "attempts",
                                                   "next_retry_in_s",
                                                   "restart_pending",
                                                   "backup"};
const std::set<std::string> backup_members = {
    "mode",       "url",      "state",           "confirmed",       "reason",
    "since",      "pid",      "worker_pid",      "worker_restarts", "session",
    "reconnects", "attempts", "next_retry_in_s", "restart_pending"};
const std::set<std::string> video_members = {
    "codec", "profile",      "width",    "height",
    "fps",   "bitrate_kbps", "b_frames", "keyframe_interval_s"};
const std::set<std::string> audio_members = {"codec", "profile", "sample_rate_hz", "channels",
                                             "bitrate_kbps"};
const std::set<std::string> session_members = {
    "started",        "bytes_sent",       "bitrate_kbps", "video_messages",
    "audio_messages", "dropped_messages", "queue_ms",     "rtt_ms"};

}  // namespace

TEST_CASE(
    "status --json: has exactly the fields of the design, for a live relay and for one that never "
    "ran") {
    Scene scene;
    scene.add("live");
    scene.add("never", "backup_url = \"rtmp://127.0.0.1/b\"\n");
    scene.publish();
    scene.world.must({"enable", "live"});
    REQUIRE(scene.wait_flow("live"));
    const Outcome outcome = scene.world.run({"status", "--json"});
    CHECK(outcome.status == 0);
    CHECK(outcome.error.empty());
    const json document = json::parse(outcome.output);
    CHECK(members(document) == document_members);
    CHECK(document["schema"] == 1);
    const json& ingest = document["ingest"];
    CHECK_MESSAGE(members(ingest) == ingest_members, ingest.dump());
    CHECK(ingest["server"] == "nginx");
    CHECK(ingest["state"] == "live");
    CHECK(ingest["pid"].is_number());
    CHECK(ingest["url"] == scene.world.ingest_url());
    CHECK(ingest["trouble"].is_null());
    CHECK(ingest["on_air"].is_null());
    const json live = scene.world.status("live");
    CHECK_MESSAGE(members(live) == destination_members, live.dump());
    CHECK_MESSAGE(members(live["session"]) == session_members, live.dump());
    CHECK(live["session"]["bytes_sent"] > 0);
    CHECK(live["url"] == scene.platform.url());
    CHECK(live["reason"].is_null());
    CHECK(live["next_retry_in_s"].is_null());
    CHECK(live["since"].get<std::string>().ends_with("Z"));
    CHECK(live["pid"] != live["worker_pid"]);
    const json never = scene.world.status("never");
    CHECK_MESSAGE(members(never) == destination_members, never.dump());
    CHECK(live["backup"].is_null());
    CHECK_MESSAGE(members(never["backup"]) == backup_members, never.dump());
    CHECK(never["backup"]["mode"] == "failover");
    CHECK(never["backup"]["state"] == "stopped");
    CHECK(never["backup"]["reason"].is_null());
    CHECK(never["state"] == "stopped");
    CHECK(never["wanted"] == false);
    CHECK(never["confirmed"] == false);
    for (const std::string name : {"pid", "worker_pid", "session", "reason"}) {
        CAPTURE(name);
        CHECK_MESSAGE(never[name].is_null(), never.dump());
    }
}

TEST_CASE("status: tells what the ingest carries, as long as a relay reads it") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    CHECK(json::parse(scene.world.run({"status", "--json"}).output)["ingest"]["video"].is_null());
    scene.world.must({"enable", "youtube"});
    json ingest;
    REQUIRE_MESSAGE(
        wait_until(Patience(seconds(15)),
                   [&] {
                       ingest = json::parse(scene.world.run({"status", "--json"}).output)["ingest"];
                       return ingest["video"].is_object() &&
                              ingest["video"]["keyframe_interval_s"].is_number();
                   }),
        ingest.dump());
    const json& video = ingest["video"];
    CHECK_MESSAGE(members(video) == video_members, video.dump());
    CHECK(video["codec"] == "h264");
    CHECK(video["width"] == 320);
    CHECK(video["height"] == 180);
    CHECK(video["fps"].get<double>() == doctest::Approx(30).epsilon(0.01));
    CHECK(video["keyframe_interval_s"].get<double>() == doctest::Approx(0.5).epsilon(0.05));
    CHECK_MESSAGE(video["bitrate_kbps"] > 50, video.dump());
    CHECK(video["b_frames"].is_boolean());
    const json& audio = ingest["audio"];
    CHECK_MESSAGE(members(audio) == audio_members, audio.dump());
    CHECK(audio["codec"] == "aac");
    CHECK(audio["profile"] == "LC");
    CHECK(audio["sample_rate_hz"] > 8000);
    const Outcome words = scene.world.run({"status"});
    CHECK_MESSAGE(words.output.find("320x180 30 fps h264 ") != std::string::npos, words.output);
    CHECK_MESSAGE(words.output.find("keyframe every 0.5 s, aac ") != std::string::npos,
                  words.output);
    scene.world.must({"stop"});
    CHECK(json::parse(scene.world.run({"status", "--json"}).output)["ingest"]["video"].is_null());
}

TEST_CASE("status: the embedded server tells what is published, without any relay") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    CHECK(world.status()["ingest"]["video"].is_null());
    {
        Publisher publisher(world.ingest_url());
        json ingest;
        REQUIRE_MESSAGE(wait_until(Patience(seconds(15)),
                                   [&] {
                                       ingest = world.status()["ingest"];
                                       return ingest["video"].is_object() &&
                                              ingest["video"]["bitrate_kbps"].is_number() &&
                                              ingest["audio"].is_object() &&
                                              ingest["audio"]["bitrate_kbps"].is_number();
                                   }),
                        ingest.dump());
        CHECK_MESSAGE(members(ingest["video"]) == video_members, ingest.dump());
        CHECK_MESSAGE(members(ingest["audio"]) == audio_members, ingest.dump());
        CHECK(ingest["video"]["width"] == 320);
        CHECK(ingest["video"]["profile"].is_string());
    }
    CHECK(world.wait_ingest("no_publisher"));
    const json ingest = world.status()["ingest"];
    CHECK(ingest["video"].is_null());
    CHECK(ingest["audio"].is_null());
}

TEST_CASE("status: is confirmed after 10 s of flow, and its figures grow") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(scene.world.status("youtube")["confirmed"] == false);
    const SteadyTime live = SteadyClock::now();
    REQUIRE(scene.world.wait_status(
        "youtube", [](const json& part) { return part["confirmed"] == true; }, seconds(15)));
    CHECK(SteadyClock::now() - live > seconds(7));
    const json session = scene.world.status("youtube")["session"];
    CHECK_MESSAGE(session["bitrate_kbps"] > 100, session.dump());
    CHECK_MESSAGE(session["bitrate_kbps"] < 2000, session.dump());
    CHECK_MESSAGE(session["video_messages"] > 200, session.dump());
    CHECK_MESSAGE(session["audio_messages"] > 200, session.dump());
    CHECK_MESSAGE(session["dropped_messages"] == 0, session.dump());
}

TEST_CASE(
    "status: exits with 1 unless every named destination is live, with 2 for a name that is not "
    "there") {
    Scene scene;
    scene.add("live");
    scene.add("asleep");
    scene.publish();
    scene.world.must({"enable", "live"});
    struct Row {
        std::vector<std::string> names;
        int status;
    };
    const Row rows[] = {{{}, 0},         {{"live"}, 0},
                        {{"asleep"}, 1}, {{"live", "asleep"}, 1},
                        {{"nobody"}, 2}, {{"--no-such-option"}, 2}};
    for (const Row& row : rows) {
        for (const bool as_json : {false, true}) {
            std::vector<std::string> arguments = {"status"};
            if (as_json) arguments.push_back("--json");
            arguments.insert(arguments.end(), row.names.begin(), row.names.end());
            const Outcome outcome = scene.world.run(arguments);
            CHECK_MESSAGE(outcome.status == row.status, outcome.describe());
        }
    }
    const Outcome table = scene.world.run({"status"});
    for (const std::string word : {"live", "asleep", "off"}) {
        CHECK_MESSAGE(table.output.find(word) != std::string::npos, table.output);
    }
    CHECK(table.output.find('\x1b') == std::string::npos);
}

TEST_CASE("status --names: prints the names, one a line, and nothing else") {
    World world;
    for (const std::string name : {"youtube", "archive", "kick"})
        world.add(name, "rtmp://127.0.0.1/live");
    const Outcome outcome = world.run({"status", "--names"});
    CHECK(outcome.status == 0);
    CHECK(outcome.output == "archive\nkick\nyoutube\n");
    CHECK(outcome.error.empty());
}

TEST_CASE("status: without any configuration and any state it answers, and makes nothing") {
    World world;
    std::filesystem::remove_all(world.config());
    std::filesystem::remove_all(world.state());
    const Outcome outcome = world.run({"status", "--json"});
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK(json::parse(outcome.output)["destinations"].empty());
    CHECK_FALSE(std::filesystem::exists(world.state()));
}

TEST_CASE("status: output that cannot be written is exit 5, a closed pipe ends it quietly") {
    World world;
    for (int i = 0; i < 100; ++i) world.add("place" + std::to_string(i), "rtmp://127.0.0.1/live");
    for (const std::string option : {"", "--json", "--names"}) {
        CAPTURE(option);
        CommandLine line = world.command({});
        const std::string command = "\"$0\" status " + option;
        const std::string restream = line.program;
        line.program = "/bin/sh";
        line.arguments = {"-c", command + " > /dev/full", restream};
        const Outcome full = run_command_line(line);
        CHECK_MESSAGE(full.status == 5, full.describe());
        CHECK_FALSE(full.error.empty());
        // The reader is gone before the first line.
        line.arguments = {"-c", "{ " + command + "; echo status=$? >&2; } | :", restream};
        const Outcome closed = run_command_line(line);
        CHECK(closed.status == 0);
        const bool is_known_end = closed.error.find("status=5") != std::string::npos ||
                                  closed.error.find("status=141") != std::string::npos ||
                                  closed.error.find("status=0") != std::string::npos;
        CHECK_MESSAGE(is_known_end, closed.describe());
        CHECK_MESSAGE(closed.error.find("bug") == std::string::npos, closed.describe());
    }
}

TEST_CASE("status --watch: shows changes until it is interrupted") {
    Scene scene;
    scene.add("youtube");
    CommandRun watch = scene.world.start({"status", "--watch"});
    CHECK(wait_until(Patience(seconds(10)),
                     [&] { return watch.output().find("off") != std::string::npos; }));
    scene.world.must({"enable", "youtube"});
    CHECK(wait_until(Patience(seconds(10)),
                     [&] { return watch.output().find("waiting") != std::string::npos; }));
    watch.interrupt();
    CHECK(watch.wait(seconds(3)).status != -1);
}

TEST_CASE("status: links no FFmpeg") {
    const auto bin = program_directory();
    for (const std::string name :
         {"restream", "restream-status", "restream-enable", "restream-disable", "restream-start",
          "restream-stop", "restream-relay"}) {
        CAPTURE(name);
        const Outcome outcome = run_command_line({"/usr/bin/ldd", {(bin / name).string()}});
        REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK(outcome.output.find("libavformat") == std::string::npos);
    }
}

TEST_SUITE_END();

}  // namespace restream::test
