// The configuration: what is right is read, what is wrong is refused with file, line and column.
#include "config/config.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

/// The message with which loading fails; empty where it does not.
std::string refusal(const fs::path& folder) {
    try {
        load_config(folder);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        return error.what();
    }
    return "";
}

std::string refusal_of(std::string_view file, std::string_view content) {
    const TemporaryFolder folder;
    folder.write(file, content);
    std::string message = refusal(folder.path());
    CHECK(message.starts_with(folder.path().string()));
    return message;
}

struct Bad {
    std::string content;
    const char* says;
};

void check_all(std::string_view file, const std::vector<Bad>& table) {
    for (const Bad& one : table) {
        CAPTURE(one.content);
        const std::string message = refusal_of(file, one.content);
        CAPTURE(message);
        CHECK(message.find(one.says) != std::string::npos);
        CHECK(message.find("CANARY") == std::string::npos);
    }
}

Config load(std::string_view content) {
    const TemporaryFolder folder;
    folder.write("restream.toml", content);
    return load_config(folder.path());
}

}  // namespace

TEST_CASE("config: no file at all gives the defaults") {
    const TemporaryFolder folder;
    for (const auto& directory : {folder.path(), folder.path() / "not" / "there"}) {
        const Config config = load_config(directory);
        CHECK(config.destinations.empty());
        CHECK(config.ingest.server == IngestServer::embedded);
        CHECK(config.ingest.url == "rtmp://127.0.0.1:1935/live");
        CHECK_FALSE(config.ingest.has_publish_key());
        CHECK(config.ingest.allow_play.empty());
        CHECK(config.ingest.takeover_after == Milliseconds(3000));
        CHECK(config.ingest.backup.empty());
        CHECK(config.log.max_bytes == 1'000'000);
        CHECK(config.directory == directory);
    }
}

