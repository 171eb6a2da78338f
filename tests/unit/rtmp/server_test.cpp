// The server's side: what encoders and players say to it.
#include "rtmp/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/server_talk.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace restream::test::server_side;

namespace {

struct Dialect {
    const char* who;
    std::vector<Line> lines;
    std::string told;
    Words heard;  ///< behind the answer to connect
};

const std::string on_fc_publish =
    status_text("NetStream.Publish.Start", "send publish next", "status", "onFCPublish");
const Words playing_on_1 = {"control 0 1",
                            status_text("NetStream.Play.Reset", "playing from now on") + " on 1",
                            status_text("NetStream.Play.Start", "playing") + " on 1"};

Words after(Words first, const Words& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

const AmfValue null = AmfValue::null();

const std::vector<Dialect> publishers = {
    {"OBS",
     {{connect("live")},
      {command("releaseStream", 2, {text("k4")})},
      {command("FCPublish", 3, {text("k4")})},
      {command("createStream", 4)},
      {command("publish", 5, {text("k4"), text("live")}), 1}},
     "publish 'live' 'k4'",
     {"_result 2 null", "_result 3 null", on_fc_publish, "_result 4 null 1", publishing + " on 1"}},
    {"OBS without a key",
     {{connect("live")},
      {command("releaseStream", 2, {text("")})},
      {command("FCPublish", 3, {text("")})},
      {command("createStream", 4)},
      {command("publish", 5, {text(""), text("live")}), 1}},
     "publish 'live' ''",
     {"_result 2 null", "_result 3 null", on_fc_publish, "_result 4 null 1", publishing + " on 1"}},
    {"OBS with the whole URL as server",
     {{connect("live/k4?token=1")},
      {command("createStream", 4)},
      {command("publish", 5, {text(""), text("live")}), 1}},
     "publish 'live/k4?token=1' ''",
     {"_result 4 null 1", publishing + " on 1"}},
    {"ffmpeg, whose _checkbw is not known here",
     {{connect("live")},
      {command("releaseStream", 2, {text("k4?a=1")})},
      {command("FCPublish", 3, {text("k4?a=1")})},
      {command("createStream", 4)},
      {command("_checkbw", 5)},
      {command("publish", 6, {text("k4?a=1"), text("live")}), 1}},
     "publish 'live' 'k4?a=1'",
     {"_result 2 null", "_result 3 null", on_fc_publish, "_result 4 null 1", publishing + " on 1"}},
    {"a recorder",
     {{connect("live")},
      {command("createStream", 2)},
      {command("publish", 0, {text("k4"), text("record")}), 1}},
     "publish 'live' 'k4'",
     {"_result 2 null 1", publishing + " on 1"}},
    {"one without kind",
     {{connect("live")}, {command("createStream", 2)}, {command("publish", 0, {text("k4")}), 1}},
     "publish 'live' 'k4'",
     {"_result 2 null 1", publishing + " on 1"}},
    {"one with a null for a name",
     {{connect("live")},
      {command("createStream", 2)},
      {command("publish", 0, {null, text("live")}), 1}},
     "publish 'live' ''",
     {"_result 2 null 1", publishing + " on 1"}},
    {"one without arguments",
     {{connect("live/k4")}, {command("createStream", 2)}, {command("publish", 0), 1}},
     "publish 'live/k4' ''",
     {"_result 2 null 1", publishing + " on 1"}},
    {"one without createStream",
     {{connect("live")}, {command("publish", 2, {text("k4"), text("live")})}},
     "publish 'live' 'k4'",
     {publishing}},
    {"one that makes two and uses the second",
     {{connect("live")},
      {command("createStream", 2)},
      {command("createStream", 3)},
      {command("deleteStream", 4, {AmfValue::of(1.0)})},
      {command("publish", 5, {text("k4"), text("live")}), 2}},
     "publish 'live' 'k4'",
     {"_result 2 null 1", "_result 3 null 2", publishing + " on 2"}},
};

const std::vector<Dialect> players = {
    {"ffmpeg",
     {{connect("live")},
      {command("createStream", 2)},
      {command("FCSubscribe", 3, {text("k4")})},
      {command("getStreamLength", 4, {text("k4")})},
      {command("play", 5, {text("k4"), AmfValue::of(-2000.0)}), 1}},
     "play 'live' 'k4'",
     after({"_result 2 null 1",
            status_text("NetStream.Play.Start", "play it", "status", "onFCSubscribe"),
            "_result 4 null 0"},
           playing_on_1)},
    {"rtmpdump --live",
     {{connect("live")},
      {command("createStream", 2)},
      {command("play", 4, {text("k4?x=1"), AmfValue::of(-1000.0)}), 1}},
     "play 'live' 'k4?x=1'",
     after({"_result 2 null 1"}, playing_on_1)},
    {"one that says start, duration and reset",
     {{connect("live")},
      {command("createStream", 2)},
      {command("play", 0, {text("k4"), AmfValue::of(0.0), AmfValue::of(-1.0), AmfValue::of(true)}),
       1}},
     "play 'live' 'k4'",
     after({"_result 2 null 1"}, playing_on_1)},
    {"one that plays the app",
     {{connect("live")}, {command("createStream", 2)}, {command("play", 0, {text("")}), 1}},
     "play 'live' ''",
     after({"_result 2 null 1"}, playing_on_1)},
    {"one that pauses what is live",
     {{connect("live")},
      {command("createStream", 2)},
      {command("play", 0, {text("k4")}), 1},
      {command("pause", 0, {AmfValue::of(true), AmfValue::of(0.0)}), 1},
      {command("receiveAudio", 0, {AmfValue::of(false)}), 1},
      {command("receiveVideo", 6, {AmfValue::of(false)}), 1},
      {command("seek", 0, {AmfValue::of(100.0)}), 1}},
     "play 'live' 'k4'",
     after({"_result 2 null 1"}, playing_on_1)},
};

}  // namespace

TEST_CASE("server connection: publishers and players are taken in their dialects") {
    for (const auto* dialects : {&publishers, &players}) {
        for (const Dialect& dialect : *dialects) {
            CAPTURE(dialect.who);
            Talk talk;
            const Words heard = talk.say(dialect.lines);
            CHECK(talk.told == Words{dialect.told});
            CHECK(heard ==
                  after({"window 2500000", "bandwidth 2500000", connected}, dialect.heard));
            CHECK(talk.server.step() == (dialects == &publishers
                                             ? RtmpServer::Step::publishing
                                             : RtmpServer::Step::playing));
        }
    }
}

TEST_CASE("server connection: one who waits for onFCPublish before createStream gets it") {
    Talk talk;
    CHECK(talk.say({{connect("live")}}).back() == connected);
    CHECK(talk.say({{command("FCPublish", 3, {text("k4")})}}) ==
          Words{"_result 3 null", on_fc_publish});
    CHECK(talk.told.empty());
}

TEST_CASE("server connection: bytes behind a command's values are ignored, whatever they are") {
    for (const char* rest :
         {"00", "000000", "ff", "11", "02ffff41", "0300", "0a00ffffff", "474554"}) {
        CAPTURE(rest);
        Talk talk;
        const auto say = [&](const Command& said, std::uint32_t on) {
            Bytes bytes;
            const Payload written = write_command(said);
            bytes.assign(written.bytes().begin(), written.bytes().end());
            const Bytes more = tests::hex(rest);
            bytes.insert(bytes.end(), more.begin(), more.end());
            talk.peer.send({MessageType::command, on, RtmpTime(), Payload::copy_of(bytes)});
            return talk.run();
        };
        CHECK(say(connect("live"), 0).back() == connected);
        CHECK(say(command("releaseStream", 2, {text("k4")}), 0) == Words{"_result 2 null"});
        CHECK(say(command("FCPublish", 3, {text("k4")}), 0) ==
              Words{"_result 3 null", on_fc_publish});
        CHECK(say(command("createStream", 4), 0) == Words{"_result 4 null 1"});
        CHECK(say(command("publish", 5, {text("k4"), text("live")}), 1) ==
              Words{publishing + " on 1"});
        CHECK(talk.told == Words{"publish 'live' 'k4'"});
    }
}

TEST_CASE("server connection: a publish whose name cannot be read publishes nothing") {
    for (const char* name : {"publish", "play"}) {
        CAPTURE(name);
        Talk talk;
        talk.say({{connect("live")}, {command("createStream", 2)}});
        Bytes bytes;
        const Payload written = write_command(command(name, 3));
        bytes.assign(written.bytes().begin(), written.bytes().end());
        const Bytes cut = tests::hex("02 00ff 6b34");  // 2 of 255 letters
        bytes.insert(bytes.end(), cut.begin(), cut.end());
        talk.peer.send({MessageType::command, 1, RtmpTime(), Payload::copy_of(bytes)});
        talk.run();
        REQUIRE(talk.told.size() == 1);
        CHECK(talk.told[0].starts_with(ended(RtmpEnding::Cause::malformed, "the name to ")));
    }
}

TEST_CASE("server connection: a publisher whose chunk streams begin with type 1 or 2 is taken") {
    Talk talk;
    talk.say(publish_lines("live", "k4"));
    // Type 2 on chunk stream 6: what it leaves out is zero, so an empty message of type 0. Type 1
    // on chunk stream 7: audio of two bytes at 40 ms, on message stream 0.
    talk.server.feed(tests::hex("86 000028  47 000028 000002 08 af01"));
    talk.listen();
    REQUIRE(talk.tags.size() == 1);
    CHECK(talk.tags[0].type == TagType::audio);
    CHECK(talk.tags[0].time.ms() == 40);
    CHECK(talk.server.step() == RtmpServer::Step::publishing);
}

TEST_CASE("server connection: what Enhanced RTMP announces is answered where it was announced") {
    Talk talk;
    const auto map = [](std::vector<AmfValue::Property> of) { return AmfValue::object(of); };
    const Words heard = talk.say({{connect(
        "live",
        {{"fourCcList",
          AmfValue::strict_array({text("hvc1"), text("av01"), text("toolong"), null})},
         {"videoFourCcInfoMap",
          map({{"*", AmfValue::of(2.0)}, {"hvc1", AmfValue::of(3.0)}, {"no", AmfValue::of(1.0)}})},
         {"capsEx", AmfValue::of(15.0)}})}});
    const std::string answer = heard.back();
    CHECK(
        answer.ends_with("objectEncoding: 0, fourCcList: ['hvc1' 'av01'], "
                         "videoFourCcInfoMap: {*: 4, hvc1: 4}, capsEx: 14}"));
}

TEST_CASE("server connection: AMF3's commands and data are read behind their zero") {
    Talk talk;
    const auto behind_zero = [](const Payload& payload) {
        Bytes bytes = {0};
        bytes.insert(bytes.end(), payload.bytes().begin(), payload.bytes().end());
        return Payload::copy_of(bytes);
    };
    for (const Line& line : publish_lines("live", "k4")) {
        talk.peer.send({MessageType::amf3_command, line.on, RtmpTime(),
                        behind_zero(write_command(line.command))});
    }
    CHECK(talk.run().back() == publishing + " on 1");
    talk.peer.send({MessageType::amf3_data, 1, RtmpTime(7), behind_zero(metadata("x").payload)});
    talk.run();
    REQUIRE(talk.tags.size() == 1);
    CHECK(std::ranges::equal(talk.tags[0].bytes(), metadata("x").bytes()));
}

TEST_CASE("server connection: @setDataFrame is taken off, other data stays as it is") {
    Talk talk;
    talk.say(publish_lines("live", "k4"));
    const auto send = [&talk](const std::string& bytes) {
        talk.peer.send({MessageType::data, 1, RtmpTime(9), script(bytes).payload});
    };
    const std::string set(std::string("\x02\x00\x0d@setDataFrame", 16));
    const std::string on_metadata(std::string("\x02\x00\x0aonMetaData\x05", 14));
    send(set + on_metadata);
    send(on_metadata);
    send(std::string("\x02\x00\x0aonCuePoint\x05", 14));
    send("");
    send(std::string("\x02\x00\x0f@clearDataFrame", 18) + on_metadata);
    send(std::string("\x02\x00\x11|RtmpSampleAccess\x01\x00", 22));
    talk.run();
    REQUIRE(talk.tags.size() == 4);
    CHECK(std::ranges::equal(talk.tags[0].bytes(), script(on_metadata).bytes()));
    CHECK(std::ranges::equal(talk.tags[1].bytes(), script(on_metadata).bytes()));
    CHECK(talk.tags[2].time == RtmpTime(9));
    CHECK(talk.tags[3].bytes().empty());
}

TEST_CASE("server connection: aggregates are taken apart, their times as of the message") {
    struct Case {
        const char* why;
        Bytes aggregate;
        std::string tags;
    };
    const Bytes audio_at_100 = tests::hex("08 000002 000064 00 000000 af01 0000000d");
    const Bytes video_at_120 = tests::hex("09 000001 000078 00 000000 17 0000000c");
    const Bytes empty_at_130 = tests::hex("09 000000 000082 00 000000 0000000b");
    const Bytes aggregate_inside = tests::hex("16 000001 000082 00 000000 00 0000000c");
    for (const Case& each : std::vector<Case>{
             {"three", tests::joined({audio_at_100, video_at_120, empty_at_130}),
              "8@1000 9@1020 9@1030 "},
             {"the last back pointer is missing", tests::hex("08 000001 000005 00 000000 af"),
              "8@1000 "},
             {"nothing", {}, ""},
             {"half a header", tests::hex("08 000001 0000"), ""},
             {"longer than it is",
              tests::joined({audio_at_100, tests::hex("09 00ffff 000078 00 000000 17")}),
              "8@1000 "},
             {"one in another", tests::joined({aggregate_inside, audio_at_100}), "8@970 "},
             {"a time before the first", tests::joined({video_at_120, audio_at_100}),
              "9@1000 8@980 "}}) {
        CAPTURE(each.why);
        Talk talk;
        talk.say(publish_lines("live", "k4"));
        talk.peer.send(
            {MessageType::aggregate, 1, RtmpTime(1000), Payload::copy_of(each.aggregate)});
        talk.run();
        std::string got;
        for (const Tag& tag : talk.tags) {
            got += std::to_string(int(tag.type)) + "@" + std::to_string(tag.time.ms()) + " ";
        }
        CHECK(got == each.tags);
        CHECK(talk.told.size() == 1);
    }
}

TEST_CASE("server connection: one who unpublishes leaves once, and may come again") {
    Talk talk;
    talk.say(publish_lines("live", "k4"));
    const Words heard = talk.say({{command("FCUnpublish", 6, {text("k4")})},
                                  {command("closeStream", 0), 1},
                                  {command("deleteStream", 7, {AmfValue::of(1.0)})}});
    CHECK(talk.told == Words{"publish 'live' 'k4'", "left"});
    CHECK(heard == Words{status_text("NetStream.Unpublish.Success", "unpublished") + " on 1"});
    talk.say({{command("publish", 8, {text("k5"), text("live")}), 1}});
    CHECK(talk.told == Words{"publish 'live' 'k4'", "left", "publish 'live' 'k5'"});
    talk.say({{command("deleteStream", 7, {AmfValue::of(9.0)})}});
    CHECK(talk.server.step() == RtmpServer::Step::publishing);
    talk.say({{command("deleteStream", 7)}});
    CHECK(talk.told.back() == "left");
}

TEST_CASE("server connection: a refusal says its code, never the key, and is the last word") {
    struct Case {
        const char* app;
        const char* name;
        const char* description;
        const char* shown;
    };
    for (const Case& each : std::vector<Case>{
             {"live", "secret-1", "somebody publishes already", "somebody publishes already"},
             {"live", "secret-1", "secret-1 is taken", "*** is taken"},
             {"live", "secret-1?token=abcd", "no secret-1 with abcd", "no *** with ***"},
             {"live/secret-1", "", "live/secret-1 is taken", "live/*** is taken"},
             {"live?key=secret-1", "x", "no secret-1 here", "no *** here"}}) {
        CAPTURE(each.description);
        Talk talk;
        talk.answer = [&each](auto& self) {
            self.refuse("NetStream.Publish.BadName", each.description);
        };
        const Words heard = talk.say(publish_lines(each.app, each.name));
        CHECK(heard.back() ==
              status_text("NetStream.Publish.BadName", each.shown, "error") + " on 1");
        REQUIRE(talk.told.size() == 2);
        CHECK(talk.told[1] ==
              ended(RtmpEnding::Cause::name_refused, "NetStream.Publish.BadName: ") + each.shown);
        talk.peer.send(make_user_control(UserControlKind::ping_request, 5));
        CHECK(talk.say(publish_lines("live", "again")).empty());
        CHECK(talk.told.size() == 2);
    }
}

TEST_CASE("server connection: pings are answered, and bytes acknowledged as often as asked") {
    Talk talk;
    talk.say(publish_lines("live", "k4"));
    talk.peer.send(make_user_control(UserControlKind::ping_request, 77));
    CHECK(talk.run() == Words{"control 7 77"});
    talk.peer.send(make_window_acknowledgement_size(1000));
    talk.run();
    talk.peer.send({MessageType::video, 1, RtmpTime(), Payload::copy_of(Bytes(600))});
    const Words heard = talk.run();
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].starts_with("acknowledgement "));
    CHECK(talk.run().empty());
    talk.peer.send(make_set_peer_bandwidth(5000));
    CHECK(talk.run() == Words{"window 5000"});
    talk.peer.send(make_set_peer_bandwidth(5000));
    CHECK(talk.run().empty());
}
