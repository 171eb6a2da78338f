// Records: what a relay publishes reads back; what is torn or foreign is refused.
#include "state/record.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

using namespace restream;

namespace {

Record full_record() {
    Record record;
    record.name = "youtube";
    record.service = "youtube";
    record.url = "rtmps://a.rtmps.youtube.com:443/live2";
    record.state = State::live;
    record.confirmed = true;
    record.settled = true;
    record.reason = Reason{"closed", "the server closed the session", ""};
    record.failure = Reason{"reset", "the connection broke", "check"};
    record.tries = 3;
    record.restart_pending = true;
    record.since = *from_iso8601("2026-01-31T20:14:03.120Z");
    record.guardian = {4244, 123456789, "f00d"};
    record.worker = ProcessId{4245, 123456790, "f00d"};
    record.worker_restarts = 2;
    record.session = SessionFigures{record.since, 1'000'000'000'000, 6000, 1, 2, 3, 40, 12.5};
    record.media = MediaFacts{VideoTrack{"h264", "High", 1920, 1080, 29.97, 6000, 2.0, true},
                              AudioTrack{"aac", "LC", 48000, 2, 160}};
    record.reconnects = 7;
    record.attempts = 8;
    record.next_retry = SteadyTime(Milliseconds(7'200'500));
    record.dirty_end = record.since;
    record.written = record.since;
    return record;
}

}  // namespace

TEST_CASE("record: what is written reads back") {
    const Record record = full_record();
    CHECK(record_from_json(to_json(record)) == record);
    Record bare;
    bare.name = "x";
    bare.guardian = {1, 2, "b"};
    CHECK(record_from_json(to_json(bare)) == bare);
}

TEST_CASE("record: one of an older restream has no failure, and still reads") {
    Record expected = full_record();
    expected.failure.reset();
    expected.tries = 0;
    expected.restart_pending = false;
    std::string text = to_json(expected);
    for (const char* member : {"\"failure\":null,", "\"tries\":0,", "\"restart_pending\":false,"}) {
        const std::size_t at = text.find(member);
        REQUIRE_MESSAGE(at != std::string::npos, text);
        text.erase(at, std::string_view(member).size());
    }
    CHECK(record_from_json(text) == expected);
}

TEST_CASE("record: one from before media facts were told still reads") {
    std::string text = to_json(full_record());
    const std::size_t begin = text.find(",\"media\":");
    REQUIRE(begin != std::string::npos);
    text.erase(begin, text.rfind('}') - begin);
    Record expected = full_record();
    expected.media.reset();
    CHECK(record_from_json(text) == expected);
}

TEST_CASE("record: a server's words that are not UTF-8 do no harm") {
    Record record = full_record();
    record.reason->message = "\xff\xfe no";
    const auto read = record_from_json(to_json(record));
    REQUIRE(read);
    CHECK(read->reason->message.find(" no") != std::string::npos);
}

TEST_CASE("record: every torn record is refused") {
    const std::string whole = to_json(full_record());
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(record_from_json(whole.substr(0, length)));
    }
}

TEST_CASE("record: a foreign or damaged record is refused") {
    const std::string whole = to_json(full_record());
    const std::array<std::pair<const char*, const char*>, 13> damages = {{
        {"\"schema\":1", "\"schema\":2"},
        {"\"schema\":1", "\"schema\":\"1\""},
        {"\"state\":\"live\"", "\"state\":\"flying\""},
        {"\"state\":\"live\"", "\"state\":1"},
        {"\"pid\":4244", "\"pid\":-1"},
        {"\"pid\":4244", "\"pid\":0"},
        {"\"pid\":4244", "\"pid\":99999999999"},
        {"\"confirmed\":true", "\"confirmed\":1"},
        {"\"queue_ms\":40", "\"queue_ms\":-40"},
        {"\"worker_restarts\":2", "\"worker_restarts\":4294967296"},
        {"\"rtt_ms\":12.5", "\"rtt_ms\":\"12.5\""},
        {"\"name\":\"youtube\"", "\"name\":null"},
        {"\"since\":\"2026", "\"since\":\"20x6"},
    }};
    for (const auto& [from, to] : damages) {
        CAPTURE(to);
        std::string damaged = whole;
        const auto at = damaged.find(from);
        REQUIRE(at != std::string::npos);
        damaged.replace(at, std::string(from).size(), to);
        CHECK_FALSE(record_from_json(damaged));
    }
    for (const char* foreign :
         {"null", "[]", "{}", "1", "\"\"", "{\"schema\":1}", "\xff", "[[[["}) {
        CAPTURE(foreign);
        CHECK_FALSE(record_from_json(foreign));
    }
}

TEST_CASE("record: a process identity reads back, damage is refused") {
    const ProcessId id{4244, 99, "boot"};
    CHECK(process_from_json(json_of(id).dump()) == id);
    for (const char* bad :
         {"", "{}", "null", "{\"pid\":1}", "{\"pid\":\"1\",\"start_time\":1,\"boot_id\":\"\"}",
          "{\"pid\":0,\"start_time\":1,\"boot_id\":\"\"}"}) {
        CAPTURE(bad);
        CHECK_FALSE(process_from_json(bad));
    }
}
