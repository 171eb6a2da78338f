// Publishers that others wrote, at the embedded ingest, each carried by a relay to a platform and
// decoded there.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <sstream>

#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

using std::chrono::seconds;

TEST_SUITE_BEGIN("interop_publishers");

namespace {

const std::string publish_key = "canary7f3a";

CommandLine publisher_program(const char* name, std::vector<std::string> arguments) {
    const auto found = find_in_path(name);
    REQUIRE_MESSAGE(found, name << " is missing: see scripts/packages.sh");
    return {*found, std::move(arguments)};
}

CommandLine ffmpeg(const std::string& url) {
    return publisher_program("ffmpeg",
                             {"-nostdin", "-hide_banner", "-loglevel", "error", "-re", "-i",
                              footage_file(Footage::short_gop), "-c", "copy", "-f", "flv", url});
}

/// Real time, by the clock of the sink.
CommandLine gstreamer(const std::string& sink, const std::string& location) {
    const std::string pipeline =
        "film.video ! queue ! h264parse ! flvmux streamable=true name=mux ! " + sink +
        " sync=true film.audio ! queue ! aacparse ! mux.";
    CommandLine line = publisher_program("gst-launch-1.0", {"-q", "filesrc"});
    line.arguments.push_back("location=" + footage_file(Footage::short_gop).string());
    for (const char* each : {"!", "flvdemux", "name=film"}) line.arguments.emplace_back(each);
    std::istringstream words(pipeline);
    for (std::string word; words >> word;) {
        line.arguments.push_back(word);
        if (word == sink) line.arguments.push_back(location);
    }
    return line;
}

/// Two seconds at the least: that no decoder stumbles, that no picture is missing, and that each
/// lies where it should.
void check_smooth(const Recording& recording) {
    check_whole(recording);
    REQUIRE_MESSAGE(recording.video_frames >= 60, recording.describe());
    const double span_s = recording.last_video_s - recording.first_video_s;
    // GStreamer has no times before 0: its first three pictures are to be decoded at once.
    CHECK_MESSAGE(std::abs(span_s - (recording.video_frames - 1) / 30.0) < 0.075,
                  recording.describe());
    // 48,000 samples/s in frames of 1,024.
    CHECK_MESSAGE(recording.audio_frames == doctest::Approx(span_s * 46.875).epsilon(0.15),
                  recording.describe());
}

void check_carried(const Scene& scene, const CommandLine& line) {
    CommandRun publisher(line);
    CHECK(scene.world.wait_ingest("live"));
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK_MESSAGE(scene.wait_flow("youtube", 240), publisher.error());
    CHECK_MESSAGE(!publisher.has_ended(), publisher.error());
    scene.world.must({"disable", "youtube"});
    check_smooth(scene.last_recording("youtube"));
    publisher.interrupt();
    publisher.wait(seconds(5));
    CHECK(scene.world.wait_ingest("no_publisher"));
}

/// The publisher comes with the ingest's key, which is told nowhere.
void check_carried_with_key(const std::function<CommandLine(const std::string& url)>& publisher) {
    const Scene scene(IngestServer::embedded);
    scene.world.configure("", "publish_key = \"" + publish_key + "\"");
    scene.world.must({"ingest", "restart"});
    scene.add("youtube");
    check_carried(scene, publisher(scene.world.ingest_url()));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scene.world.state())) {
        CAPTURE(entry.path().string());
        if (entry.is_regular_file())
            CHECK(content_of(entry.path()).find(publish_key) == std::string::npos);
    }
}

}  // namespace

TEST_CASE("interop: ffmpeg publishes, without a stream key and with one") {
    {
        const Scene scene(IngestServer::embedded);
        scene.add("youtube");
        check_carried(scene, ffmpeg(scene.world.ingest_url()));
    }
    check_carried_with_key([](const std::string& url) { return ffmpeg(url + "/" + publish_key); });
}

TEST_CASE("interop: GStreamer's rtmp2sink publishes") {
    check_carried_with_key([](const std::string& url) {
        return gstreamer("rtmp2sink", "location=" + url + "/" + publish_key);
    });
}

TEST_CASE("interop: librtmp publishes, as GStreamer's rtmpsink") {
    check_carried_with_key([](const std::string& url) {
        return gstreamer("rtmpsink", "location=" + url + "/" + publish_key + " live=1");
    });
}

TEST_SUITE_END();

}  // namespace restream::test
