// The client's side: what a server's refusals, silences and nonsense mean.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "rtmp/client.hpp"
#include "unit/client_talk.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace restream::test::client_side;

TEST_CASE("client: what a server refuses, it says with its own code and words") {
    struct Case {
        RtmpRole role;
        Step step;
        Command said;
        RtmpEnding ending;
    };
    const auto play = RtmpRole::play;
    const auto publish = RtmpRole::publish;
    const auto reject = [](const char* name, double transaction) {
        Command command = error(transaction, "NetConnection.Connect.Rejected", "no such app");
        command.name = name;
        return command;
    };
    const std::string rejected = "NetConnection.Connect.Rejected: no such app";
    for (const Case& each : std::vector<Case>{
             {publish, Step::connect, reject("_error", 1), {Cause::app_refused, rejected}},
             {publish, Step::connect, reject("_error", 0), {Cause::app_refused, rejected}},
             {publish, Step::connect, reject("_result", 1), {Cause::app_refused, rejected}},
             {play, Step::connect, reject("onStatus", 0), {Cause::app_refused, rejected}},
             {play,
              Step::connect,
              Command{"_error", 1, {}, {}},
              {Cause::app_refused, "connect refused without words"}},
             {play,
              Step::connect,
              status("NetConnection.Connect.Closed", "bye"),
              {Cause::app_refused, "NetConnection.Connect.Closed: bye"}},
             {publish,
              Step::create,
              error(4, "NetConnection.Call.Failed", ""),
              {Cause::app_refused, "NetConnection.Call.Failed"}},
             {publish,
              Step::create,
              status("NetStream.Publish.BadName", "taken", "error"),
              {Cause::name_refused, "NetStream.Publish.BadName: taken"}},
             {publish,
              Step::create,
              {"onFCPublish", 0, {}, {words("error", "NetStream.Publish.BadName", "taken")}},
              {Cause::name_refused, "NetStream.Publish.BadName: taken"}},
             {publish,
              Step::begin,
              status("NetStream.Publish.BadName", "Already publishing", "error"),
              {Cause::name_refused, "NetStream.Publish.BadName: Already publishing"}},
             {publish,
              Step::begin,
              status("NetStream.publish.Unauthorized", "", "error"),
              {Cause::name_refused, "NetStream.publish.Unauthorized"}},
             {publish,
              Step::begin,
              status("NetStream.Publish.Denied", "no", "status"),
              {Cause::name_refused, "NetStream.Publish.Denied: no"}},
             {publish,
              Step::begin,
              status("netstream.publish.badname", "no", "status"),
              {Cause::name_refused, "netstream.publish.badname: no"}},
             {publish,
              Step::begin,
              error(5, "NetStream.Publish.BadName", "no"),
              {Cause::name_refused, "NetStream.Publish.BadName: no"}},
             {publish,
              Step::begin,
              status("NetConnection.Connect.Rejected", "late", "error"),
              {Cause::app_refused, "NetConnection.Connect.Rejected: late"}},
             {publish,
              Step::begin,
              status("NetConnection.Connect.Closed", "bye"),
              {Cause::name_refused, "NetConnection.Connect.Closed: bye"}},
             {play,
              Step::begin,
              status("NetStream.Play.StreamNotFound", "none", "error"),
              {Cause::name_refused, "NetStream.Play.StreamNotFound: none"}},
             {play,
              Step::begin,
              status("NetStream.Play.Failed", "", "status"),
              {Cause::name_refused, "NetStream.Play.Failed"}},
             {publish,
              Step::accepted,
              status("NetStream.Publish.Failed", "late", "error"),
              {Cause::name_refused, "NetStream.Publish.Failed: late"}},
             {publish,
              Step::accepted,
              status("NetStream.Unpublish.Success", "thrown out"),
              {Cause::closed, "NetStream.Unpublish.Success: thrown out"}},
             {publish,
              Step::accepted,
              status("NetConnection.Connect.AppShutdown", "", "error"),
              {Cause::closed, "NetConnection.Connect.AppShutdown"}},
             {publish,
              Step::accepted,
              status("NetConnection.Connect.Closed", "idle"),
              {Cause::closed, "NetConnection.Connect.Closed: idle"}},
             {play,
              Step::accepted,
              status("NetStream.Play.StreamNotFound", "", "error"),
              {Cause::name_refused, "NetStream.Play.StreamNotFound"}},
             {play,
              Step::accepted,
              Command{"close", 0, {}, {}},
              {Cause::closed, "the server said close"}},
             {publish,
              Step::begin,
              Command{"close", 0, {}, {}},
              {Cause::name_refused, "closed instead of answering publish"}}}) {
        CAPTURE(each.ending.detail);
        Talk talk(each.role, each.step);
        const Words heard = talk.say({each.said});
        CHECK(talk.ending() == each.ending);
        CHECK(talk.ending() == each.ending);
        CHECK(talk.client.step() == Step::ended);
        CHECK(talk.client.closed({Cause::reset}) == each.ending);
        talk.client.say_goodbye();
        CHECK(talk.run().empty());
    }
}

