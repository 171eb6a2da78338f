// To which servers a destination's secrets may go, and what becomes of those that may not.
#include "config/key_scope.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

namespace {

using Fields = std::vector<FieldChange>;
using Names = std::vector<std::string>;

const Fields no_change = {};

FieldChange set(const char* field, std::string_view value) { return {field, toml_string(value)}; }
FieldChange unset(const char* field) { return {field, std::nullopt}; }

/// A folder with destination "a", whose file is `text`, and with two key files.
struct Home {
    explicit Home(const std::string& text) {
        folder.write("destinations.d/a.toml", text);
        folder.write("destinations.d/a.key", "CANARY\n");
        folder.write("destinations.d/a.passphrase", "CANARY-PASSPHRASE\n");
        folder.write("shared.key", "SHARED\n");
    }
    ChangedDestination change(const DestinationChange& change) const {
        return change_destination(folder.path(), load_config(folder.path()).at("a"), change);
    }
    std::string text() const { return folder.read("destinations.d/a.toml"); }
    TemporaryFolder folder;
};

constexpr const char* own_server =
    "url = \"rtmps://one.example/live\"\nkey = { file = \"a.key\" }\n";
constexpr const char* with_backup =
    "url = \"rtmp://one.example/live\"\nbackup_url = \"rtmp://two.example/live\"\n"
    "key = { env = \"A_KEY\" }\n";
constexpr const char* youtube = "service = \"youtube\"\nkey = { command = \"pass show yt\" }\n";

}  // namespace

TEST_CASE("key scope: a secret goes to no server that it was not given for") {
    struct Row {
        const char* before;
        Fields fields;
    };
    const Row rows[] = {
        {own_server, {set("url", "rtmps://evil.example/live")}},
        {own_server, {set("url", "rtmps://one.example.evil.example/live")}},
        {own_server, {set("url", "rtmps://one.example@evil.example/live")}},
        {own_server, {set("url", "rtmp://one.example/live")}},
        {own_server, {set("url", "rtmp://one.example:443/live")}},
        {own_server, {set("url", "rtmps://one.example:444/live")}},
        {own_server, {set("url", "rtmps://one.example/other")}},
        {own_server, {set("url", "rtmps://one.example/live/more")}},
        {own_server, {set("url", "srt://one.example:443")}},
        {own_server, {set("url", "file:/srv/video/a.mkv")}},
        {own_server, {set("backup_url", "rtmps://evil.example/live")}},
        {own_server, {set("backup_url", "rtmps://evil.example/live"), set("backup", "off")}},
        {own_server, {set("backup_url", "rtmp://one.example/live"), set("backup", "both")}},
        {own_server, {set("service", "youtube")}},
        {own_server, {set("service", "youtube"), unset("url")}},
        {with_backup, {set("url", "rtmp://two.example/other")}},
        {with_backup, {set("url", "rtmp://two.example:1936/live"), unset("backup_url")}},
        {with_backup, {set("backup_url", "rtmp://three.example/live")}},
        {youtube, {set("url", "rtmp://a.rtmps.youtube.com/live2")}},
        {youtube, {set("url", "rtmps://a.rtmps.youtube.com:444/live2")}},
        {youtube, {set("url", "rtmps://evil.example/live2")}},
        {youtube, {set("backup_url", "rtmps://evil.example/live2")}},
        {youtube, {set("service", "twitch")}},
        {youtube, {unset("service"), set("url", "rtmps://evil.example/live2")}},
        {youtube, {unset("service"), set("url", "rtmps://live.twitch.tv:443/app")}},
    };
    for (const Row& row : rows) {
        std::string said;
        for (const auto& [field, value] : row.fields)
            said += field + "=" + value.value_or("-") + " ";
        CAPTURE(row.before);
        CAPTURE(said);
        const Home home(row.before);
        const ChangedDestination changed = home.change({row.fields});
        CHECK(changed.dropped == Names{"key"});
        const Destination after = load_config(home.folder.path()).at("a");
        CHECK(std::holds_alternative<std::monostate>(after.key));
        CHECK(home.text().find("key") == std::string::npos);
        CHECK_FALSE(home.folder.has("destinations.d/a.key"));
    }
}

