// The client's side: what it says to servers, and what it takes from them.
#include "rtmp/client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "unit/client_talk.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace restream::test::client_side;

TEST_CASE("client: a publisher says what OBS says, in its order") {
    Talk talk(RtmpRole::publish);
    CHECK(talk.run() ==
          Words{"connect 1 {app: 'live', type: 'nonprivate', flashVer: 'FMLE/3.0 (compatible; "
                "FMSc/1.0)', swfUrl: 'rtmp://127.0.0.1:1935/live', tcUrl: "
                "'rtmp://127.0.0.1:1935/live'}"});
    CHECK(talk.client.step() == Step::connect);
    CHECK(talk.say({connected()}) == Words{"releaseStream 2 null 'key-1234'",
                                           "FCPublish 3 null 'key-1234'", "createStream 4 null"});
    CHECK(talk.say({result(2), result(3)}).empty());
    CHECK(talk.client.step() == Step::create);
    CHECK(talk.say({created(7)}) == Words{"publish 5 null 'key-1234' 'live' on 7"});
    CHECK(talk.client.step() == Step::begin);
    CHECK(talk.told.empty());
    talk.say({status("NetStream.Publish.Start")}, 7);
    CHECK(talk.told == Words{"accepted"});
    talk.client.send(metadata());
    talk.client.send(keyframe(5));
    talk.client.send(audio(5));
    CHECK(talk.run() == Words{"18 on 7 @0 [30]", "9 on 7 @5 [6]", "8 on 7 @5 [3]"});
    talk.client.say_goodbye();
    CHECK(talk.run() == Words{"FCUnpublish 6 null 'key-1234'", "deleteStream 6 null 7"});
    CHECK(talk.client.closed({Cause::closed}) == RtmpEnding{Cause::stopped});
}

TEST_CASE("client: a player says what ffmpeg says, in its order") {
    Talk talk(RtmpRole::play);
    CHECK(talk.run() == Words{"connect 1 {app: 'live', flashVer: 'LNX 9,0,124,2', tcUrl: "
                              "'rtmp://127.0.0.1:1935/live', fpad: false, capabilities: 15, "
                              "audioCodecs: 4071, videoCodecs: 252, videoFunction: 1}"});
    CHECK(talk.say({connected()}) == Words{"createStream 4 null"});
    CHECK(talk.say({created()}) == Words{"play 5 null 'key-1234' -2000 on 1", "control 3 1"});
    talk.say({status("NetStream.Play.Reset"), status("NetStream.Play.Start")}, 1);
    CHECK(talk.told == Words{"accepted"});
    talk.client.say_goodbye();
    CHECK(talk.run() == Words{"deleteStream 6 null 1"});
}

TEST_CASE("client: names may be empty, and FourCCs are announced where there are some") {
    Talk talk(setup(RtmpRole::publish, "rtmp://127.0.0.1/live", "", {"hvc1", "av01"}));
    const Words heard = talk.run();
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].ends_with(", fourCcList: ['hvc1' 'av01']}"));
    CHECK(talk.say({connected()}).front() == "releaseStream 2 null ''");
    CHECK(talk.say({created()}) == Words{"publish 5 null '' 'live' on 1"});
}

TEST_CASE("client: metadata goes behind @setDataFrame once, all else as it is") {
    const std::string set(std::string("\x02\x00\x0d@setDataFrame", 16));
    const std::string on_metadata(std::string("\x02\x00\x0aonMetaData\x05", 14));
    const std::string other(std::string("\x02\x00\x0aonTextInfo\x05", 14));
    for (const auto& [sent, heard] :
         std::vector<std::pair<std::string, std::string>>{{on_metadata, set + on_metadata},
                                                          {set + on_metadata, set + on_metadata},
                                                          {other, other},
                                                          {"", ""}}) {
        Talk talk(RtmpRole::publish, Step::accepted);
        talk.client.send(script(sent));
        talk.run();
        const auto bytes = talk.peer.messages().back().payload.bytes();
        CHECK(std::ranges::equal(bytes, script(heard).bytes()));
    }
}

TEST_CASE("client: a player is accepted by Play.Start, or by the first tag") {
    Talk talk(RtmpRole::play, Step::begin);
    talk.send(make_user_control(UserControlKind::stream_eof, 1));
    CHECK(talk.told.empty());
    talk.send(media(TagType::video, 5, {0x17}));
    CHECK(talk.told == Words{"accepted"});
    talk.say({status("NetStream.Play.Start")});
    CHECK(talk.told == Words{"accepted"});
    REQUIRE(talk.tags.size() == 1);
    CHECK(talk.tags[0].time == RtmpTime(5));
}

