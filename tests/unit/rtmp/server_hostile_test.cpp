// The server's side: what nobody should say to it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "rtmp/server.hpp"
#include "unit/allocations.hpp"
#include "unit/server_talk.hpp"

using namespace restream;
using namespace restream::test;
using namespace restream::test::server_side;

TEST_CASE("server connection: only who publishes may send long messages") {
    const auto long_one = [](std::size_t size) {
        return Message{MessageType::video, 1, RtmpTime(), Payload::copy_of(Bytes(size))};
    };
    Talk before;
    before.say({{connect("live")}, {command("createStream", 2)}});
    before.peer.send(long_one(64 * 1024 + 1));
    before.run();
    CHECK(before.server.step() == RtmpServer::Step::ended);
    Talk behind;
    behind.say(publish_lines("live", "k4"));
    behind.peer.send(long_one(200 * 1024));
    behind.run();
    CHECK(behind.tags.size() == 1);
    behind.peer.send(long_one(200 * 1024 + 1));
    behind.run();
    CHECK(behind.server.step() == RtmpServer::Step::ended);
}

TEST_CASE("server connection: what should not be said is refused or ignored, as is written down") {
    struct Case {
        const char* why;
        std::vector<Line> lines;
        Words heard;  ///< the last of it
        std::string told;
    };
    const auto error = [](double transaction, const char* code, const char* description) {
        return "_error " + text_of(AmfValue::of(transaction)) + " null {level: 'error', code: '" +
               code + "', description: '" + description + "'}";
    };
    const auto failed = [&error](double transaction, const char* description) {
        return error(transaction, "NetConnection.Call.Failed", description);
    };
    const std::string long_text(1001, 'x');
    const std::string too_long =
        status_text("NetStream.Publish.BadName",
                    "a name has at most 1000 bytes and no control characters", "error") +
        " on 1";
    const Line second = {command("publish", 9, {text("k5"), text("live")}), 1};
    const std::string busy = status_text("NetStream.Publish.BadName",
                                         "this connection publishes or plays already", "error");
    const auto with = [](std::vector<Line> lines, Line more) {
        lines.push_back(std::move(more));
        return lines;
    };
    const auto published = publish_lines("live", "k4");
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();
    for (const Case& each : std::vector<Case>{
             {"publish first", {second}, {failed(9, "connect comes first")}, ""},
             {"createStream first",
              {{command("createStream", 2)}},
              {failed(2, "connect comes first")},
              ""},
             {"play first, for no answer", {{command("play", 0, {text("k")})}}, {}, ""},
             {"an empty name", {{command("", 3)}}, {failed(3, "connect comes first")}, ""},
             {"a second connect",
              {{connect("live")}, {connect("other")}},
              {error(1, "NetConnection.Connect.Failed", "this is connected already")},
              ""},
             {"an app that is too long",
              {{connect(long_text.c_str())}},
              {error(1, "NetConnection.Connect.Rejected",
                     "an app has at most 1000 bytes and no control characters")},
              ended(RtmpEnding::Cause::malformed,
                    "the app is too long, or has control characters")},
             {"an app of two lines",
              {{connect("live\nx")}},
              {error(1, "NetConnection.Connect.Rejected",
                     "an app has at most 1000 bytes and no control characters")},
              ended(RtmpEnding::Cause::malformed,
                    "the app is too long, or has control characters")},
             {"no app", {{command("connect", 1)}}, {connected}, ""},
             {"no app but a number",
              {{command("connect", 1, {}, AmfValue::object({{"app", AmfValue::of(5.0)}}))}},
              {connected},
              ""},
             {"a name that is too long",
              publish_lines("live", long_text.c_str()),
              {too_long},
              ended(RtmpEnding::Cause::malformed,
                    "the name is too long, or has control characters")},
             {"a name with a tab",
              publish_lines("live", "k\t4"),
              {too_long},
              ended(RtmpEnding::Cause::malformed,
                    "the name is too long, or has control characters")},
             {"a second publish", with(published, second), {busy + " on 1"}, "publish 'live' 'k4'"},
             {"a play of who publishes",
              with(published, {command("play", 0, {text("k")}), 1}),
              {status_text("NetStream.Play.Failed", "this connection publishes or plays already",
                           "error") +
               " on 1"},
              "publish 'live' 'k4'"},
             {"an unknown command",
              with(published, {command("shutdown", 8)}),
              {failed(8, "this command is not known")},
              "publish 'live' 'k4'"},
             {"an unknown one that waits for nothing",
              with(published, {command("shutdown", 0)}),
              {publishing + " on 1"},
              "publish 'live' 'k4'"},
             {"a transaction that is no number",
              with(published, {command("shutdown", not_a_number)}),
              {failed(not_a_number, "this command is not known")},
              "publish 'live' 'k4'"},
             {"an answer to nothing",
              with(published, {command("_result", 4)}),
              {publishing + " on 1"},
              "publish 'live' 'k4'"},
             {"an error for nothing",
              with(published, {command("_error", 4)}),
              {publishing + " on 1"},
              "publish 'live' 'k4'"},
             {"a status from below",
              with(published, {command("onStatus", 4)}),
              {publishing + " on 1"},
              "publish 'live' 'k4'"},
             {"a deleteStream of text",
              with(published, {command("deleteStream", 4, {text("1")})}),
              {status_text("NetStream.Unpublish.Success", "unpublished") + " on 1"},
              "left"},
             {"a deleteStream of no number",
              with(published, {command("deleteStream", 4, {AmfValue::of(not_a_number)})}),
              {publishing + " on 1"},
              "publish 'live' 'k4'"},
             {"an unpublish before all",
              {{connect("live")}, {command("FCUnpublish", 0)}},
              {connected},
              ""}}) {
        CAPTURE(each.why);
        Talk talk;
        const Words heard = talk.say(each.lines);
        REQUIRE(heard.size() >= each.heard.size());
        CHECK(Words(heard.end() - std::ptrdiff_t(each.heard.size()), heard.end()) == each.heard);
        CHECK((talk.told.empty() ? "" : talk.told.back()) == each.told);
    }
}