TEST_CASE("client: a server that moved is named, without what its URL may hide") {
    Talk talk(RtmpRole::publish, Step::connect);
    AmfValue info = words("error", "NetConnection.Connect.Rejected",
                          "see rtmp://b.example/live?auth=77/key-1234 instead");
    info.properties.emplace_back(
        "ex",
        AmfValue::object({{"code", AmfValue::of(302.0)},
                          {"redirect", text("rtmp://b.example:1936/live/key-1234?auth=77")}}));
    talk.say({{"_error", 1, AmfValue::null(), {info}}});
    CHECK(talk.ending() ==
          RtmpEnding{Cause::app_refused,
                     "moved to rtmp://b.example:1936: NetConnection.Connect.Rejected: see "
                     "rtmp://b.example/live?*** instead"});
    for (const char* url : {"", "http://b.example/", "rtmp://", "key-1234"}) {
        Talk other(RtmpRole::publish, Step::connect);
        AmfValue odd = words("error", "NetConnection.Connect.Rejected", "");
        odd.properties.emplace_back("ex", AmfValue::object({{"redirect", text(url)}}));
        other.say({{"_error", 1, AmfValue::null(), {odd}}});
        CHECK(other.ending().detail == "NetConnection.Connect.Rejected");
    }
}

TEST_CASE("client: whatever a server echoes, the key is not shown") {
    struct Case {
        const char* url;
        const char* key;
        std::string echo;
        std::string shown;
    };
    const std::string filler(240, '-');
    for (const Case& each : std::vector<Case>{
             {"rtmp://h/live", "key-1234", "no key-1234", "no ***"},
             {"rtmp://h/live", "key-1234", "key-1234key-1234", "******"},
             {"rtmp://h/live", "key-1234", "/live/key-1234/x", "/live/***/x"},
             {"rtmp://h/live", "key-1234?bw=test", "key-1234 has no test", "*** has no ***"},
             {"rtmp://h/live", "key-1234?bw=test", "key-1234?bw=test", "***"},
             {"rtmp://h/live?token=abcdef", "k", "token abcdef", "token ***"},
             {"rtmp://me:hidden@h/live", "k", "me:hidden, or hidden", "***, or ***"},
             {"rtmp://h/live", "k4", "k4 is k4ever, not (k4)", "*** is k4ever, not (***)"},
             {"rtmp://h/live", "a", "a man, a plan", "*** man, *** plan"},
             {"rtmp://h/live", "", "nothing to hide", "nothing to hide"},
             {"rtmp://h/live", "live", "no live here, delivery is alive",
              "no *** here, delivery is alive"},
             {"rtmp://h/live", "recording", "no such recor", "no such recor"},
             {"rtmp://h/live", "recording", "two recordings", "two ***s"},
             {"rtmp://h/live", "some-key", "asome-keyhing", "a***hing"},
             {"rtmp://h/live?backup=1", "k4", "error 1 of live?backup=1", "error 1 of live?***"},
             {"rtmp://h/app/inst/", "", "no inst", "no ***"},
             {"rtmp://h/live", "key-1234", "two\r\nlines \x1b[2J", "two??lines ?[2J"},
             {"rtmp://h/live", "key-1234", "bad \xff bytes", "bad   bytes"},
             {"rtmp://h/live", "key-1234", filler + "0123456 key-1234", filler + "0123456 ***"},
             {"rtmp://h/live", "key-1234-abcdefgh", filler + " key-1234-abcdefgh",
              filler + " ***"}}) {
        CAPTURE(each.echo);
        Talk talk(setup(RtmpRole::publish, each.url, each.key));
        talk.run();
        talk.say({connected(), created(),
                  status("NetStream.Publish.BadName", each.echo.c_str(), "error")});
        CHECK(talk.ending() ==
              RtmpEnding{Cause::name_refused, "NetStream.Publish.BadName: " + each.shown});
    }
    Talk code(RtmpRole::publish, Step::begin);
    code.say({status("NetStream.key-1234", "", "error")});
    CHECK(code.ending().detail == "NetStream.***");
}

