// A flight recorder's events and its file: both ways, and what others may have made of it.
#include "state/flight_event.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "state/flight_file.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

WallTime at(const char* text) { return from_iso8601(text).value(); }
const WallTime noon = at("2026-01-31T12:00:00.250Z");

FlightEvent flow_at(WallTime time, std::uint32_t queue_ms = 7) {
    Flow flow;
    flow.span_ms = 10'000;
    flow.in_kbps = 6000;
    flow.queue_ms = queue_ms;
    return {time, flow};
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

struct Files {
    tests::TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "one.events";
    std::filesystem::path older = folder.path() / "one.events.1";
    FlightFile file{path};
};

}  // namespace

TEST_CASE("flight event: every kind is read as it was written, on one line") {
    Flow full;
    full.span_ms = 1000;
    full.in_kbps = 1;
    full.in_messages = 2;
    full.gap_ms = 3;
    full.fps = 4;
    full.in_rtt_ms = 5;
    full.in_retransmits = 6;
    full.out_kbps = 7;
    full.queue_ms = 8;
    full.drops = 9;
    full.rtt_ms = 10;
    full.retransmits = 11;
    full.unsent_bytes = 12;
    full.delivery_kbps = 13;
    full.late_ms = 14;
    full.wait_ms = 15;
    full.busy_percent = 16;
    full.stolen_percent = 0xffff'ffff;
    for (const FlightEvent& event : {
             FlightEvent{noon, Began{2, "11112222-3333"}},
             FlightEvent{noon, Began{}},
             FlightEvent{noon, Entered{State::rejected, "publish_refused", "it said \"no\"\n{}"}},
             FlightEvent{noon, Entered{State::live, "", ""}},
             FlightEvent{noon, SessionEnded{"closed", "ü \xe2\x82\xac"}},
             FlightEvent{noon, Unwritten{17, "No space left on device"}},
             FlightEvent{noon, full},
             FlightEvent{noon, Flow{}},
         }) {
        const std::string line = to_json_line(event);
        CAPTURE(line);
        CHECK(line.find('\n') == line.size() - 1);
        const auto read = flight_event_from_json(line);
        REQUIRE(read);
        CHECK(*read == event);
    }
}

TEST_CASE("flight event: what is not UTF-8 is written as something that is") {
    const std::string line = to_json_line({noon, SessionEnded{"closed",
                                                              "a\xff\xfe"
                                                              "b"}});
    const auto read = flight_event_from_json(line);
    REQUIRE(read);
    CHECK(std::get<SessionEnded>(read->what).message ==
          "a\xef\xbf\xbd\xef\xbf\xbd"
          "b");
}

TEST_CASE("flight event: a usual flow has a short line") {
    Flow flow{10'000, 6012, 770, 46, 30, 1, 0, 6020, 12, 0, 23, 4, 14'480, 41'000, 1, 3, 12, 0};
    CHECK(to_json_line({noon, flow}).size() < 250);
}

TEST_CASE("flight event: what was not written by us is no event") {
    const std::string time = R"("t":"2026-01-31T12:00:00.250Z")";
    REQUIRE(flight_event_from_json("{" + time + R"(,"e":"flow"})"));
    for (const std::string& line : std::vector<std::string>{
             "",
             " ",
             "x",
             "null",
             "[]",
             "{}",
             "12",
             "\"t\"",
             std::string("\0\0\0", 3),
             "{" + time + "}",
             "{" + time + R"(,"e":"flow")",
             "{" + time + R"(,"e":"flo"})",
             "{" + time + R"(,"e":"unknown"})",
             "{" + time + R"(,"e":7})",
             "{" + time + R"(,"e":null})",
             "{" + time + R"(,"e":"flow"}{})",
             R"({"e":"flow"})",
             R"({"t":"","e":"flow"})",
             R"({"t":1769860800,"e":"flow"})",
             R"({"t":"2026-13-31T12:00:00.250Z","e":"flow"})",
             R"({"t":"2026-01-31T12:00:00.250","e":"flow"})",
             R"({"t":"1826-01-31T12:00:00.250Z","e":"flow"})",
             R"({"t":"9999-01-31T12:00:00.250Z","e":"flow"})",
             R"({"t":"0000-01-01T00:00:00Z","e":"flow"})",
             "{" + time + R"(,"e":"flow","ms":-1})",
             "{" + time + R"(,"e":"flow","ms":1.5})",
             "{" + time + R"(,"e":"flow","ms":"1"})",
             "{" + time + R"(,"e":"flow","ms":4294967296})",
             "{" + time + R"(,"e":"flow","ms":1e300})",
             "{" + time + R"(,"e":"flow","drops":true})",
             "{" + time + R"(,"e":"flow","queue_ms":null})",
             "{" + time + R"(,"e":"flow","rtt_ms":[]})",
             "{" + time + R"(,"e":"state"})",
             "{" + time + R"(,"e":"state","state":"flying"})",
             "{" + time + R"(,"e":"state","state":3})",
             "{" + time + R"(,"e":"state","state":"live","code":3})",
             "{" + time + R"(,"e":"state","state":"live","message":{}})",
             "{" + time + R"(,"e":"ended","code":[]})",
             "{" + time + R"(,"e":"began","restarts":-3})",
             "{" + time + R"(,"e":"began","boot":1})",
             "{" + time + R"(,"e":"unwritten","events":"many"})",
             std::string(3000, '['),
             std::string(3000, '{'),
         }) {
        CAPTURE(line);
        CHECK_FALSE(flight_event_from_json(line));
    }
}

TEST_CASE("flight file: what is appended is read, by time") {
    Files files;
    CHECK(read_flight(files.path).empty());
    CHECK_FALSE(files.file.append(to_json_line(flow_at(noon + 1s)) + to_json_line(flow_at(noon))));
    CHECK_FALSE(files.file.append(to_json_line(flow_at(noon + 2s))));
    CHECK(read_flight(files.path) ==
          std::vector{flow_at(noon), flow_at(noon + 1s), flow_at(noon + 2s)});
}

TEST_CASE("flight file: never grows beyond two halves, and the last events are there") {
    Files files;
    constexpr int count = 6000;
    for (int i = 0; i < count; ++i) {
        REQUIRE_FALSE(files.file.append(to_json_line(flow_at(noon + i * 10s))));
    }
    CHECK(std::filesystem::file_size(files.path) <= FlightFile::half_bytes);
    CHECK(std::filesystem::file_size(files.older) <= FlightFile::half_bytes);
    const auto events = read_flight(files.path);
    REQUIRE(events.size() > 1000);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto back = static_cast<int>(events.size() - i);
        CHECK(events[i] == flow_at(noon + (count - back) * 10s));
    }
    std::size_t others = 0;
    for (const auto& entry : std::filesystem::directory_iterator(files.folder.path())) {
        others += entry.path() == files.path || entry.path() == files.older ? 0 : 1;
    }
    CHECK(others == 0);
}

