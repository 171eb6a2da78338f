// HLS destinations, with the built commands.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("hls");

namespace {

std::vector<std::string> listed(const fs::path& playlist) {
    std::vector<std::string> names;
    std::istringstream lines(fs::exists(playlist) ? content_of(playlist) : "");
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) names.push_back(line);
    }
    return names;
}

bool is_ended(const fs::path& playlist) {
    return content_of(playlist).ends_with("#EXT-X-ENDLIST\n");
}

int files_in(const fs::path& folder) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) count += entry.is_regular_file();
    return count;
}

}  // namespace

TEST_CASE("hls: a folder's playlist plays, ends with disable, and goes on with enable") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path playlist = scene.world.home() / "www/live/index.m3u8";
    scene.world.must({"add", "web", "--url", "file:" + playlist.string()});
    // A second one would take the first one's segments away.
    const Outcome second = scene.world.run({"add", "web2", "--url", "file:" + playlist.string()});
    CHECK(second.status == 2);
    CHECK_MESSAGE(
        second.error.find("destination web writes this playlist already") != std::string::npos,
        second.error);
    std::set<std::string> names;
    for (int session = 0; session < 2; ++session) {
        CAPTURE(session);
        const auto before = listed(playlist).size();
        scene.world.must({"enable", "web"});
        REQUIRE(wait_until(Patience(seconds(30)),
                           [&] { return listed(playlist).size() >= before + 2; }));
        CHECK_FALSE(is_ended(playlist));
        CHECK(scene.world.state("web") == "live");
        scene.world.must({"disable", "web"});
        CHECK(is_ended(playlist));
        const auto now = listed(playlist);
        CHECK(now.size() <= 6);
        for (std::size_t i = before; i < now.size(); ++i) CHECK(names.insert(now[i]).second);
        const Recording recording = decode(playlist);
        CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
        CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
        CHECK_MESSAGE(recording.errors.empty(), recording.describe());
    }
    CHECK(files_in(playlist.parent_path()) == static_cast<int>(names.size()) + 1);
    CHECK(content_of(playlist).find("#EXT-X-DISCONTINUITY\n") != std::string::npos);
}

TEST_CASE("hls: a worker that is killed leaves a playlist that the next one goes on with") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path playlist = scene.world.home() / "live.m3u8";
    scene.world.add("web", "file:" + playlist.string());
    scene.world.must({"enable", "web"});
    REQUIRE(wait_until(Patience(seconds(30)), [&] { return !listed(playlist).empty(); }));
    const std::string first = listed(playlist).front();
    kill_now(scene.world.worker("web"));
    REQUIRE(wait_until(Patience(seconds(40)), [&] { return listed(playlist).size() >= 3; }));
    CHECK(listed(playlist).front() == first);
    scene.world.must({"disable", "web"});
    const Recording recording = decode(playlist);
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    CHECK_MESSAGE(recording.errors.empty(), recording.describe());
}

TEST_CASE("hls: a playlist of somebody else is not overwritten, and status says so") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path playlist = scene.world.home() / "films.m3u8";
    write_file(playlist, "#EXTM3U\nfilm.mkv\n");
    scene.world.add("web", "file:" + playlist.string());
    const Outcome enable = scene.world.run({"enable", "web"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    const json part = scene.world.status("web");
    CHECK(part["reason"]["code"] == "file_failed");
    CHECK(part["reason"]["message"].get<std::string>().find("move it away") != std::string::npos);
    scene.world.must({"disable", "web"});
    CHECK(content_of(playlist) == "#EXTM3U\nfilm.mkv\n");
}

TEST_SUITE_END();

}  // namespace restream::test