TEST_CASE("client: a key that is a word of RTMP blanks none of the server's codes") {
    for (const char* key : {"Publish", "BadName", "NetStream"}) {
        CAPTURE(key);
        Talk talk(setup(RtmpRole::publish, "rtmp://h/live", key));
        talk.run();
        talk.say({connected(), created(), status("NetStream.Publish.BadName", key, "error")});
        CHECK(talk.ending().detail == "NetStream.Publish.BadName: ***");
    }
    // What is no code of RTMP's may be anything.
    Talk talk(setup(RtmpRole::publish, "rtmp://h/live", "Geheim"));
    talk.run();
    talk.say({connected(), created(), status("NetStream.Publish.Geheim", "", "error")});
    CHECK(talk.ending().detail == "NetStream.Publish.***");
}

TEST_CASE("client: a server that closes without a word means something at each step") {
    struct Case {
        RtmpRole role;
        Step step;
        RtmpEnding how;
        RtmpEnding meaning;
    };
    const auto play = RtmpRole::play;
    const auto publish = RtmpRole::publish;
    for (const Case& each : std::vector<Case>{
             {publish,
              Step::handshake,
              {Cause::closed},
              {Cause::closed, "closed before the RTMP handshake was complete"}},
             {publish,
              Step::handshake,
              {Cause::reset},
              {Cause::reset, "reset before the RTMP handshake was complete"}},
             {play,
              Step::handshake,
              {Cause::handshake_timed_out},
              {Cause::handshake_timed_out, "no answer to the RTMP handshake"}},
             {play,
              Step::handshake,
              {Cause::tls_expired, "yesterday"},
              {Cause::tls_expired, "yesterday"}},
             {publish,
              Step::connect,
              {Cause::closed},
              {Cause::app_refused, "closed instead of answering connect"}},
             {play,
              Step::connect,
              {Cause::reset, "by peer"},
              {Cause::app_refused, "reset instead of answering connect"}},
             {play,
              Step::connect,
              {Cause::answer_timed_out},
              {Cause::answer_timed_out, "no answer to connect"}},
             {publish,
              Step::create,
              {Cause::closed},
              {Cause::name_refused, "closed instead of answering createStream"}},
             {play,
              Step::create,
              {Cause::closed},
              {Cause::app_refused, "closed instead of answering createStream"}},
             {publish,
              Step::begin,
              {Cause::closed},
              {Cause::name_refused, "closed instead of answering publish"}},
             {publish,
              Step::begin,
              {Cause::reset},
              {Cause::name_refused, "reset instead of answering publish"}},
             {publish,
              Step::begin,
              {Cause::answer_timed_out},
              {Cause::answer_timed_out, "no answer to publish"}},
             {publish,
              Step::begin,
              {Cause::unreachable, "no route"},
              {Cause::unreachable, "no route"}},
             {play,
              Step::begin,
              {Cause::closed},
              {Cause::name_refused, "closed instead of answering play"}},
             {publish, Step::accepted, {Cause::closed}, {Cause::closed}},
             {publish, Step::accepted, {Cause::reset, "by peer"}, {Cause::reset, "by peer"}},
             {play, Step::accepted, {Cause::stalled}, {Cause::stalled}}}) {
        CAPTURE(each.meaning.detail);
        Talk talk(each.role, each.step);
        CHECK(talk.client.closed(each.how) == each.meaning);
        talk.client.say_goodbye();
        CHECK(talk.client.closed(each.how) == RtmpEnding{Cause::stopped});
    }
    Talk warned(RtmpRole::publish, Step::accepted);
    warned.say({status("NetStream.Publish.Idle", "send more", "warning")});
    CHECK(warned.client.closed({Cause::closed}).detail == "NetStream.Publish.Idle: send more");
}