TEST_CASE("flight file: a torn line costs that line alone, and nothing is glued to it") {
    const std::string whole = to_json_line(flow_at(noon));
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        Files files;
        write(files.path, whole + whole.substr(0, cut));
        FlightFile next_life(files.path);
        REQUIRE_FALSE(next_life.append(to_json_line(flow_at(noon + 1s))));
        CAPTURE(cut);
        CHECK(read_flight(files.path) == std::vector{flow_at(noon), flow_at(noon + 1s)});
    }
}

TEST_CASE("flight file: where it cannot be written, that is told, and later it can") {
    Files files;
    std::filesystem::create_directory(files.path);
    CHECK(files.file.append(to_json_line(flow_at(noon))));
    std::filesystem::remove(files.path);
    CHECK_FALSE(files.file.append(to_json_line(flow_at(noon))));
    CHECK(read_flight(files.path) == std::vector{flow_at(noon)});
    FlightFile nowhere(files.folder.path() / "none" / "one.events");
    CHECK(nowhere.append("x\n"));
}

TEST_CASE("flight file: what is between events, whatever it is, hides no event") {
    const std::string before = to_json_line(flow_at(noon));
    const std::string after = to_json_line(flow_at(noon + 1s));
    for (const std::string& between : std::vector<std::string>{
             "\n",
             "\n\n\n",
             "\r\n",
             "x\n",
             std::string(100, '\0') + "\n",
             "\xff\xfe\xfd\n",
             "{\n",
             "}{\n",
             "null\n",
             "[[[[\n",
             std::string(10'000, '[') + "\n",
             std::string(50'000, 'x') + "\n",
             R"({"t":"2026-01-31T12:00:00Z","e":"flow","ms":99999999999})"
             "\n",
             "{\"a\":" + std::string(20'000, '{') + "\n",
         }) {
        Files files;
        write(files.path, before + between + after);
        CAPTURE(between.substr(0, 40));
        CHECK(read_flight(files.path) == std::vector{flow_at(noon), flow_at(noon + 1s)});
    }
}

TEST_CASE("flight file: of a file that grew without bound only its end is read") {
    Files files;
    const std::string line = to_json_line(flow_at(noon, 1));
    std::string text;
    while (text.size() < 20 * FlightFile::half_bytes) text += line;
    write(files.path, text + to_json_line(flow_at(noon + 1s)));
    const auto events = read_flight(files.path);
    // Lines that are the same are one event.
    CHECK(events == std::vector{flow_at(noon, 1), flow_at(noon + 1s)});
}

TEST_CASE("flight file: what is no file is read as nothing") {
    Files files;
    std::filesystem::create_directory(files.path);
    std::filesystem::create_symlink("/dev/zero", files.older);
    CHECK(read_flight(files.path).empty());
}

TEST_CASE("flight file: halves that hold the same events, as at a turn-over, give them once") {
    Files files;
    REQUIRE_FALSE(files.file.append(to_json_line(flow_at(noon))));
    write(files.older, content_of(files.path));
    CHECK(read_flight(files.path) == std::vector{flow_at(noon)});
}