TEST_CASE("server connection: hostile messages end it or change nothing") {
    struct Case {
        const char* why;
        MessageType type;
        Bytes payload;
        bool ends;
    };
    Bytes deep = tests::hex("02 0007 636f6e6e656374 00 3ff0000000000000");
    for (int i = 0; i < 100; ++i) deep.insert(deep.end(), {3, 0, 1, 'a'});
    for (const Case& each : std::vector<Case>{
             {"a command of no bytes", MessageType::command, {}, true},
             {"a command that begins with a number", MessageType::command,
              tests::hex("00 3ff0000000000000"), true},
             {"a command whose transaction is text", MessageType::command,
              tests::hex("02 0001 61 02 0001 62"), true},
             {"a command cut in its name", MessageType::command, tests::hex("02 00ff 61"), true},
             {"a hundred objects in each other", MessageType::command, deep, true},
             {"an AMF3 command without its zero", MessageType::amf3_command,
              tests::hex("11 0001 61"), true},
             {"an AMF3 command of AMF3", MessageType::amf3_command,
              tests::hex("00 02 0001 61 00 3ff0000000000000 11 0a"), true},
             {"a chunk size of nothing", MessageType::set_chunk_size, tests::hex("00000000"), true},
             {"media of a stranger", MessageType::video, tests::hex("17 01"), false},
             {"metadata of a stranger", MessageType::data, tests::hex("02 0001 61"), false},
             {"an aggregate of a stranger", MessageType::aggregate,
              tests::hex("08 000001 000005 00 000000 af"), false},
             {"a shared object", MessageType::shared_object, tests::hex("00 01"), false},
             {"an AMF3 shared object", MessageType::amf3_shared_object, {}, false},
             {"a type that nobody knows", MessageType(0x20), tests::hex("01"), false},
             {"type 0", MessageType(0), tests::hex("01"), false},
             {"type 255", MessageType(255), {}, false},
             {"a ping without its time", MessageType::user_control, tests::hex("0006"), false},
             {"a control of no kind", MessageType::user_control, tests::hex("ffff 00000000"),
              false},
             {"half a control", MessageType::user_control, tests::hex("00"), false},
             {"half a window", MessageType::window_acknowledgement_size, tests::hex("00"), false},
             {"a window of nothing", MessageType::window_acknowledgement_size,
              tests::hex("00000000"), false},
             {"the largest window", MessageType::window_acknowledgement_size,
              tests::hex("ffffffff"), false},
             {"half an acknowledgement", MessageType::acknowledgement, tests::hex("0000"), false},
             {"an acknowledgement of what was never sent", MessageType::acknowledgement,
              tests::hex("ffffffff"), false},
             {"half a bandwidth", MessageType::set_peer_bandwidth, {}, false}}) {
        CAPTURE(each.why);
        Talk talk;
        talk.say({{connect("live")}});
        talk.peer.send({each.type, 0, RtmpTime(), Payload::copy_of(each.payload)});
        talk.run();
        CHECK((talk.server.step() == RtmpServer::Step::ended) == each.ends);
        CHECK(talk.tags.empty());
        if (each.ends) {
            REQUIRE(talk.told.size() == 1);
            CHECK(talk.told[0].starts_with(ended(RtmpEnding::Cause::malformed, "")));
        } else {
            CHECK(talk.say({{command("createStream", 2)}}).back() == "_result 2 null 1");
        }
    }
}

