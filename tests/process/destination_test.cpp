// Destinations: added, given new keys, removed; and those that are files or SRT.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "process/tcp_proxy.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("destination");

namespace {

/// The first one that was written: a healed relay may have begun another.
fs::path oldest_file(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    REQUIRE_MESSAGE(!files.empty(), "no file in " << folder.string());
    return *std::ranges::min_element(files);
}

}  // namespace

TEST_CASE("add, enable, key, restart, remove: a destination's whole life") {
    Scene scene;
    scene.publish();
    scene.world.must({"add", "youtube", "--url", scene.platform.url(), "--key-stdin"},
                     {.input = "first\n"});
    const fs::path file = scene.world.config() / "destinations.d" / "youtube.toml";
    CHECK((fs::status(file).permissions() & fs::perms(0777)) == fs::perms(0600));
    scene.world.must({"enable", "youtube"});
    CHECK(scene.platform.begun("first") == 1);
    // Used from the next session on: the one that runs is left alone.
    scene.world.must({"key", "youtube", "--key-stdin"}, {.input = "second\n"});
    CHECK(scene.platform.ended("first") == 0);
    scene.world.must({"restart", "youtube"});
    CHECK(scene.world.wait_state("youtube", "live"));
    CHECK(scene.platform.begun("second") == 1);
    const int guardian = scene.world.guardian("youtube");
    const int worker = scene.world.worker("youtube");
    // What is live is not interrupted without the user's word.
    const Outcome unasked = scene.world.run({"remove", "youtube"});
    CHECK_MESSAGE(unasked.status == 1, unasked.describe());
    CHECK_MESSAGE(has(unasked.error, "youtube is live"), unasked.describe());
    CHECK(fs::exists(file));
    CHECK(scene.world.worker("youtube") == worker);
    CHECK(scene.platform.ended("second") == 0);
    // On a terminal the user is asked.
    const auto on_terminal = [&](const std::string& answer) {
        CommandLine line = scene.world.command({}, {.input = answer});
        line.arguments = {"-qec", line.program.string() + " remove youtube", "/dev/null"};
        line.program = "/usr/bin/script";
        return run_command_line(line);
    };
    const Outcome refused = on_terminal("n\n");
    CHECK_MESSAGE(refused.status == 1, refused.describe());
    CHECK_MESSAGE(has(refused.output, "youtube is live."), refused.describe());
    CHECK(scene.world.worker("youtube") == worker);
    const Outcome confirmed = on_terminal("y\n");
    CHECK_MESSAGE(confirmed.status == 0, confirmed.describe());
    CHECK(is_gone(guardian));
    CHECK(is_gone(worker));
    CHECK_FALSE(fs::exists(file));
    CHECK(scene.world.status("youtube").is_null());
    CHECK(scene.world.run({"enable", "youtube"}).status == 2);
}

TEST_CASE("key: a destination whose key is taken goes live with the new one") {
    Scene scene;
    scene.publish();
    scene.world.must({"add", "youtube", "--url", scene.platform.url(), "--key-stdin"},
                     {.input = "taken\n"});
    Publisher other(scene.platform.url("taken"));
    REQUIRE(wait_until(Patience(seconds(10)),
                       [&] { return scene.platform.begun("taken") == 1; }));
    CHECK(scene.world.run({"enable", "youtube"}).status == 5);
    CHECK(scene.world.wait_status("youtube", [](const json& part) {
        return part["reason"].is_object() && part["reason"]["code"] == "already_published";
    }));
    scene.world.must({"key", "youtube", "--key-stdin"}, {.input = "fresh\n"});
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.platform.begun("fresh") == 1);
    CHECK(scene.world.state("youtube") == "live");
}

TEST_CASE(
    "file destinations: each kind is playable after disable, and after the worker was killed") {
    const std::vector<std::string> kinds = {"flv", "mkv", "mp4", "ts"};
    Scene scene;
    scene.publish();
    const auto folder = [&](const std::string& name) {
        return scene.world.home() / "films" / name;
    };
    for (const auto& kind : kinds) {
        for (const std::string& name : {"kept-" + kind, "crashed-" + kind}) {
            fs::create_directories(folder(name));
            scene.world.add(name, "file:" + (folder(name) / ("a-%Y%m%d-%H%M%S." + kind)).string());
        }
    }
    scene.world.must({"enable", "--all"});
    for (const auto& kind : kinds) {
        CAPTURE(kind);
        REQUIRE(scene.wait_flow("kept-" + kind, 200));
        REQUIRE(scene.wait_flow("crashed-" + kind, 200));
        // The guardian first stands still: it must not see the worker die and start another.
        const int guardian = scene.world.guardian("crashed-" + kind);
        const int worker = scene.world.worker("crashed-" + kind);
        freeze(guardian);
        kill_now(worker);
        kill_now(guardian);
    }
    scene.world.must({"disable", "--all"});
    for (const auto& kind : kinds) {
        CAPTURE(kind);
        const Recording whole = decode(oldest_file(folder("kept-" + kind)));
        CHECK_MESSAGE(whole.has_picture_and_sound(), whole.describe());
        CHECK_MESSAGE(whole.begins_with_keyframe, whole.describe());
        CHECK_MESSAGE(whole.errors.empty(), whole.describe());
        const Recording torn = decode(oldest_file(folder("crashed-" + kind)));
        CHECK_MESSAGE(torn.has_picture_and_sound(), torn.describe());
        CHECK_MESSAGE(torn.begins_with_keyframe, torn.describe());
    }
}