TEST_CASE("config: every field is read") {
    const TemporaryFolder folder;
    folder.write("restream.toml", R"(
[ingest]
server = "nginx"
listen = "0.0.0.0:1936"
url = "rtmp://127.0.0.1:1936/studio/k4"
allow_publish = ["192.168.1.7", "10.0.0.0/8", "::1"]
allow_play = ["192.168.1.8"]
probe_duration = "2s"
probe_bytes = 1_000_000

[defaults]
on_ingest_loss = "close"
hold = "1m"

[log]
max_bytes = 50000
keep = 1

[destination.youtube]
service = "youtube"
key = { file = "youtube.key" }

[destination.own]
url = "rtmps://example.org/live"
backup_url = "rtmps://backup.example.org/live"
key = { env = "OWN_KEY" }
on_ingest_loss = "hold"
hold = "2.5s"
ca_file = "ca.pem"
)");
    folder.write("destinations.d/archive.toml", "url = \"file:/var/media/%Y.mkv\"\n");
    folder.write("destinations.d/twitch.toml",
                 "service = \"twitch\"\nkey = { file = \"twitch.key\" }\n");
    const Config config = load_config(folder.path());
    CHECK(config.ingest.listen_host == "0.0.0.0");
    CHECK(config.ingest.listen_port == 1936);
    CHECK(config.ingest.url == "rtmp://127.0.0.1:1936/studio/k4");
    CHECK(config.ingest.display_url() == "rtmp://127.0.0.1:1936/studio/***");
    CHECK(config.ingest.allow_publish.size() == 3);
    CHECK(config.ingest.allow_play == std::vector<std::string>{"192.168.1.8"});
    CHECK(config.ingest.probe_duration == Milliseconds(2000));
    CHECK(config.ingest.probe_bytes == 1'000'000);
    CHECK(config.log.max_bytes == 50'000);
    CHECK(config.log.keep == 1);
    REQUIRE(config.destinations.size() == 4);
    CHECK(config.destinations[0].name == "archive");
    CHECK(config.destinations[3].name == "youtube");

    const Destination& youtube = config.at("youtube");
    CHECK(youtube.url == "rtmps://a.rtmps.youtube.com:443/live2");
    CHECK(youtube.backup_url == "rtmps://b.rtmps.youtube.com:443/live2?backup=1");
    CHECK(std::get<KeyFile>(youtube.key).path == folder.path() / "youtube.key");
    CHECK(youtube.on_ingest_loss == OnIngestLoss::close);
    CHECK(youtube.hold == Milliseconds(60'000));
    CHECK(youtube.origin == folder.path() / "restream.toml");
    CHECK(youtube.line == 19);

    const Destination& own = config.at("own");
    CHECK(own.service.empty());
    CHECK(own.backup_url == "rtmps://backup.example.org/live");
    CHECK(std::get<KeyEnv>(own.key).variable == "OWN_KEY");
    CHECK(own.on_ingest_loss == OnIngestLoss::hold);
    CHECK(own.hold == Milliseconds(2500));
    CHECK(own.ca_file == (folder.path() / "ca.pem").string());

    const Destination& twitch = config.at("twitch");
    CHECK(twitch.late_refusal == Milliseconds(4000));
    CHECK(std::get<KeyFile>(twitch.key).path == folder.path() / "destinations.d" / "twitch.key");
    CHECK(twitch.origin == folder.path() / "destinations.d" / "twitch.toml");
    CHECK(twitch.line == 1);
}

TEST_CASE("config: publish_key is read like a stream key, and does not show") {
    const TemporaryFolder folder;
    const auto reference = [&](const std::string& text) {
        folder.write("restream.toml", "[ingest]\npublish_key = " + text + "\n");
        return load_config(folder.path()).ingest.publish_key;
    };
    CHECK(std::get<KeyText>(reference("\" sesame-7 \"")).text.reveal() == "sesame-7");
    CHECK(std::get<KeyFile>(reference("{ file = \"in.key\" }")).path == folder.path() / "in.key");
    CHECK(std::get<KeyEnv>(reference("{ env = \"IN\" }")).variable == "IN");
    CHECK(std::get<KeyCommand>(reference("{ command = \"pass in\" }")).command == "pass in");
}

TEST_CASE("config: the embedded server opens to others with a key, or with addresses") {
    const std::string open = "[ingest]\nserver = \"embedded\"\nlisten = \"0.0.0.0:1940\"\n";
    CHECK(load(open + "publish_key = \"sesame-7\"\n").ingest.has_publish_key());
    CHECK(load(open + "publish_key = { env = \"IN\" }\n").ingest.has_publish_key());
    CHECK(load(open + "allow_publish = [\"10.0.0.1\"]\n").ingest.allow_publish.size() == 1);
}

TEST_CASE("config: when a publisher may be taken over") {
    const auto after = [](const std::string& text) {
        return load("[ingest]\ntakeover_after = \"" + text + "\"\n").ingest.takeover_after;
    };
    CHECK(after("0s") == Milliseconds(0));
    CHECK(after("1500ms") == Milliseconds(1500));
    CHECK(after("1h") == Milliseconds(3'600'000));
    CHECK_FALSE(after("never").has_value());
}

TEST_CASE("config: a backup has a name, and the primary returns after 10 s, or as it says") {
    const auto load = [](const std::string& text) {
        const TemporaryFolder folder;
        folder.write("restream.toml", text);
        return load_config(folder.path()).ingest;
    };
    const IngestConfig plain = load("[ingest]\nbackup = \"second_1.b-\"\n");
    CHECK(plain.backup == "second_1.b-");
    CHECK(plain.backup_return_after == std::chrono::seconds(10));
    CHECK(load("[ingest]\nbackup = \"b\"\nbackup_return_after = \"1m\"\n").backup_return_after ==
          std::chrono::minutes(1));
}

TEST_CASE("config: the URL of a managed ingest follows where it listens") {
    CHECK(load("[ingest]\nlisten = \"127.0.0.1:1940\"\n").ingest.url ==
          "rtmp://127.0.0.1:1940/live");
    CHECK(load("[ingest]\nlisten = \"[::1]:1940\"\n").ingest.url == "rtmp://[::1]:1940/live");
    CHECK(
        load("[ingest]\nlisten = \"0.0.0.0:1940\"\nallow_publish = [\"10.0.0.1\"]\n").ingest.url ==
        "rtmp://127.0.0.1:1940/live");
    CHECK(load("[ingest]\nlisten = \"[::]:1940\"\nallow_publish = [\"10.0.0.1\"]\n").ingest.url ==
          "rtmp://127.0.0.1:1940/live");
    CHECK(load("[ingest]\nserver = \"external\"\nurl = \"rtmps://studio:1/a%20b\"\n").ingest.url ==
          "rtmps://studio:1/a%20b");
}

TEST_CASE("config: the user's own URL wins over the service's") {
    const Config config = load(
        "[destination.a]\nservice = \"youtube\"\nurl = \"rtmp://a.rtmp.youtube.com/live2\"\n"
        "[destination.b]\nservice = \"tiktok\"\nurl = \"rtmp://push.example/live\"\n");
    CHECK(config.at("a").url == "rtmp://a.rtmp.youtube.com/live2");
    CHECK(config.at("a").service == "youtube");
    CHECK(config.at("a").backup_url.empty());
    CHECK((config.at("a").backup == Backup::off));
    CHECK(config.at("b").key_lifetime == KeyLifetime::broadcast);
}

TEST_CASE(
    "config: a backup is used as the user says, else as the service does, else to fail over") {
    struct Row {
        const char* fields;
        Backup backup;
    };
    for (const Row& row : {
             Row{"service = \"youtube\"\n", Backup::failover},
             Row{"service = \"youtube\"\nbackup = \"both\"\n", Backup::both},
             Row{"service = \"youtube\"\nbackup = \"off\"\n", Backup::off},
             Row{"service = \"twitch\"\n", Backup::off},
             Row{"service = \"twitch\"\nbackup_url = \"rtmp://h/b\"\n", Backup::failover},
             Row{"url = \"rtmp://h/a\"\n", Backup::off},
             Row{"url = \"rtmp://h/a\"\nbackup = \"off\"\n", Backup::off},
             Row{"url = \"rtmp://h/a\"\nbackup_url = \"rtmp://h/b\"\n", Backup::failover},
             Row{"url = \"rtmp://h/a\"\nbackup_url = \"rtmp://h/b\"\nbackup = \"both\"\n",
                 Backup::both},
             Row{"url = \"rtmp://h/a\"\nbackup_url = \"rtmp://h/b\"\nbackup = \"off\"\n",
                 Backup::off},
         }) {
        CAPTURE(row.fields);
        const Config config = load("[destination.a]\nkey = \"word\"\n" + std::string(row.fields));
        CHECK(backup_name(config.at("a").backup) == backup_name(row.backup));
    }
}

TEST_CASE("config: a backup's URL is shown without what may be a secret") {
    const Config config = load(
        "[destination.a]\nurl = \"rtmp://h/app\"\nkey = \"k\"\n"
        "backup_url = \"rtmp://u:CANARY@h/app?token=CANARY\"\n"
        "[destination.b]\nurl = \"rtmp://h/app/CANARY\"\nbackup_url = \"rtmp://g/app/CANARY\"\n");
    for (const char* name : {"a", "b"}) {
        CAPTURE(name);
        const std::string shown = config.at(name).display_backup_url();
        CHECK_MESSAGE(shown.find("CANARY") == std::string::npos, shown);
        CHECK_MESSAGE(shown.find("rtmp://") == 0, shown);
    }
}

TEST_CASE("config: every way to give a key is read, and none is shown") {
    const Config config = load(
        "[destination.a]\nurl = \"rtmp://h/app\"\nkey = \" CANARY \"\n"
        "[destination.b]\nurl = \"rtmp://h/app\"\nkey = { command = \"pass show b\" }\n"
        "[destination.c]\nurl = \"rtmp://h/app\"\nkey = { file = \"/etc/key\" }\n"
        "[destination.d]\nurl = \"rtmp://h/app/CANARY\"\n"
        "[destination.e]\nurl = \"rtmp://h/app/inst\"\nkey = \"CANARY\"\n"
        "[destination.f]\nurl = \"srt://u:CANARY@h:1?passphrase=CANARY-CANARY\"\n"
        "[destination.g]\nurl = \"rtmp://h/app\"\n[destination.g.key]\nenv = \"G\"\n");
    CHECK(std::get<KeyText>(config.at("a").key).text.reveal() == "CANARY");
    CHECK(std::get<KeyCommand>(config.at("b").key).command == "pass show b");
    CHECK(std::get<KeyFile>(config.at("c").key).path == "/etc/key");
    CHECK(std::get<KeyEnv>(config.at("g").key).variable == "G");
    CHECK(config.at("d").display_url() == "rtmp://h/app/***");
    CHECK(config.at("e").display_url() == "rtmp://h/app/inst");
    CHECK(config.at("f").display_url() == "srt://***@h:1?passphrase=***");
}

TEST_CASE("config: editors' files beside the destinations are left alone") {
    const TemporaryFolder folder;
    folder.write("destinations.d/.youtube.toml", "[[[");
    folder.write("destinations.d/.#youtube.toml", "[[[");
    folder.write("destinations.d/youtube.toml~", "[[[");
    folder.write("destinations.d/youtube.toml.bak", "[[[");
    folder.write("destinations.d/youtube.key", "[[[");
    folder.write("destinations.d/README", "[[[");
    folder.write("elsewhere/real.toml", "url = \"rtmp://h/app\"\n");
    fs::create_symlink("../elsewhere/real.toml", folder.path() / "destinations.d" / "linked.toml");
    const Config config = load_config(folder.path());
    REQUIRE(config.destinations.size() == 1);
    CHECK(config.destinations[0].name == "linked");
}

TEST_CASE("config: what is no TOML is refused with line and column") {
    check_all("restream.toml", {
                                   {"[ingest\n", "restream.toml:1:8: "},
                                   {"\n\n[ingest]\nserver =\n", "restream.toml:4:9: "},
                                   {"[ingest]\n[ingest]\n", "restream.toml:2:"},
                                   {"[destination.a]\n[destination.a]\n", "restream.toml:2:"},
                                   {"[log]\nkeep = 1\nkeep = 2\n", "restream.toml:3:"},
                                   {"[log]\nkeep = 1 2\n", "restream.toml:2:"},
                                   {"[log]\nkeep = \"1\n", "restream.toml:2:"},
                                   {"x = \"\xff\xfe\"\n", "invalid utf-8"},
                                   {"\xff\xfe[\0l\0o\0g\0]\0", "restream.toml:"},
                                   {std::string("[log]\0\n", 7), "restream.toml:1:"},
                                   {"= 1\n", "restream.toml:1:1: "},
                                   {"just words\n", "restream.toml:1:6: "},
                                   {"<?xml version=\"1.0\"?>\n", "restream.toml:1:1: "},
                                   {"{\"ingest\": {}}\n", "restream.toml:1:1: "},
                                   {"a = " + std::string(10'000, '['), "restream.toml:1:"},
                                   {std::string(10'000, '['), "restream.toml:1:"},
                               });
}

TEST_CASE("config: a syntax error never quotes a key that was written without quotes") {
    for (const char* line :
         {"key = CANARY\n", "key = tCANARY\n", "key = true_CANARY\n", "key = 1234-CANARY\n",
          "key = infCANARY\n", "key = 'CANARY\n", "key = \"CANARY\\q\"\n", "key = nCANARY\n",
          "key = 0xCANARY\n", "key = { file = CANARY }\n", "key = 'a' CANARY\n"}) {
        CAPTURE(line);
        const std::string message = refusal_of("destinations.d/a.toml", line);
        CAPTURE(message);
        CHECK(message.find("a.toml:1:") != std::string::npos);
        CHECK(message.find("ANARY") == std::string::npos);
    }
}

TEST_CASE("config: unknown fields and wrong types are refused with what would be right") {
    check_all(
        "restream.toml",
        {
            {"[ingset]\n", "restream.toml:1:2: unknown field \"ingset\"; did you mean \"ingest\"?"},
            {"[destinations.a]\n", "did you mean \"destination\"?"},
            {"colour = 1\n", "1:1: unknown field \"colour\"; known are ingest, defaults"},
            {"\"a\\u001b[31m\" = 1\n", "unknown field \"a?[31m\""},
            {"ingest = 1\n", "1:10: ingest must be a table; write [ingest], not an integer"},
            {"[[ingest]]\n", "ingest must be a table"},
            {"destination = \"youtube\"\n", "write [destination.NAME], not a string"},
            {"[[destination]]\n", "write [destination.NAME], not an array"},
            {"[destination]\nurl = \"rtmp://h/a\"\n",
             "2:1: \"url\" stands outside of a destination"},
            {"[ingest]\nsever = \"nginx\"\n",
             "2:1: unknown field \"sever\" in [ingest]; did you mean "
             "\"server\"?"},
            {"[log]\nmax_byte = 1\n", "did you mean \"max_bytes\"?"},
            {"[defaults]\nurl = \"x\"\n", "unknown field \"url\" in [defaults]"},
            {"[log]\nkeep = \"3\"\n", "2:8: keep must be an integer, not a string"},
            {"[log]\nkeep = 1.0\n", "keep must be an integer, not a float"},
            {"[log]\nkeep = -1\n", "keep is -1; write a number from 0 to 100"},
            {"[log]\nmax_bytes = 1\n", "max_bytes is 1; write a number from 10000"},
            {"[log]\nkeep = 99999999999999999999\n", "restream.toml:2:"},
            {"[defaults]\nhold = 30\n",
             "2:8: hold must be a duration in quotes, such as \"30s\", not "
             "an integer"},
            {"[defaults]\nhold = \"30\"\n", "hold is \"30\", which is no duration"},
            {"[defaults]\nhold = \"-1s\"\n", "hold is \"-1s\", which is no duration"},
            {"[defaults]\nhold = \"\"\n", "which is no duration"},
            {"[defaults]\nhold = \"25h\"\n", "hold is 25h; write a duration from 0s to 24h"},
            {"[defaults]\non_ingest_loss = \"wait\"\n", "2:18: on_ingest_loss is \"wait\"; it is"},
            {"[defaults]\non_ingest_loss = true\n", "must be a string, not a boolean"},
            {"[defaults]\nslate = 1\n", "slate must be a string, not an integer"},
            {"[defaults]\nslate = \"\"\n", "2:9: slate is empty"},
            {"[defaults]\nslate_after = \"2m\"\n",
             "slate_after is 2m; write a duration from 0s to 1m"},
            {"[defaults]\nslate_after = 3\n", "slate_after must be a duration in quotes"},
            {"[defaults]\nslate_limit = \"0s\"\n", "slate_limit is 0s; write a duration from 1s"},
            {"[destination.a]\nurl = \"file:/tmp/a.mkv\"\nslate = \"a.png\"\n",
             "slate has no use: a file gets none; remove the line"},
            {"[destination.a]\nurl = \"rtmp://h/a\"\non_track_change = \"close\"\n",
             "3:19: on_track_change is \"close\"; it is \"pass\" or \"reconnect\""},
            {"[destination.a]\nurl = \"rtmp://h/a\"\non_track_change = 1\n",
             "on_track_change must be a string, not an integer"},
            {"[ingest]\nprobe_duration = \"1ms\"\n",
             "probe_duration is 1ms; write a duration from"},
            {"[ingest]\nprobe_bytes = 0\n", "probe_bytes is 0"},
        });
}

TEST_CASE("config: an ingest that can't be is refused with what would be right") {
    check_all(
        "restream.toml",
        {
            {"[ingest]\nserver = \"ngnix\"\n", "did you mean \"nginx\"?"},
            {"[ingest]\nserver = \"srs\"\n", "known are embedded, nginx, external"},
            {"[ingest]\nserver = 1\n", "server must be a string"},
            {"[ingest]\nlisten = 1935\n", "listen must be a string, not an integer"},
            {"[ingest]\nlisten = \"1935\"\n", "2:10: listen is \"1935\"; write \"ADDRESS:PORT\""},
            {"[ingest]\nlisten = \":1935\"\n", "0.0.0.0 is every IPv4 address"},
            {"[ingest]\nlisten = \"*:1935\"\n", "write \"ADDRESS:PORT\""},
            {"[ingest]\nlisten = \"127.0.0.1:0\"\n", "write \"ADDRESS:PORT\""},
            {"[ingest]\nlisten = \"127.0.0.1:1935; }\"\n", "write \"ADDRESS:PORT\""},
            {"[ingest]\nlisten = \"0.0.0.0:1935\"\n",
             "2:10: listen opens the ingest to \"0.0.0.0\", where anybody could publish; add "
             "publish_key = "},
            {"[ingest]\nlisten = \"0.0.0.0:1935\"\n", "or allow_publish = ["},
            {"[ingest]\nserver = \"nginx\"\nlisten = \"0.0.0.0:1935\"\n",
             "where anybody could publish; add allow_publish"},
            {"[ingest]\nlisten = \"0.0.0.0:1935\"\nallow_play = [\"10.0.0.1\"]\n",
             "where anybody could publish"},
            {"[ingest]\nlisten = \"[::]:1935\"\n", "where anybody could publish"},
            {"[ingest]\nlisten = \"192.168.1.2:1935\"\nallow_publish = []\n",
             "anybody could publish"},
            {"[ingest]\nallow_publish = \"192.168.1.7\"\n", "must be an array of strings"},
            {"[ingest]\nallow_publish = [1]\n", "2:18: allow_publish must hold only strings"},
            {"[ingest]\nallow_publish = [\"all\"]\n", "has \"all\", which is no address"},
            {"[ingest]\nallow_publish = [\"10.0.0.1; deny all\"]\n", "which is no address"},
            {"[ingest]\nallow_play = \"10.0.0.1\"\n", "allow_play must be an array of strings"},
            {"[ingest]\nallow_play = [\"everybody\"]\n", "2:14: allow_play has \"everybody\""},
            {"[ingest]\nserver = \"nginx\"\npublish_key = \"CANARY-1\"\n",
             "3:15: publish_key needs the embedded server: nginx knows no keys; set server = "
             "\"embedded\", or use allow_publish"},
            {"[ingest]\nserver = \"external\"\npublish_key = { env = \"X\" }\n",
             "an external one decides by itself"},
            {"[ingest]\npublish_key = \"\"\n", "2:15: publish_key is empty"},
            {"[ingest]\npublish_key = \"CANARY 1\"\n", "publish_key has a blank in it"},
            {"[ingest]\npublish_key = \"CANARY/1\"\n", "which divide a URL"},
            {"[ingest]\npublish_key = \"CANARY%31\"\n", "has \"%\" in it"},
            {"[ingest]\npublish_key = \"CANARY%\"\n", "write letters and digits"},
            {"[ingest]\npublish_key = \"CANARY?1\"\n", "write letters and digits"},
            {"[ingest]\npublish_key = \"CANARY#1\"\n", "write letters and digits"},
            {"[ingest]\npublish_key = 1\n", "publish_key must be a string or a table such as"},
            {"[ingest]\npublish_key = {}\n", "publish_key must name one of file, env and command"},
            {"[ingest]\npublish_key = { env = \"A\", file = \"b\" }\n", "must name one of"},
            {"[ingest]\npublish_key = { evn = \"A\" }\n", "did you mean \"env\"?"},
            {"[ingest]\npublish_key = { env = \"A B\" }\n", "must be the name of a variable"},
            {"[ingest]\npublish_key = { file = \"~/in.key\" }\n", "which is not expanded here"},
            {"[ingest]\npublish_key = \"CANARY-1\"\nurl = \"rtmp://127.0.0.1/live/CANARY-1\"\n",
             "3:7: url ends with publish_key, which only the publisher adds"},
            {"[ingest]\ntakeover_after = 3\n",
             "must be a duration in quotes, such as \"3s\", or \"never\", not an integer"},
            {"[ingest]\ntakeover_after = \"always\"\n", "\"always\", which is no duration"},
            {"[ingest]\ntakeover_after = \"2h\"\n", "write a duration from 0s to 1h"},
            {"[ingest]\ntakeover_after = \"-1s\"\n", "which is no duration"},
            {"[ingest]\nserver = \"nginx\"\ntakeover_after = \"3s\"\n",
             "3:18: takeover_after needs the embedded server"},
            {"[ingest]\nserver = \"external\"\ntakeover_after = \"never\"\n",
             "needs the embedded server"},
            {"[ingest]\nbackup = \"\"\n", "2:10: backup is \"\"; write a name of up to 64 letters"},
            {"[ingest]\nbackup = \"a/b\"\n", "2:10: backup is \"a/b\""},
            {"[ingest]\nbackup = \"a?b\"\n", "such as \"backup\""},
            {"[ingest]\nbackup = \"a b\"\n", "write a name"},
            {"[ingest]\nbackup = \"caf\u00e9\"\n", "write a name"},
            {"[ingest]\nbackup = \"" + std::string(65, 'b') + "\"\n", "up to 64 letters"},
            {"[ingest]\nbackup = true\n", "2:10: backup must be"},
            {"[ingest]\nbackup = [\"backup\"]\n", "backup must be"},
            {"[ingest]\nbackup = \"live\"\n", "2:10: backup is the last part of url, the name of"},
            {"[ingest]\nurl = \"rtmp://127.0.0.1:1935/live/cam\"\nbackup = \"cam\"\n",
             "3:10: backup is the last part of url"},
            {"[ingest]\npublish_key = \"CANARY-1\"\nbackup = \"CANARY-1\"\n",
             "3:10: backup is the publish_key"},
            {"[ingest]\nserver = \"nginx\"\nbackup = \"backup\"\n",
             "3:10: backup needs the embedded server"},
            {"[ingest]\nserver = \"external\"\nbackup = \"backup\"\n",
             "set server = \"embedded\", or remove the line"},
            {"[ingest]\nbackup_return_after = \"10s\"\n",
             "2:23: backup_return_after needs a backup; add backup = \"backup\""},
            {"[ingest]\nbackup = \"b\"\nbackup_return_after = \"999ms\"\n",
             "write a duration from 1s to 1h"},
            {"[ingest]\nbackup = \"b\"\nbackup_return_after = \"2h\"\n",
             "write a duration from 1s to 1h"},
            {"[ingest]\nbackup = \"b\"\nbackup_return_after = 10\n", "must be a duration"},
            {"[ingest]\nurl = \"\"\n", "2:7: url is empty"},
            {"[ingest]\nurl = \"rtmp://127.0.0.1:1935\"\n", "url has no app"},
            {"[ingest]\nurl = \"http://127.0.0.1:1935/live\"\n", "url has the scheme \"http\""},
            {"[ingest]\nurl = \"rtmp://127.0.0.1:1936/live\"\n",
             "names port 1936, but the server "
             "listens on 1935"},
            {"[ingest]\nurl = \"rtmps://127.0.0.1:1935/live\"\n",
             "is rtmps, which the embedded server does not speak"},
            {"[ingest]\nserver = \"nginx\"\nurl = \"rtmps://127.0.0.1:1935/live\"\n",
             "nginx's RTMP module does not speak"},
            {"[ingest]\nserver = \"nginx\"\nurl = \"rtmp://127.0.0.1:1935/a;b\"\n",
             "an app that nginx can't have"},
            {"[ingest]\nurl = \"rtmp://[LAN-IP]:1935/live\"\n", "bad IPv6 address"},
        });
}

TEST_CASE("config: a destination that can't be is refused with what would be right") {
    check_all(
        "destinations.d/a.toml",
        {
            {"", "a.toml:1:1: destination a has neither service nor url"},
            {"key = \"x\"\n", "has neither service nor url"},
            {"srvice = \"youtube\"\n",
             "a.toml:1:1: unknown field \"srvice\"; did you mean \"service\"?"},
            {"service = \"yuotube\"\n",
             "a.toml:1:11: service \"yuotube\" is not known; did you mean "
             "\"youtube\"?"},
            {"service = \"insta\"\n", "did you mean \"instagram\"?"},
            {"service = \"\"\n", "service \"\" is not known; known are twitch"},
            {"service = 1\n", "service must be a string"},
            {"service = \"tiktok\"\n", "TikTok Live gives every account or event its own URL"},
            {"[destination.a]\nurl = \"rtmp://h/a\"\n", "a.toml:1:1: the file is the destination"},
            {"[ingest]\n", "unknown field \"ingest\""},
            {"url = \"\"\n", "a.toml:1:7: url is empty"},
            {"url = 1\n", "url must be a string"},
            {"url = [\"rtmp://h/a\"]\n", "url must be a string, not an array"},
            {"service = \"youtube\"\nurl = \"rtmp://h\"\n", "a.toml:2:7: url has no app"},
            {"url = \"rtmp://h/a b\"\n", "url has a blank in it"},
            {"url = \"rtmp://h/a\\u001b\"\n", "url has control characters in it"},
            {"url = \"rtmp://h/a\"\nbackup_url = \"rtmp://h\"\n", "2:14: backup_url has no app"},
            {"url = \"rtmp://h/a\"\nbackup_url = \"rtmp://h/a\"\n", "is the same as url"},
            {"url = \"rtmp://h/a\"\nbackup_url = \"file:/a.ts\"\n", "backup_url can't be a file"},
            {"url = \"file:/a.ts\"\nbackup_url = \"rtmp://h/a\"\n", "a file has no backup"},
            {"url = \"rtmp://h/a\"\nbackup = \"both\"\n", "2:10: backup has no use without"},
            {"url = \"rtmp://h/a\"\nbackup = \"failover\"\n", "add backup_url"},
            {"url = \"rtmp://h/a\"\nbackup = \"on\"\n", "2:10: backup is \"on\"; it is \"both\""},
            {"url = \"rtmp://h/a\"\nbackup = \"\"\n", "\"failover\" or \"off\""},
            {"url = \"rtmp://h/a\"\nbackup = \"Both\"\n", "backup is \"Both\""},
            {"url = \"rtmp://h/a\"\nbackup = true\n", "2:10: backup must be"},
            {"url = \"rtmp://h/a\"\nbackup = [\"both\"]\n", "2:10: backup must be"},
            {"url = \"rtmp://h/a\"\nbackup_url = \"\"\n", "2:14: backup_url"},
            {"url = \"rtmp://h/a\"\nbackup_url = \"ftp://h/a\"\n", "2:14: backup_url"},
            {"url = \"file:/a.ts\"\nkey = \"x\"\n", "2:7: key has no use: a file takes none"},
            {"url = \"rtmp://h/a\"\nkey = 1\n", "2:7: key must be a string or a table such as"},
            {"url = \"rtmp://h/a\"\nkey = \"\"\n", "2:7: key is empty"},
            {"url = \"rtmp://h/a\"\nkey = \"  \"\n", "key is empty"},
            {"url = \"rtmp://h/a\"\nkey = \"CANARY x\"\n", "key has a blank in it"},
            {"url = \"rtmp://h/a\"\nkey = \"CANARY\\u200Bx\"\n", "maybe an invisible one"},
            {"url = \"rtmp://h/a\"\nkey = \"CANARY\\u00A0x\"\n", "maybe an invisible one"},
            {"url = \"rtmp://h/a\"\nkey = \"CANARY\\nx\"\n", "key has control characters"},
            {"url = \"rtmp://h/a\"\nkey = \"CANARY\\u0000\"\n", "key has control characters"},
            {"url = \"rtmp://h/a\"\nkey = {}\n", "2:7: key must name one of file, env and command"},
            {"url = \"rtmp://h/a\"\nkey = { file = \"a\", env = \"B\" }\n", "key must name one of"},
            {"url = \"rtmp://h/a\"\nkey = { path = \"a\" }\n",
             "2:9: unknown field \"path\" in key"},
            {"url = \"rtmp://h/a\"\nkey = { file = \"\" }\n", "file is empty"},
            {"url = \"rtmp://h/a\"\nkey = { file = 1 }\n", "2:16: file must be a string"},
            {"url = \"rtmp://h/a\"\nkey = { file = \"~/k\" }\n", "is not expanded here"},
            {"url = \"rtmp://h/a\"\nkey = { env = \"\" }\n", "env must be the name of a variable"},
            {"url = \"rtmp://h/a\"\nkey = { env = \"$X\" }\n",
             "env must be the name of a variable"},
            {"url = \"rtmp://h/a\"\nkey = { env = \"1X\" }\n",
             "env must be the name of a variable"},
            {"url = \"rtmp://h/a\"\nkey = { command = \" \" }\n", "command is empty"},
            {"url = \"rtmp://h/a\"\nkey = { command = [\"pass\"] }\n", "command must be a string"},
            {"url = \"rtmp://h/a\"\nca_file = \"\"\n", "2:11: ca_file is empty"},
            {"url = \"rtmp://h/a\"\nhold = \"forever\"\n",
             "hold is \"forever\", which is no duration"},
            {"url = \"rtmp://h/a\"\r\nhold = 1\r\n", "a.toml:2:8: hold must be a duration"},
            {"# \xC3\xA9\xC3\xA9\nurl = 1\n", "a.toml:2:7: "},
        });
    for (const Bad& one : std::vector<Bad>{{"url = \"rtmp://h/a\"\nkey = \"CANARY x\"\n", ""},
                                           {"url = \"http://CANARY@h/CANARY?CANARY\"\n", ""},
                                           {"key = \"CANARY\"\n", ""}}) {
        CHECK(refusal_of("destinations.d/a.toml", one.content).find("CANARY") == std::string::npos);
    }
}

TEST_CASE("config: names that can't be are refused, in tables and as files") {
    const std::string too_long(33, 'a');
    const std::vector<std::string> bad = {
        "",    "Youtube",   "a b",   "a.b",    "-a",   "_a",   "..",   "a/b", "../a",
        "con", "nul",       "com1",  "aux",    "prn",  "lpt9", "com0", "\\",  "a:b",
        "a*",  "h\xC3\xA9", "a\x01", too_long, "a\nb", "a\tb", " ",    "%"};
    for (const std::string& name : bad) {
        CAPTURE(name);
        CHECK(name_problem(name));
        const auto is_special = [](char c) {
            return c == '\\' || static_cast<unsigned char>(c) < 0x20;
        };
        if (std::any_of(name.begin(), name.end(), is_special)) continue;
        const std::string message =
            refusal_of("restream.toml", "\n[destination.\"" + name + "\"]\n");
        CAPTURE(message);
        CHECK(message.find("restream.toml:2:14: ") != std::string::npos);
        CHECK(message.find("can't name a destination") != std::string::npos);
        if (name.find('/') != std::string::npos || name.empty() || name == "..") continue;
        CHECK(refusal_of("destinations.d/" + name + ".toml", "url = \"rtmp://h/a\"\n")
                  .find("can't name a destination") != std::string::npos);
    }
    for (const char* good : {"a", "7", "youtube", "a-b_c", "con1", "com", "com10", "lpt", "nul-"}) {
        CHECK_MESSAGE(!name_problem(good), good);
    }
    CHECK_FALSE(name_problem(std::string(32, 'a')));
}

TEST_CASE("config: a destination that stands in two places is refused, and both are named") {
    const TemporaryFolder folder;
    const auto first = folder.write("restream.toml", "\n[destination.a]\nurl = \"rtmp://h/a\"\n");
    const auto second = folder.write("destinations.d/a.toml", "url = \"rtmp://h/a\"\n");
    const std::string message = refusal(folder.path());
    CAPTURE(message);
    CHECK(message.starts_with(second.string() + ": duplicate: destination a stands in " +
                              first.string() + ":2 too"));
}

TEST_CASE("config: a live playlist has one writer, other files may have several") {
    const std::string message = refusal_of("restream.toml",
                                           "[destination.b]\nurl = \"file:/w/live.m3u8\"\n"
                                           "[destination.a]\nurl = \"file:///w/live.m3u8\"\n");
    CAPTURE(message);
    CHECK(message.find("restream.toml:1: destination b writes the same playlist as a (") !=
          std::string::npos);
    const Config config = load(
        "[destination.a]\nurl = \"file:/w/a.m3u8\"\n[destination.b]\nurl = \"file:/w/b.m3u8\"\n"
        "[destination.c]\nurl = \"file:/w/c.mkv\"\n[destination.d]\nurl = \"file:/w/c.mkv\"\n");
    CHECK(config.destinations.size() == 4);
}

TEST_CASE("config: what is no readable file of a sane size is refused at once") {
    SUBCASE("10 MB") {
        const std::string message = refusal_of("restream.toml", std::string(10'000'000, '#'));
        CHECK(message.find("is 10000000 bytes long") != std::string::npos);
    }
    SUBCASE("10 MB of a destination") {
        const std::string message =
            refusal_of("destinations.d/a.toml", std::string(10'000'000, '#'));
        CHECK(message.find("is 10000000 bytes long") != std::string::npos);
    }
    const TemporaryFolder folder;
    SUBCASE("a folder") {
        fs::create_directories(folder.path() / "restream.toml");
        CHECK(refusal(folder.path()).find("is a folder") != std::string::npos);
    }
    SUBCASE("a folder as a destination") {
        fs::create_directories(folder.path() / "destinations.d" / "a.toml");
        CHECK(refusal(folder.path()).find("a.toml: is a folder") != std::string::npos);
    }
    SUBCASE("a file where the folder of destinations should be") {
        folder.write("destinations.d", "");
        CHECK(refusal(folder.path()).find("destinations.d must be a folder") != std::string::npos);
    }
    SUBCASE("a file where the configuration's folder should be") {
        CHECK_FALSE(refusal(folder.write("file", "")).empty());
    }
    SUBCASE("a link that leads nowhere") {
        fs::create_symlink("nowhere", folder.path() / "restream.toml");
        CHECK(refusal(folder.path()).find("restream.toml is a link to nowhere") !=
              std::string::npos);
    }
    SUBCASE("a link that leads to itself") {
        fs::create_symlink("restream.toml", folder.path() / "restream.toml");
        CHECK(refusal(folder.path()).find("restream.toml: ") != std::string::npos);
    }
    SUBCASE("a device") {
        fs::create_symlink("/dev/zero", folder.path() / "restream.toml");
        CHECK(refusal(folder.path()).find("is no regular file") != std::string::npos);
    }
    SUBCASE("a file that may not be read") {
        const auto file = folder.write("restream.toml", "");
        fs::permissions(file, fs::perms::none);
        if (std::ifstream(file).good()) return;  // root may read everything
        CHECK(refusal(folder.path()).find("restream.toml: ") != std::string::npos);
    }
}

TEST_CASE("config: a name that is not there is answered with the nearest, and how to add it") {
    const Config config = load("[destination.youtube]\nservice = \"youtube\"\n");
    CHECK(config.find("youtube") == &config.at("youtube"));
    CHECK(config.find("twitch") == nullptr);
    const auto refused = [&](const char* name, const Config& where) {
        try {
            where.at(name);
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refused("yuotube", config).find("did you mean \"youtube\"? ('restream add yuotube") !=
          std::string::npos);
    CHECK(refused("twitch", config).find("known are youtube") != std::string::npos);
    CHECK(refused("twitch", Config()).find("no destination \"twitch\" ('restream add twitch") !=
          std::string::npos);
    CHECK(refused("../a", config).find("\"../a\" can't name a destination") != std::string::npos);
}