TEST_CASE("server connection: what is no RTMP ends it at the handshake") {
    for (const char* first : {"47455420", "16030100", "06000000", "00000000", "ff"}) {
        CAPTURE(first);
        RtmpServer server({.random = handshake_bytes()});
        server.feed(tests::hex(first));
        const auto event = server.next();
        REQUIRE(std::holds_alternative<RtmpEnding>(event));
        CHECK(std::get<RtmpEnding>(event).cause == RtmpEnding::Cause::malformed);
        CHECK(std::get<RtmpEnding>(server.next()) == std::get<RtmpEnding>(event));
        CHECK(server.output().is_empty());
    }
}

TEST_CASE("server connection: one who asks and never reads is not served for ever") {
    struct Case {
        const char* why;
        Bytes asked;
        int times;
        Words told;
    };
    for (const Case& each : std::vector<Case>{
             {"pings", tests::hex("02 000000 000006 04 00000000 0006 00000001"), 2'400, {}},
             {"createStream",
              tests::hex("03 000000 000019 14 00000000 02 000c 63726561746553747265616d"
                         "00 4000000000000000 05"),
              600,
              {ended(RtmpEnding::Cause::stalled, "it asks and does not read the answers")}}}) {
        CAPTURE(each.why);
        Talk talk;
        talk.say({{connect("live")}});
        for (int i = 0; i < each.times; ++i) talk.server.feed(each.asked);
        talk.listen();
        CHECK(talk.told == each.told);
        CHECK(talk.server.output().size() > RtmpLink::most_unread_answers);
        CHECK(talk.server.output().size() < RtmpLink::most_unread_answers + 100);
    }
}

TEST_CASE("server connection: one who publishes again and again takes no more memory for it") {
    Talk talk;
    const std::string name = std::string(200, 'x') + "?a=" + std::string(600, 'y');
    const auto again = [&talk, &name] {
        talk.peer.say(command("publish", 0, {AmfValue::of(name), text("live")}), 1);
        talk.peer.say(command("FCUnpublish", 0));
        talk.server.feed(talk.peer.take_output());
        talk.listen();
        talk.server.output().clear();
        CHECK(talk.told.back() == "left");
        talk.told.clear();
    };
    talk.say({{connect("live")}, {command("createStream", 2)}});
    again();
    const auto before = tests::allocations_so_far().live_bytes;
    for (int i = 0; i < 50; ++i) again();
    CHECK(tests::allocations_so_far().live_bytes - before < 20'000);
}

TEST_CASE("server connection: the peer's name for itself is shown clean and short") {
    for (const auto& [said, shown] : std::vector<std::pair<std::string, std::string>>{
             {"LNX 9,0,124,2", "LNX 9,0,124,2"},
             {"", ""},
             {"a\x1b[31mb\r\nc", "a [31mb  c"},
             {"bad\xff\xc0\xaf utf8", "bad    utf8"},
             {"turned\xe2\x80\xae round", "turned\\u{202e} round"},
             {"ünïcode", "ünïcode"},
             {std::string(63, 'x') + "ü", std::string(63, 'x')}}) {
        Talk talk;
        Command said_by = command("connect", 1);
        said_by.object =
            AmfValue::object({{"app", text("live")}, {"flashVer", AmfValue::of(said)}});
        talk.say({{said_by}});
        CHECK(talk.server.software() == shown);
    }
}