TEST_CASE("client: a player gets the publisher's tags, not what servers tell their players") {
    Talk talk(RtmpRole::play, Step::accepted);
    const auto send = [&talk](const std::string& bytes) {
        talk.send({MessageType::data, 1, RtmpTime(), script(bytes).payload});
    };
    send(std::string("\x02\x00\x11|RtmpSampleAccess\x01\x00\x01\x00", 24));
    send(std::string("\x02\x00\x08onStatus\x05", 12));
    CHECK(talk.tags.empty());
    send(std::string("\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x05", 30));
    talk.send(media(TagType::audio, 1, {}));
    talk.send({MessageType::aggregate, 1, RtmpTime(9),
               Payload::copy_of(tests::hex("08 000001 000005 00 000000 af 0000000c"
                                           "09 000000 000006 00 000000 0000000b"))});
    REQUIRE(talk.tags.size() == 4);
    CHECK(talk.tags[0].bytes().size() == 14);
    CHECK(talk.tags[1].bytes().empty());
    CHECK(talk.tags[2].time == RtmpTime(9));
    CHECK(talk.tags[3].time == RtmpTime(10));
}

TEST_CASE("client: a publisher that leaves is told once, however the server says it") {
    struct Case {
        const char* why;
        std::vector<Message> messages;
        Words told;
    };
    const auto says = [](const char* code) {
        return Message{MessageType::command, 1, RtmpTime(), write_command(status(code))};
    };
    const Message eof = make_user_control(UserControlKind::stream_eof, 1);
    const Message begin = make_user_control(UserControlKind::stream_begin, 1);
    const Message left = says("NetStream.Play.UnpublishNotify");
    const Message video = media(TagType::video, 5, {0x17});
    for (const Case& each : std::vector<Case>{
             {"nginx", {eof}, {"left"}},
             {"node-media-server", {eof, left}, {"left"}},
             {"Adobe's", {left, says("NetStream.Play.Stop"), eof}, {"left"}},
             {"recorded", {says("NetStream.Play.Complete")}, {"left"}},
             {"and comes again", {eof, begin, eof}, {"left", "left"}},
             {"and is announced",
              {left, says("NetStream.Play.PublishNotify"), left},
              {"left", "left"}},
             {"and sends again", {eof, video, eof}, {"left", "left"}},
             {"and plays again", {eof, says("NetStream.Play.Start"), eof}, {"left", "left"}},
             {"is not missed", {begin, video, says("NetStream.Play.Reset")}, {}}}) {
        CAPTURE(each.why);
        Talk talk(RtmpRole::play, Step::accepted);
        for (const Message& message : each.messages) talk.send(message);
        CHECK(talk.told == each.told);
        CHECK(talk.ending() == goes_on);
    }
}

TEST_CASE("client: it says goodbye as far as it has come, and then nothing more") {
    const Words unpublish = {"FCUnpublish 6 null 'key-1234'", "deleteStream 6 null 1"};
    for (const auto& [step, said] :
         std::vector<std::pair<Step, Words>>{{Step::connect, {}},
                                             {Step::create, {}},
                                             {Step::begin, unpublish},
                                             {Step::accepted, unpublish}}) {
        Talk talk(RtmpRole::publish, step);
        talk.client.say_goodbye();
        talk.client.say_goodbye();
        CHECK(talk.run() == said);
        talk.peer.send(make_user_control(UserControlKind::ping_request, 1));
        talk.peer.send(make_set_peer_bandwidth(77));
        CHECK(talk.say({connected(), created(), status("NetStream.Publish.Start"),
                        status("NetStream.Publish.BadName", "", "error")})
                  .empty());
        CHECK(talk.told.empty());
        CHECK(talk.client.step() == Step::ended);
    }
}

TEST_CASE("client: pings are answered, and bytes acknowledged as often as asked") {
    Talk talk(RtmpRole::play, Step::accepted);
    CHECK(talk.send(make_user_control(UserControlKind::ping_request, 77)) == Words{"control 7 77"});
    CHECK(talk.send(media(TagType::video, 0, Bytes(5000))).empty());
    const Words heard = talk.send(make_window_acknowledgement_size(100));
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].starts_with("acknowledgement "));
    CHECK(talk.send(media(TagType::video, 1, Bytes(10))).empty());
    CHECK(talk.send(media(TagType::video, 2, Bytes(50))).size() == 1);
    CHECK(talk.send(make_set_peer_bandwidth(5000)) == Words{"window 5000"});
}

TEST_CASE("client: chunks are announced as large before connect, as OBS does") {
    RtmpClient client(setup(RtmpRole::publish));
    Bytes answer = {3};
    answer.resize(1 + 2 * Handshake::packet_bytes);
    tests::taken(client.output());
    client.feed(answer);
    const Bytes said = tests::taken(client.output());
    REQUIRE(said.size() > Handshake::packet_bytes + 16);
    const auto behind = said.begin() + std::ptrdiff_t(Handshake::packet_bytes);
    CHECK(Bytes(behind, behind + 16) == tests::hex("02 000000 000004 01 00000000 0000ea60"));
}
