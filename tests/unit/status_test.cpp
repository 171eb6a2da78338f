// The table of status: readable in any width.
#include "status/status.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "status/media_json.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

const WallTime now = *from_iso8601("2026-01-31T20:14:03Z");

Status sample() {
    Status status;
    status.ingest.url = "rtmp://127.0.0.1:1935/live";
    status.ingest.state = IngestState::live;
    DestinationStatus live;
    live.name = "youtube";
    live.url = "rtmps://a.rtmps.youtube.com:443/live2";
    live.state = State::live;
    live.confirmed = true;
    live.since = now - 90s;
    live.session = SessionFigures{};
    live.session->bitrate_kbps = 6012;
    DestinationStatus rejected;
    rejected.name = "twitch";
    rejected.url = "rtmp://live.twitch.tv/app";
    rejected.state = State::rejected;
    rejected.since = now - 5s;
    rejected.reason = Reason{"publish_refused", "the server refused the stream key",
                             "copy a fresh key and run 'restream key twitch'"};
    rejected.next_retry_in_s = 290;
    status.destinations = {live, rejected};
    return status;
}

std::size_t longest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
}

}  // namespace

TEST_CASE("status table: a wide terminal shows all, with reason, remedy and the next try") {
    const auto table = to_table(sample(), 120, false, now);
    for (const char* part :
         {"youtube", "live", "1 min", "6012 kbit/s", "rtmps://a.rtmps.youtube.com", "rejected",
          "refused the stream key", "restream key twitch", "next try in 4 min"}) {
        CAPTURE(part);
        CHECK(table.find(part) != std::string::npos);
    }
    CHECK(table.find('\x1b') == std::string::npos);
}

TEST_CASE("status table: why the ingest's picture reaches nobody is told below it, wrapped") {
    Status status = sample();
    status.ingest.state = IngestState::no_publisher;
    status.ingest.trouble =
        PublisherTrouble{"somebody publishes to live with a stream key, but relays play it without",
                         "", "empty OBS's Stream Key field"};
    const auto table = to_table(status, 60, false, now);
    CHECK(
        table.starts_with("ingest: nobody publishes, rtmp://127.0.0.1:1935/live (embedded)\n"
                          "  somebody publishes to live with a stream key, but relays\n"
                          "  play it without; empty OBS's Stream Key field\n"));
}

TEST_CASE("status json: what is published is shown with null for what is not known") {
    Status status = sample();
    CHECK(to_json(status).find("\"video\": null") != std::string::npos);
    VideoTrack& video = status.ingest.media.video.emplace();
    video.codec = "hevc";
    video.width = 1920;
    const std::string text = to_json(status);
    for (const char* part : {"\"codec\": \"hevc\"", "\"profile\": null", "\"width\": 1920",
                             "\"fps\": null", "\"b_frames\": null", "\"audio\": null"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("media words: what is known is said, what is not is left out") {
    CHECK(describe(VideoTrack{"vp9", "", 0, 0, {}, {}, {}, {}}) == "vp9");
    CHECK(describe(VideoTrack{"h264", "High", 1920, 1080, 29.97, 6000, 2.0, true}) ==
          "h264 High, 1920x1080, 29.97 fps, 6000 kbit/s, a keyframe every 2 s");
    CHECK(describe(AudioTrack{"opus", "", 0, 0, {}}) == "opus");
    CHECK(describe(AudioTrack{"aac", "LC", 48000, 2, 160}) ==
          "aac LC, 48000 Hz, 2 channels, 160 kbit/s");
    CHECK(describe(AudioTrack{"aac", "", 44100, 1, std::nullopt}) == "aac, 44100 Hz, 1 channel");
}

TEST_CASE("status table: a narrow terminal keeps name, state and reason") {
    for (const int width : {20, 30, 40, 60, 80}) {
        CAPTURE(width);
        const auto table = to_table(sample(), width, false, now);
        CHECK(table.find("youtube") != std::string::npos);
        CHECK(table.find("rejected") != std::string::npos);
        const auto rows = table.substr(table.find("NAME"));
        CHECK(longest_line(rows) <= static_cast<std::size_t>(std::max(width, 22)));
    }
}

TEST_CASE("status table: colour only where it is wanted") {
    CHECK(to_table(sample(), 80, true, now).find("\x1b[32m") != std::string::npos);
}

TEST_CASE("status table: no destinations says what to type") {
    Status none;
    CHECK(to_table(none, 80, false, now).find("restream add") != std::string::npos);
}

TEST_CASE("status: the JSON has the fields of the design, null where there is nothing") {
    const auto text = to_json(sample());
    for (const char* field :
         {"\"schema\": 1", "\"server\"", "\"worker_pid\": null", "\"wanted\"", "\"down\"",
          "\"confirmed\": true", "\"reason\": null", "\"code\": \"publish_refused\"", "\"since\"",
          "\"worker_restarts\"", "\"session\": null", "\"bitrate_kbps\": 6012", "\"reconnects\"",
          "\"next_retry_in_s\": 290", "\"rtt_ms\": null"}) {
        CAPTURE(field);
        CHECK(text.find(field) != std::string::npos);
    }
}
