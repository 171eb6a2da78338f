// Commands as encoders and servers send them, and as we write them.
#include "rtmp/command.hpp"

#include <doctest/doctest.h>

#include <string>

#include "unit/bytes.hpp"

using namespace restream;

namespace {

Message message_of(const Bytes& bytes, MessageType type = MessageType::command) {
    return {type, 0, RtmpTime(0), Payload::copy_of(bytes)};
}

Command command_of(const char* notation) {
    auto command = read_command(message_of(bytes_of(notation)));
    REQUIRE(command);
    return std::move(*command);
}

Bytes written(const Command& command) {
    const Payload payload = write_command(command);
    return {payload.bytes().begin(), payload.bytes().end()};
}

// Captured: ffmpeg 5.1.9, rtmpdump 2.4 (librtmp), GStreamer 1.22, nginx-rtmp 1.2.2. OBS 29.0.2: its
// fields in its order, with the values of a local server.
const char* const obs_connect = R"(02 0007 'connect' 00 3ff0000000000000 03
    0003 'app' 02 0004 'live'
    0004 'type' 02 000a 'nonprivate'
    0008 'flashVer' 02 001f 'FMLE/3.0 (compatible; FMSc/1.0)'
    0006 'swfUrl' 02 0015 'rtmp://127.0.0.1/live'
    0005 'tcUrl' 02 0015 'rtmp://127.0.0.1/live'
    0000 09)";
const char* const ffmpeg_connect = R"(02 0007 'connect' 00 3ff0000000000000 03
    0003 'app' 02 0004 'live'
    0004 'type' 02 000a 'nonprivate'
    0008 'flashVer' 02 0024 'FMLE/3.0 (compatible; Lavf59.27.100)'
    0005 'tcUrl' 02 001b 'rtmp://127.0.0.1:21936/live'
    0000 09)";
const char* const librtmp_connect = R"(02 0007 'connect' 00 3ff0000000000000 03
    0003 'app' 02 0004 'live'
    0008 'flashVer' 02 000e 'LNX 10,0,32,18'
    0005 'tcUrl' 02 001b 'rtmp://127.0.0.1:21938/live'
    0004 'fpad' 01 00
    000c 'capabilities' 00 402e000000000000
    000b 'audioCodecs' 00 40a8ee0000000000
    000b 'videoCodecs' 00 406f800000000000
    000d 'videoFunction' 00 3ff0000000000000
    0000 09)";
const char* const gstreamer_connect = R"(02 0007 'connect' 00 3ff0000000000000 03
    0003 'app' 02 0004 'live'
    0004 'type' 02 000a 'nonprivate'
    0008 'flashVer' 02 000e 'LNX 10,0,32,18'
    0005 'tcUrl' 02 001b 'rtmp://127.0.0.1:21940/live'
    0000 09)";
const char* const nginx_connected = R"(02 0007 '_result' 00 3ff0000000000000 03
    0006 'fmsVer' 02 000d 'FMS/3,0,1,123'
    000c 'capabilities' 00 403f000000000000
    0000 09 03
    0005 'level' 02 0006 'status'
    0004 'code' 02 001d 'NetConnection.Connect.Success'
    000b 'description' 02 0015 'Connection succeeded.'
    000e 'objectEncoding' 00 0000000000000000
    0000 09)";
const char* const nginx_bad_name = R"(02 0008 'onStatus' 00 0000000000000000 05 03
    0005 'level' 02 0005 'error'
    0004 'code' 02 0019 'NetStream.Publish.BadName'
    000b 'description' 02 0012 'Already publishing'
    0000 09)";
const char* const publish = "02 0007 'publish' 00 4014000000000000 05 02 0002 'k1' 02 0004 'live'";

}  // namespace

