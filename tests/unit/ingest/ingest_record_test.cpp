// What the managed ingest server says of itself, and what nginx's log says.
#include <doctest/doctest.h>

#include <string>

#include "ingest/nginx_log.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"

using namespace restream;

namespace {

IngestRecord sample() {
    IngestRecord record;
    record.kind = IngestServer::embedded;
    record.guardian = {42, 1000, "boot"};
    record.server = ProcessId{43, 1001, "boot"};
    record.restarts = 2;
    record.reloads = 3;
    record.problem = "bind() to \"127.0.0.1\" failed\n";
    record.since = *from_iso8601("2026-01-31T20:14:03.120Z");
    return record;
}

Record relay(State state, std::string code = "") {
    Record record;
    record.state = state;
    if (!code.empty()) record.reason = Reason{std::move(code), "", ""};
    return record;
}

}  // namespace

TEST_CASE("ingest record: it is read as it was written") {
    CHECK(ingest_record_from_json(to_json(sample())) == sample());
    IngestRecord silent = sample();
    silent.silent_since = silent.since;
    CHECK(ingest_record_from_json(to_json(silent)) == silent);
    IngestRecord down = sample();
    down.server.reset();
    CHECK(ingest_record_from_json(to_json(down)) == down);
}

TEST_CASE("ingest record: one without a kind is of nginx, which once was the only one") {
    std::string text = to_json(sample());
    const std::string kind = "\"kind\":\"embedded\",";
    text.erase(text.find(kind), kind.size());
    REQUIRE(ingest_record_from_json(text));
    CHECK(ingest_record_from_json(text)->kind == IngestServer::nginx);
}

TEST_CASE("ingest record: what is torn or foreign is nothing") {
    const std::string whole = to_json(sample());
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
        CHECK_FALSE(ingest_record_from_json(whole.substr(0, length)));
    }
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = whole;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const std::string& text : std::initializer_list<std::string>{
             "null", "[]", "1", "{}", R"({"schema":1})", with("\"schema\":1", "\"schema\":2"),
             with("\"schema\":1", "\"schema\":\"1\""), with("\"restarts\":2", "\"restarts\":-2"),
             with("\"restarts\":2", "\"restarts\":4294967296"),
             with("\"restarts\":2", "\"restarts\":null"), with("\"reloads\":3", "\"reloads\":0.5"),
             with("\"pid\":42", "\"pid\":0"), with("\"pid\":42", "\"pid\":\"42\""),
             with("\"embedded\"", "\"srs\""), with("\"embedded\"", "1"),
             with("\"embedded\"", "null"), with("\"guardian\":{", "\"other\":{"),
             with("2026-01", "2026-13"), with("\"problem\":", "\"p\":")}) {
        CAPTURE(text);
        CHECK_FALSE(ingest_record_from_json(text));
    }
}

TEST_CASE("ingest state: of an external server the relays tell") {
    CHECK(ingest_state_of({}) == IngestState::unknown);
    const Record live = relay(State::live), idle = relay(State::waiting, "no_publisher"),
                 down = relay(State::waiting, "ingest_down"),
                 other = relay(State::backoff, "reset");
    CHECK(ingest_state_of(std::vector{other}) == IngestState::unknown);
    CHECK(ingest_state_of(std::vector{other, down}) == IngestState::down);
    CHECK(ingest_state_of(std::vector{down, idle}) == IngestState::no_publisher);
    CHECK(ingest_state_of(std::vector{down, idle, live}) == IngestState::live);
    const Record silent = relay(State::holding, "ingest_silent"),
                 waits = relay(State::waiting, "ingest_silent");
    CHECK(ingest_state_of(std::vector{down, idle, silent}) == IngestState::silent);
    CHECK(ingest_state_of(std::vector{waits}) == IngestState::silent);
    // One that gets something proves that something comes.
    CHECK(ingest_state_of(std::vector{silent, live}) == IngestState::live);
}

TEST_CASE("ingest server: each kind has a name that is read back") {
    for (const auto each : {IngestServer::embedded, IngestServer::nginx, IngestServer::external}) {
        CHECK(ingest_server_from_name(ingest_server_name(each)) == each);
    }
    CHECK_FALSE(ingest_server_from_name(""));
    CHECK_FALSE(ingest_server_from_name("Nginx"));
}

TEST_CASE("nginx log: the last grave line is found, without time and process") {
    CHECK(last_complaint("2026/11/23 02:44:39 [emerg] 6611#6611: \"max_message\" directive is not "
                         "allowed here in nginx.conf:8\n") ==
          "\"max_message\" directive is not allowed here in nginx.conf:8");
    CHECK(last_complaint("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)\n"
                         "nginx: configuration file nginx.conf test failed\n") ==
          "bind() to 0.0.0.0:80 failed (13: Permission denied)");
    CHECK(last_complaint("a [emerg] 1#1: first\nb [alert] 1#1: second\nc [notice] 1#1: third") ==
          "second");
    for (const char* text : {"", "\n\n", "[error] 1#1: no", "[notice] x", "emerg", "[emerg]"}) {
        CHECK(last_complaint(text).empty());
    }
}