TEST_CASE("key scope: a secret stays where its servers do") {
    struct Row {
        const char* before;
        Fields fields;
    };
    const Row rows[] = {
        {own_server, {set("hold", "5s")}},
        {own_server, {set("url", "rtmps://ONE.example:443/live/")}},
        {own_server, {set("url", "rtmps://one.example/live?region=2")}},
        {own_server, {set("backup_url", "rtmps://one.example/live?backup=1")}},
        {with_backup, {set("url", "rtmp://two.example/live"), unset("backup_url")}},
        {with_backup,
         {set("url", "rtmp://two.example:1935/live"),
          set("backup_url", "rtmp://one.example/live")}},
        {with_backup, {unset("backup_url")}},
        {youtube, {set("url", "rtmps://b.rtmps.youtube.com/live2?backup=1")}},
        {youtube, {set("backup", "off")}},
        // The service's own server, with encryption now.
        {"service = \"twitch\"\nurl = \"rtmp://live.twitch.tv/app\"\nkey = { env = \"A\" }\n",
         {unset("url")}},
        {"service = \"twitch\"\nurl = \"rtmp://live.twitch.tv/app\"\nkey = { env = \"A\" }\n",
         {set("url", "rtmps://ingest.global-contribute.live-video.net:443/app")}},
        {youtube, {unset("service"), set("url", "rtmps://a.rtmps.youtube.com/live2")}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        CAPTURE(row.fields.front().field + " " + row.fields.front().value.value_or("-"));
        const Home home(row.before);
        CHECK(home.change({row.fields}).dropped.empty());
        const Destination after = load_config(home.folder.path()).at("a");
        CHECK_FALSE(std::holds_alternative<std::monostate>(after.key));
        CHECK(home.folder.has("destinations.d/a.key"));
    }
}

TEST_CASE("key scope: what is dropped at one step does not come back at the next") {
    const Home home(youtube);
    CHECK(home.change({{set("url", "rtmps://evil.example/live2")}}).dropped == Names{"key"});
    CHECK(home.change({{unset("url")}}).dropped.empty());
    CHECK(std::holds_alternative<std::monostate>(load_config(home.folder.path()).at("a").key));
}

TEST_CASE("key scope: a key of dotted fields is dropped, too") {
    const Home home("url = \"rtmp://one.example/live\"\nkey.file = \"a.key\"\n");
    CHECK(home.change({{set("url", "rtmp://evil.example/live")}}).dropped == Names{"key"});
    CHECK(home.text() == "url = \"rtmp://evil.example/live\"\n");
    CHECK_FALSE(home.folder.has("destinations.d/a.key"));
}

TEST_CASE("key scope: SRT's passphrase and stream ID are dropped, too") {
    const Home home(
        "url = \"srt://one.example:9000\"\npassphrase = { file = \"a.passphrase\" }\n"
        "streamid = { env = \"A_ID\" }\n");
    CHECK(home.change({{set("hold", "5s")}}).dropped.empty());
    CHECK(home.change({{set("url", "srt://one.example:9000?latency=300ms")}}).dropped.empty());
    CHECK(home.change({{set("url", "srt://one.example:9001")}}).dropped ==
          Names{"passphrase", "streamid"});
    CHECK(home.text() == "url = \"srt://one.example:9001\"\nhold = \"5s\"\n");
    CHECK_FALSE(home.folder.has("destinations.d/a.passphrase"));
}

TEST_CASE("key scope: a key that comes along is for the new server, and the old one's file stays") {
    const Home home("url = \"rtmp://one.example/live\"\nkey = { file = \"../shared.key\" }\n");
    const Secret key("NEW-CANARY");
    // To the same server, it goes where the old one was.
    CHECK(home.change({{set("hold", "5s")}, key}).dropped.empty());
    CHECK(home.folder.read("shared.key") == "NEW-CANARY\n");
    CHECK(home.change({{set("url", "rtmp://two.example/live")}, Secret("SECOND")}).dropped.empty());
    CHECK(home.folder.read("shared.key") == "NEW-CANARY\n");
    CHECK(home.folder.read("destinations.d/a.key") == "SECOND\n");
    CHECK(home.text() ==
          "url = \"rtmp://two.example/live\"\nkey = { file = \"a.key\" }\n"
          "hold = \"5s\"\n");
    // SRT has its key as the stream ID.
    CHECK(home.change({{set("url", "srt://two.example:9000")}, Secret("THIRD")}).dropped.empty());
    CHECK(home.change({{set("url", "file:/srv/a.mkv")}}).dropped == Names{"key"});
    CHECK_FALSE(home.folder.has("destinations.d/a.key"));
}

TEST_CASE("key scope: what can't be is refused, and nothing is changed") {
    struct Row {
        const char* before;
        DestinationChange change;
    };
    const Row rows[] = {
        {own_server, {{set("url", "http://evil.example/live")}}},
        {own_server, {{set("url", "rtmp://evil.example/live"), set("hold", "soon")}}},
        {own_server, {{set("url", "file:/srv/a.mkv")}, Secret("KEY")}},
        {own_server, {{set("url", "rtmp://evil.example/live")}, Secret("with blank")}},
        {own_server, {no_change, Secret("")}},
        {youtube, {{unset("service")}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        const Home home(row.before);
        CHECK_THROWS_AS(home.change(row.change), Error);
        CHECK(home.text() == row.before);
        CHECK(home.folder.read("destinations.d/a.key") == "CANARY\n");
    }
}

}  // namespace restream::tests