TEST_CASE("command: connect reads as each encoder sends it, and is written as the same bytes") {
    struct Case {
        const char* bytes;
        const char* software;
    };
    const Case cases[] = {
        {obs_connect, "FMLE/3.0 (compatible; FMSc/1.0)"},
        {ffmpeg_connect, "FMLE/3.0 (compatible; Lavf59.27.100)"},
        {librtmp_connect, "LNX 10,0,32,18"},
        {gstreamer_connect, "LNX 10,0,32,18"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.bytes);
        const Command command = command_of(one.bytes);
        CHECK(command.name == "connect");
        CHECK(command.transaction == 1);
        REQUIRE(command.object.find("app") != nullptr);
        CHECK(command.object.find("app")->as_string() == "live");
        CHECK(command.object.find("flashVer")->as_string() == one.software);
        CHECK(command.arguments.empty());
        CHECK(written(command) == bytes_of(one.bytes));
    }
}

TEST_CASE("command: arguments come behind the command object") {
    const Command command = command_of(publish);
    CHECK(command.name == "publish");
    CHECK(command.transaction == 5);
    CHECK(command.object == AmfValue::null());
    CHECK(command.text(0) == "k1");
    CHECK(command.text(1) == "live");
    CHECK_FALSE(command.text(2));
    CHECK(written(command) == bytes_of(publish));

    const Command deleted =
        command_of("02 000c 'deleteStream' 00 401c000000000000 05 00 3ff0000000000000");
    CHECK_FALSE(deleted.text(0));
    CHECK(deleted.arguments.at(0).as_number() == 1);
    // What GStreamer sends instead.
    const Command named = command_of("02 000c 'deleteStream' 00 0000000000000000 05 02 0002 'k4'");
    CHECK(named.text(0) == "k4");
}

TEST_CASE("command: what is left out at the end is not missed") {
    CHECK(command_of("02 0008 'onBWDone'").transaction == 0);
    CHECK(command_of("02 0008 'onBWDone'").object == AmfValue::null());
    CHECK(command_of("02 0008 'onBWDone' 00 4014000000000000").transaction == 5);
    CHECK(command_of("02 0008 'onBWDone' 00 4014000000000000").arguments.empty());
}

TEST_CASE("command: an AMF3 command is the same behind a byte of zero") {
    Bytes bytes = bytes_of(publish);
    bytes.insert(bytes.begin(), 0);
    const auto command = read_command(message_of(bytes, MessageType::amf3_command));
    REQUIRE(command);
    CHECK(written(*command) == bytes_of(publish));
}

TEST_CASE("command: what is none is nothing") {
    struct Case {
        const char* bytes;
        MessageType type = MessageType::command;
    };
    const Case cases[] = {
        {""},
        {"05"},
        {"00 3ff0000000000000 02 0007 'connect'"},
        {"02 0007 'connect' 05"},
        {"02 0007 'connect' 02 0001 '1'"},
        {"02 0007 'connect' 01 01 05"},
        {"02 0008 'connect'"},
        {"02 0007 'connect' 00 3ff0000000000000 03 0003 'app' 02 0004 'live'"},
        {"02 0007 'connect' 00 3ff0000000000000 11 0a"},
        {"0c 00000007 'connect' 04"},
        {"'GET / HTTP/1.1'"},
        {"", MessageType::amf3_command},
        {"00", MessageType::amf3_command},
        {"02 0007 'connect' 00 3ff0000000000000 05", MessageType::amf3_command},
        {"03 02 0007 'connect' 00 3ff0000000000000 05", MessageType::amf3_command},
        {"02 0007 'connect' 00 3ff0000000000000 05", MessageType::data},
        {"02 0007 'connect' 00 3ff0000000000000 05", MessageType::audio},
    };
    for (const Case& one : cases) {
        CAPTURE(one.bytes);
        CHECK_FALSE(read_command(message_of(bytes_of(one.bytes), one.type)));
    }
    CHECK_FALSE(read_command(message_of(Bytes(5000, 5))));
}

TEST_CASE("command: what follows the command object and is no AMF0 is ignored") {
    for (const char* rest :
         {"00", "ff", "02 00ff 61", "03 0001 61", "0a ffffffff", "11 0a", "00000000"}) {
        CAPTURE(rest);
        const Command connect = command_of((std::string(obs_connect) + rest).c_str());
        CHECK(connect.object.find("app")->as_string() == "live");
        CHECK(connect.arguments.empty());
        CHECK(connect.has_unreadable_rest);
        const Command named = command_of((std::string(publish) + rest).c_str());
        CHECK(named.text(0) == "k1");
        CHECK(named.text(1) == "live");
        CHECK(written(named) == bytes_of(publish));
    }
    CHECK_FALSE(command_of(publish).has_unreadable_rest);
    // Readable ones are arguments that nobody asked for.
    CHECK(command_of((std::string(publish) + "05 05").c_str()).arguments.size() == 4);
}