TEST_CASE("destination: one whose scheme was changed is carried by the other worker, no crash") {
    Scene scene;
    scene.publish();
    TcpProxy line(scene.platform.port());
    line.set_mode(TcpProxy::Mode::refuse);
    scene.world.add("one", "rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live", "one");
    CHECK(scene.world.run({"enable", "one"}).status == 5);
    const int guardian = scene.world.guardian("one");
    const int worker = scene.world.worker("one");
    REQUIRE(guardian > 1);
    const fs::path folder = scene.world.home() / "films";
    fs::create_directories(folder);
    scene.world.add("one", "file:" + (folder / "a.mkv").string());
    const Outcome enable = scene.world.run({"enable", "one"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    REQUIRE(scene.wait_flow("one"));
    CHECK(scene.world.guardian("one") == guardian);
    CHECK(scene.world.worker("one") != worker);
    CHECK(is_gone(worker));
    CHECK(scene.world.status("one")["worker_restarts"] == 0);
    // And back, once the session has ended.
    line.set_mode(TcpProxy::Mode::pass);
    scene.world.add("one", "rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live", "one");
    scene.world.must({"restart", "one"});
    REQUIRE(scene.wait_flow("one"));
    check_whole(scene.finish("one"));
    CHECK(decode(oldest_file(folder)).has_picture_and_sound());
}

TEST_CASE(
    "file destinations: a folder that is not there is exit 5 with the reason; and a second start "
    "makes a second file") {
    Scene scene;
    scene.publish();
    const fs::path folder = scene.world.home() / "films";
    scene.world.add("archive", "file:" + (folder / "live.flv").string());
    const Outcome enable = scene.world.run({"enable", "archive"});
    if (enable.status != 0) {
        CHECK_MESSAGE(enable.status == 5, enable.describe());
        const json part = scene.world.status("archive");
        CHECK_MESSAGE(part["reason"]["code"] == "file_failed", part.dump());
        fs::create_directories(folder);
        scene.world.must({"enable", "archive"});
    }
    REQUIRE(scene.wait_flow("archive", 60));
    scene.world.must({"disable", "archive"});
    scene.world.must({"enable", "archive"});
    REQUIRE(scene.wait_flow("archive", 60));
    scene.world.must({"disable", "archive"});
    int files = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        ++files;
        const Recording recording = decode(entry.path());
        CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    }
    CHECK_MESSAGE(files == 2, "nothing that was recorded may be overwritten");
}

TEST_CASE(
    "srt: picture and sound arrive at a listener; without one it is exit 5, and comes up by "
    "itself") {
    Scene scene;
    scene.publish();
    const int port = free_port();
    const std::string address = "srt://127.0.0.1:" + std::to_string(port);
    scene.world.add("contribution", address + "?passphrase=0123456789abc");
    const Outcome refused = scene.world.run({"enable", "contribution"});
    CHECK_MESSAGE(refused.status == 5, refused.describe());
    const fs::path file = scene.world.home() / "received.ts";
    CommandRun listener(
        {*find_in_path("ffmpeg"),
         {"-nostdin", "-loglevel", "error", "-y", "-i",
          address + "?mode=listener&passphrase=0123456789abc", "-map", "0", "-c", "copy", file}});
    CHECK(scene.world.wait_state("contribution", "live", seconds(30)));
    CHECK(scene.wait_flow("contribution", 200));
    scene.world.must({"disable", "contribution"});
    listener.wait(seconds(10));
    listener.ask(Ask::stop);
    listener.wait(seconds(5));
    const Recording recording = decode(file);
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
}

TEST_CASE("logs: tell what happened, are bounded in what they print, and follow") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    const Outcome logs = scene.world.must({"logs", "youtube"});
    CHECK_MESSAGE(logs.output.find("live") != std::string::npos, logs.output);
    const Outcome last = scene.world.must({"logs", "youtube", "--lines", "1"});
    CHECK(std::count(last.output.begin(), last.output.end(), '\n') == 1);
    CommandRun follow = scene.world.start({"logs", "youtube", "--follow"});
    CHECK(wait_until(Patience(seconds(5)), [&] { return !follow.output().empty(); }));
    const auto before = follow.output().size();
    scene.world.must({"disable", "youtube"});
    CHECK(wait_until(Patience(seconds(5)), [&] { return follow.output().size() > before; }));
    follow.interrupt();
    CHECK(follow.wait(seconds(3)).status != -1);
}

TEST_SUITE_END();

}  // namespace restream::test
