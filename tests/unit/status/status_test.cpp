// The table of status: readable in any width.
#include "status/status.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

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

TEST_CASE("status table: a backup has a line of its own, and one that stands by needs no words") {
    Status status = sample();
    BackupStatus backup;
    backup.url = "rtmps://b.rtmps.youtube.com:443/live2";
    backup.state = State::waiting;
    backup.reason = Reason{"standby", "words of standby", ""};
    status.destinations[0].backup = backup;
    auto table = to_table(status, 120, false, now);
    CHECK_MESSAGE(table.find("\n  backup  standby  ") != std::string::npos, table);
    CHECK(table.find("b.rtmps.youtube.com") != std::string::npos);
    CHECK(table.find("words of standby") == std::string::npos);
    status.destinations[0].backup->reason = Reason{"no_publisher", "nobody publishes", "start"};
    table = to_table(status, 120, false, now);
    CHECK_MESSAGE(table.find("\n  backup  waiting  ") != std::string::npos, table);
    CHECK(table.find("nobody publishes") != std::string::npos);
}

TEST_CASE("status table: where both servers get the picture, the upload they take together shows") {
    Status status = sample();
    BackupStatus backup;
    backup.mode = Backup::both;
    backup.url = "rtmps://b.rtmps.youtube.com:443/live2";
    status.destinations[0].backup = backup;
    CHECK(to_table(status, 120, false, now).find("both servers") == std::string::npos);
    backup.is_alive = true;
    backup.state = State::live;
    backup.session = status.destinations[0].session;
    status.destinations[0].backup = backup;
    const auto table = to_table(status, 120, false, now);
    const auto together = 2 * backup.session->bitrate_kbps;
    CHECK_MESSAGE(table.find("\n  both servers get the picture: twice the upload, " +
                             std::to_string(together) + " kbit/s together\n") != std::string::npos,
                  table);
    status.destinations[0].backup->mode = Backup::failover;
    CHECK(to_table(status, 120, false, now).find("both servers") == std::string::npos);
}

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
        table.starts_with("ingest: nobody publishes, rtmp://127.0.0.1:1935/live\n"
                          "  (embedded)\n"
                          "  somebody publishes to live with a stream key, but relays\n"
                          "    play it without; empty OBS's Stream Key field\n"));
}

TEST_CASE("status: what the ingest carries stands under it, in the table and in JSON") {
    Status status = sample();
    CHECK(to_json(status).find("\"video\": null,\n    \"audio\": null") != std::string::npos);
    status.ingest.media = {VideoTrack{"h264", "High", 1920, 1080, 30, 6012, 2.0, true},
                           AudioTrack{"aac", "LC", 48000, 2, 160}};
    const auto table = to_table(status, 120, false, now);
    CHECK(table.find("\n  1920x1080 30 fps h264 High 6012 kbit/s, keyframe every 2.0 s, aac 48 kHz "
                     "stereo 160 kbit/s\n") != std::string::npos);
    CHECK(longest_line(to_table(status, 60, false, now)) <= 60);
    const auto document = to_json(status);
    CHECK(document.find("\"keyframe_interval_s\": 2.0") != std::string::npos);
    CHECK(document.find("\"sample_rate_hz\": 48000") != std::string::npos);
}

TEST_CASE("status: nothing is shown as plain live while the ingest is silent") {
    Status status = sample();
    status.ingest.state = IngestState::silent;
    status.ingest.silence = Silence::everything;
    status.ingest.silent_since = now - std::chrono::seconds(12);
    CHECK(is_carrying(status.destinations[0]));
    status.destinations[0].reason = Reason{"ingest_silent", "the ingest is silent", "look"};
    CHECK_FALSE(is_carrying(status.destinations[0]));
    const auto table = to_table(status, 120, true, now);
    CHECK_MESSAGE(table.starts_with("ingest: silent, rtmp://127.0.0.1:1935/live (embedded)\n"),
                  table);
    CHECK_MESSAGE(table.find("no picture and no sound for 12 s") != std::string::npos, table);
    CHECK_MESSAGE(table.find("live, silent") != std::string::npos, table);
    CHECK_MESSAGE(table.find("\x1b[32m") == std::string::npos, table);
    const auto document = to_json(status);
    CHECK(document.find("\"state\": \"silent\"") != std::string::npos);
    CHECK(document.find("\"missing\": \"everything\"") != std::string::npos);
    CHECK(to_json(sample()).find("\"silence\": null") != std::string::npos);
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
          "\"next_retry_in_s\": 290", "\"rtt_ms\": null", "\"attempts\": 0",
          "\"restart_pending\": false", "\"config_error\": null"}) {
        CAPTURE(field);
        CHECK(text.find(field) != std::string::npos);
    }
}

TEST_CASE("status table: a try that is under way has the failure before it, and its number") {
    Status status = sample();
    DestinationStatus& each = status.destinations[1];
    each.state = State::backoff;
    each.attempts = 3;
    each.next_retry_in_s = 4;
    CHECK(to_table(status, 200, false, now).find("; next try in 4 s (3 failed)") !=
          std::string::npos);
    each.state = State::connecting;
    each.attempts = 4;
    each.next_retry_in_s = 0;
    const auto table = to_table(status, 200, false, now);
    CHECK(table.find("refused the stream key") != std::string::npos);
    CHECK_MESSAGE(table.find("; try 4 is under way") != std::string::npos, table);
}

TEST_CASE("status table: a restart that is pending is told with what it costs") {
    Status status = sample();
    status.destinations[0].restart_pending = true;
    const auto table = to_table(status, 200, false, now);
    CHECK_MESSAGE(table.find("restart pending: its settings or its key have changed; "
                             "'restream restart youtube' interrupts it") != std::string::npos,
                  table);
    CHECK(to_json(status).find("\"restart_pending\": true") != std::string::npos);
}

TEST_CASE("status: a broken configuration stands at the top, and in JSON with its place") {
    Status status = sample();
    status.config_problem = config_problem("/c/restream.toml:3:5: url: is bad");
    const auto table = to_table(status, 200, false, now);
    CHECK_MESSAGE(table.starts_with("the configuration is broken: /c/restream.toml:3:5: url: is "
                                    "bad; what runs goes on\n"),
                  table);
    CHECK(table.find("youtube") != std::string::npos);
    CHECK(to_json(status).find("\"line\": 3") != std::string::npos);
}

TEST_CASE("record: the failure is shown until live, but for what the ingest lacks for long") {
    Record record;
    record.since = now;
    record.failure = Reason{"connection_refused", "refused", ""};
    const Reason keyframe{"waiting_for_keyframe", "no keyframe", ""};
    const Reason nobody{"no_publisher", "nobody", ""};
    const auto code = [&](WallTime at) {
        const auto& reason = shown_reason(record, at);
        return reason ? reason->code : "";
    };
    for (const State state : {State::waiting, State::connecting}) {
        record.state = state;
        CHECK(code(now) == "connection_refused");
        CHECK(is_trying_again(record));
    }
    record.state = State::waiting;
    record.reason = keyframe;
    CHECK(code(now + 1s) == "connection_refused");
    CHECK(code(now + 6s) == "waiting_for_keyframe");
    record.reason = nobody;
    CHECK(code(now) == "no_publisher");
    CHECK_FALSE(is_trying_again(record));
    record.reason.reset();
    record.state = State::live;
    CHECK(code(now) == "");
    CHECK_FALSE(is_trying_again(record));
    // Round trip.
    record.name = "one";
    record.guardian = {1, 2, "boot"};
    record.tries = 7;
    record.restart_pending = true;
    CHECK(record_from_json(to_json(record)) == record);
}
