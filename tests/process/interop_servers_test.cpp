// Servers that others wrote as destinations.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process/node_media_server.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using std::chrono::seconds;

TEST_SUITE_BEGIN("interop_servers");

namespace {

const std::string key = "canary7f3a";

/// What ffmpeg gets of it, three seconds long.
Recording watch(const std::string& url, const fs::path& film) {
    CommandLine line{find_in_path("ffmpeg").value_or("/usr/bin/ffmpeg")};
    line.arguments = {"-nostdin", "-hide_banner", "-loglevel", "error", "-i", url, "-t",
                      "3",        "-c",           "copy",      "-y",    film};
    const Outcome outcome = run_command_line(line, seconds(30));
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    return decode(film);
}

/// Nothing that is left of a run has the key.
void check_hidden(const World& world, const Outcome& last) {
    CHECK((last.output + last.error).find(key) == std::string::npos);
    CHECK(world.run({"status", "--json"}).output.find(key) == std::string::npos);
    for (const auto& entry : fs::recursive_directory_iterator(world.state())) {
        CAPTURE(entry.path().string());
        if (entry.is_regular_file()) CHECK(content_of(entry.path()).find(key) == std::string::npos);
    }
}

}  // namespace

TEST_CASE("interop: nginx-rtmp as the destination takes it, and hears the goodbye") {
    Scene scene(IngestServer::embedded);
    scene.world.add("youtube", scene.platform.url(), key);
    scene.publish();
    check_hidden(scene.world, scene.world.must({"enable", "youtube"}));
    CHECK(scene.wait_flow("youtube", 200));
    check_hidden(scene.world, scene.world.must({"disable", "youtube"}));
    check_whole(scene.last_recording(key));
    CHECK(scene.platform.begun(key) == 1);
    CHECK_MESSAGE(scene.platform.goodbyes() == 1, scene.platform.log());
}

TEST_CASE("interop: node-media-server as the destination takes it, and hears the goodbye") {
    Scene scene(IngestServer::embedded);
    const NodeMediaServer node;
    scene.world.add("youtube", node.url(), key);
    scene.publish();
    // Twice: what the first left behind must not keep the second out.
    for (const int session : {1, 2}) {
        CAPTURE(session);
        const Outcome enable = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe() << node.log());
        check_hidden(scene.world, enable);
        CHECK(scene.wait_flow("youtube"));
        const Recording recording = watch(node.url(key), scene.world.home() / "film.flv");
        CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
        CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
        CHECK_MESSAGE(recording.errors.empty(), recording.describe());
        scene.world.must({"disable", "youtube"});
        CHECK_MESSAGE(node.log().find("[rtmp publish] Close stream") != std::string::npos,
                      node.log());
    }
}

TEST_CASE("interop: node-media-server refuses a key that is taken; the relay says so") {
    Scene scene(IngestServer::embedded);
    const NodeMediaServer node;
    scene.world.add("youtube", node.url(), key);
    scene.publish();
    Publisher other(node.url(key));
    REQUIRE(wait_until(Patience(seconds(10)), [&] {
        return node.log().find("[rtmp publish] New stream") != std::string::npos;
    }));
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    check_hidden(scene.world, enable);
    // It closes, and never sends the words that it has.
    CHECK(scene.world.status("youtube")["reason"]["code"] == "publish_refused");
}

TEST_SUITE_END();

}  // namespace restream::test