TEST_CASE("command: what is cut at any byte is nothing, or a command up to there") {
    for (const char* notation : {obs_connect, librtmp_connect, nginx_connected, nginx_bad_name}) {
        const Bytes whole = bytes_of(notation);
        const Command command = command_of(notation);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(size);
            const auto cut = read_command(message_of(Bytes(whole.begin(), whole.begin() + size)));
            if (cut) CHECK(cut->name == command.name);
            if (cut && cut->transaction != 0) CHECK(cut->transaction == command.transaction);
        }
    }
}

TEST_CASE("command: a status is found in the first argument or the command object") {
    struct Case {
        const char* bytes;
        const char* level;
        const char* code;
        const char* description;
    };
    const Case cases[] = {
        {nginx_bad_name, "error", "NetStream.Publish.BadName", "Already publishing"},
        {nginx_connected, "status", "NetConnection.Connect.Success", "Connection succeeded."},
        {"02 0006 '_error' 00 3ff0000000000000 03 0004 'code' 02 0001 'C' 0000 09 05", "", "C", ""},
        // The object has none: the argument's counts, and nothing but the argument's.
        {"02 0006 '_error' 00 3ff0000000000000 03 0005 'level' 02 0001 'x' 0000 09"
         "08 00000001 0004 'code' 02 0001 'C' 0000 09",
         "", "C", ""},
        {"02 0006 '_error' 00 3ff0000000000000 05", "", "", ""},
        {"02 0006 '_error' 00 3ff0000000000000 05 05", "", "", ""},
        {"02 0006 '_error' 00 3ff0000000000000 05 02 0004 'code'", "", "", ""},
        {"02 0006 '_error' 00 3ff0000000000000 05 03 0004 'code' 00 3ff0000000000000 0000 09", "",
         "", ""},
        {"02 0006 '_error' 00 3ff0000000000000 05 05 03 0004 'code' 02 0001 'C' 0000 09", "", "",
         ""},
        {"02 0008 'onStatus' 00 0000000000000000 05 03 0004 'code' 02 0001 'C'"
         "000b 'description' 00 3ff0000000000000 0000 09",
         "", "C", ""},
        {"02 0008 'onStatus'", "", "", ""},
    };
    for (const Case& one : cases) {
        CAPTURE(one.bytes);
        const StatusWords words = status_words(command_of(one.bytes));
        CHECK(words.level == one.level);
        CHECK(words.code == one.code);
        CHECK(words.description == one.description);
    }
}

TEST_CASE("command: words of a status do no harm where they are shown") {
    const auto shown = [](std::string description) {
        Command command{"onStatus", 0, AmfValue::null(), {}};
        command.arguments.push_back(AmfValue::object(
            {{"code", AmfValue::of("C")}, {"description", AmfValue::of(std::move(description))}}));
        return status_words(command).description;
    };
    CHECK(shown("") == "");
    CHECK(shown("Zugriff verweigert: Schlüssel") == "Zugriff verweigert: Schlüssel");
    CHECK(shown("a\x1b[2J\r\nb\x7f") == "a?[2J??b?");
    CHECK(shown(std::string("a\0b", 3)) == "a?b");
    CHECK(shown("a\xc2\x9b[2J") == "a??[2J");
    CHECK(shown("a\xc3\x9f") == "a\xc3\x9f");
    CHECK(shown(std::string(256, 'x')).size() == 256);
    CHECK(shown(std::string(257, 'x')).size() == 256);
    CHECK(shown(std::string(255, 'x') + "ü") == std::string(255, 'x'));
    CHECK(shown(std::string(254, 'x') + "ü" + "y") == std::string(254, 'x') + "ü");
    CHECK(shown(std::string(1000, '\x80')).empty());
}