TEST_CASE("client: what is no refusal changes nothing") {
    struct Case {
        const char* why;
        RtmpRole role;
        Step step;
        Command said;
    };
    const auto play = RtmpRole::play;
    const auto publish = RtmpRole::publish;
    const double infinite = std::numeric_limits<double>::infinity();
    for (const Case& each : std::vector<Case>{
             {"an answer that nobody waits for", publish, Step::connect, result(9)},
             {"createStream's answer before connect's", publish, Step::connect, created()},
             {"Publish.Start before publish", publish, Step::create,
              status("NetStream.Publish.Start")},
             {"a second answer to connect", publish, Step::create, connected()},
             {"releaseStream is not known", publish, Step::create,
              error(2, "NetConnection.Call.Failed", "")},
             {"FCPublish is not known", publish, Step::begin,
              error(3, "NetConnection.Call.Failed", "")},
             {"FCPublish is not known, later", publish, Step::accepted,
              error(3, "NetConnection.Call.Failed", "")},
             {"onFCPublish alone",
              publish,
              Step::begin,
              {"onFCPublish", 0, {}, {words("status", "NetStream.Publish.Start", "")}}},
             {"publish has a result", publish, Step::begin, result(5)},
             {"Play.Start for a publisher", publish, Step::begin, status("NetStream.Play.Start")},
             {"Publish.Start for a player", play, Step::begin, status("NetStream.Publish.Start")},
             {"Play.Reset", play, Step::begin, status("NetStream.Play.Reset")},
             {"an onStatus of nothing", play, Step::begin, {"onStatus", 0, {}, {}}},
             {"onBWDone", play, Step::create, {"onBWDone", 0, {}, {AmfValue::of(8192.0)}}},
             {"a call", publish, Step::accepted, {"hello", infinite, {}, {}}},
             {"Publish.Start again", publish, Step::accepted, status("NetStream.Publish.Start")},
             {"createStream is answered again", publish, Step::accepted, created(9)},
             {"the picture is wanted no less", play, Step::accepted,
              status("NetStream.Play.InsufficientBW", "", "warning")}}) {
        CAPTURE(each.why);
        Talk talk(each.role, each.step);
        CHECK(talk.say({each.said}).empty());
        CHECK(talk.told.empty());
        CHECK(talk.ending() == goes_on);
        CHECK(talk.client.step() == each.step);
    }
}

TEST_CASE("client: hostile messages end it as malformed or change nothing") {
    struct Case {
        const char* why;
        MessageType type;
        Bytes payload;
        bool ends;
    };
    Bytes deep = tests::hex("02 0007 5f726573756c74 00 3ff0000000000000");
    for (int i = 0; i < 100; ++i) deep.insert(deep.end(), {3, 0, 1, 'a'});
    for (const Case& each : std::vector<Case>{
             {"a command of no bytes", MessageType::command, {}, false},
             {"a command that is a number", MessageType::command, tests::hex("00 00"), false},
             {"a hundred objects in each other", MessageType::command, deep, false},
             {"an AMF3 command without its zero", MessageType::amf3_command, tests::hex("11"),
              false},
             {"media of no bytes", MessageType::audio, {}, false},
             {"an aggregate of less than a header", MessageType::aggregate, tests::hex("0800"),
              false},
             {"AMF3 data of no bytes", MessageType::amf3_data, {}, false},
             {"a shared object", MessageType::shared_object, tests::hex("00"), false},
             {"a type that nobody knows", MessageType(0x20), tests::hex("00"), false},
             {"a control of no bytes", MessageType::user_control, {}, false},
             {"a buffer empty", MessageType::user_control, tests::hex("001f 00000001"), false},
             {"half a window", MessageType::window_acknowledgement_size, tests::hex("ff"), false},
             {"half a bandwidth", MessageType::set_peer_bandwidth, tests::hex("ff"), false},
             {"half an acknowledgement", MessageType::acknowledgement, {}, false},
             {"a chunk size of nothing", MessageType::set_chunk_size, tests::hex("00000000"),
              true}}) {
        CAPTURE(each.why);
        Talk talk(RtmpRole::publish, Step::accepted);
        CHECK(talk.send({each.type, 0, RtmpTime(), Payload::copy_of(each.payload)}).empty());
        CHECK((talk.ending().cause == Cause::malformed) == each.ends);
        CHECK(talk.tags.empty());
    }
    for (const AmfValue& id :
         {AmfValue::of(-1.0), AmfValue::of(1e10), AmfValue::of("1"),
          AmfValue::of(std::numeric_limits<double>::quiet_NaN()), AmfValue::null()}) {
        Talk talk(RtmpRole::publish, Step::create);
        talk.say({result(4, {id})});
        CHECK(talk.ending() ==
              RtmpEnding{Cause::malformed, "createStream was answered without an id"});
    }
    RtmpClient client(setup(RtmpRole::play));
    client.feed(tests::hex("48"));
    const auto event = client.next();
    REQUIRE(std::holds_alternative<RtmpEnding>(event));
    CHECK(std::get<RtmpEnding>(event).cause == Cause::malformed);
}
