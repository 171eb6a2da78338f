// Bad input through the real commands: refused with the right exit status and the place, nothing
// started.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "process/descendants.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("bad_input");

namespace {

bool says(const Outcome& outcome, const std::string& words) {
    return outcome.error.find(words) != std::string::npos;
}

/// A line of a table of bad configurations.
struct BadFile {
    const char* what;
    const char* text;
    const char* place;  ///< ":LINE:COLUMN", or "" where the place is the file
};

const BadFile bad_ingest[] = {
    {"no TOML", "[ingest\n", "restream.toml:1:"},
    {"a value is missing", "[ingest]\nserver =\n", "restream.toml:2:"},
    {"a string does not end", "[ingest]\nurl = \"rtmp://127.0.0.1\n", "restream.toml:2:"},
    {"a table twice", "[log]\n[log]\n", "restream.toml:2:"},
    {"a field twice", "[ingest]\nserver = \"nginx\"\nserver = \"nginx\"\n", "restream.toml:3:"},
    {"an unknown table", "[ingset]\n", "restream.toml:1:"},
    {"an unknown field", "[ingest]\nservr = \"nginx\"\n", "restream.toml:2:1"},
    {"an unknown server", "[ingest]\nserver = \"apache\"\n", "restream.toml:2:"},
    {"a number for a string", "[ingest]\nserver = 1\n", "restream.toml:2:"},
    {"a listen without a port", "[ingest]\nlisten = \"127.0.0.1\"\n", "restream.toml:2:"},
    {"a port that is none", "[ingest]\nlisten = \"127.0.0.1:99999\"\n", "restream.toml:2:"},
    {"a URL of another scheme", "[ingest]\nurl = \"http://127.0.0.1/live\"\n", "restream.toml:2:"},
    {"a URL without an app", "[ingest]\nurl = \"rtmp://127.0.0.1\"\n", "restream.toml:2:"},
    {"a listen open to the world", "[ingest]\nlisten = \"0.0.0.0:1935\"\n", "restream.toml:2:"},
    {"an address that is none", "[ingest]\nallow_publish = [\"me\"]\n", "restream.toml:2:"},
    {"a duration without a unit", "[ingest]\nprobe_duration = \"5\"\n", "restream.toml:2:"},
    {"a negative size", "[ingest]\nprobe_bytes = -1\n", "restream.toml:2:"},
    {"a destination that is a string", "destination = \"youtube\"\n", "restream.toml:1:"},
    {"a destination without a URL", "[destination.youtube]\nhold = \"1s\"\n", "restream.toml:1:"},
    {"a destination's name with a slash", "[destination.\"a/b\"]\nurl = \"rtmp://h/a\"\n",
     "restream.toml:1:"},
    {"a destination named ..", "[destination.\"..\"]\nurl = \"rtmp://h/a\"\n", "restream.toml:1:"},
    {"a destination's name in capitals", "[destination.YouTube]\nurl = \"rtmp://h/a\"\n",
     "restream.toml:1:"},
    {"a Windows device for a name", "[destination.con]\nurl = \"rtmp://h/a\"\n",
     "restream.toml:1:"},
    {"a name that is there twice", "\n[destination.there]\nurl = \"rtmp://h/a\"\n", "there"},
    {"bytes that are no UTF-8", "[ingest]\nurl = \"\xff\xfe\"\n", "restream.toml:2:"},
};

const BadFile bad_destination[] = {
    {"nothing", "", "new.toml"},
    {"an unknown service", "service = \"utube\"\n", "new.toml:1:"},
    {"an unknown field", "ur = \"rtmp://h/a\"\n", "new.toml:1:1"},
    {"a URL that is none", "url = \"youtube\"\n", "new.toml:1:"},
    {"a URL with blanks", "url = \"rtmp://h/a b\"\n", "new.toml:1:"},
    {"a URL without a host", "url = \"rtmp:///live\"\n", "new.toml:1:"},
    {"a URL of another scheme", "url = \"https://h/a\"\n", "new.toml:1:"},
    {"a URL with a bad port", "url = \"rtmp://h:0x50/a\"\n", "new.toml:1:"},
    {"an srt URL without a port", "url = \"srt://h\"\n", "new.toml:1:"},
    {"a key that is a number", "url = \"rtmp://h/a\"\nkey = 5\n", "new.toml:2:"},
    {"an empty key", "url = \"rtmp://h/a\"\nkey = \"\"\n", "new.toml:2:"},
    {"a key with a line break", "url = \"rtmp://h/a\"\nkey = \"a\\nb\"\n", "new.toml:2:"},
    {"a key from nowhere", "url = \"rtmp://h/a\"\nkey = { }\n", "new.toml:2:"},
    {"a key from two places", "url = \"rtmp://h/a\"\nkey = { file = \"a\", env = \"B\" }\n",
     "new.toml:2:"},
    {"a key from a bad variable", "url = \"rtmp://h/a\"\nkey = { env = \"A B\" }\n", "new.toml:2:"},
    {"a word for on_ingest_loss", "url = \"rtmp://h/a\"\non_ingest_loss = \"wait\"\n",
     "new.toml:2:"},
    {"a hold of a month", "url = \"rtmp://h/a\"\nhold = \"720h\"\n", "new.toml:2:"},
    {"a key for a file", "url = \"file:/tmp/a.flv\"\nkey = \"word\"\n", "new.toml:2:"},
    {"a table in it", "[new]\nurl = \"rtmp://h/a\"\n", "new.toml:1:"},
};

}  // namespace

TEST_CASE(
    "bad input: a bad restream.toml is exit 3 with file, line and column, for every command that "
    "reads it") {
    World world;
    world.add("there", "rtmp://127.0.0.1/live");
    for (const BadFile& bad : bad_ingest) {
        CAPTURE(bad.what);
        write_file(world.config() / "restream.toml", bad.text);
        for (const std::vector<std::string>& arguments :
             std::vector<std::vector<std::string>>{{"status"}, {"enable", "there"}}) {
            const Outcome outcome = world.run(arguments);
            CHECK_MESSAGE(outcome.status == 3, outcome.describe());
            CHECK_MESSAGE(says(outcome, bad.place), outcome.describe());
            CHECK_MESSAGE(outcome.error.starts_with("restream-"), outcome.describe());
        }
        CHECK(content_of(world.config() / "restream.toml") == bad.text);
        CHECK_FALSE(fs::exists(world.layout().wanted("there")));
    }
    CHECK_MESSAGE(living_descendants().empty(), describe(living_descendants()));
    world.configure("");
    CHECK(world.run({"status"}).status == 0);
}

TEST_CASE("bad input: a bad file in destinations.d is exit 3 with file, line and column") {
    World world;
    const fs::path file = world.config() / "destinations.d" / "new.toml";
    for (const BadFile& bad : bad_destination) {
        CAPTURE(bad.what);
        write_file(file, bad.text);
        const Outcome outcome = world.run({"enable", "new"});
        CHECK_MESSAGE(outcome.status == 3, outcome.describe());
        CHECK_MESSAGE(says(outcome, bad.place), outcome.describe());
        CHECK(content_of(file) == bad.text);
        CHECK_FALSE(fs::exists(world.layout().wanted("new")));
    }
    fs::remove(file);
    for (const std::string name : {"UPPER.toml", "a b.toml", "con.toml", "-dash.toml"}) {
        CAPTURE(name);
        write_file(world.config() / "destinations.d" / name, "url = \"rtmp://127.0.0.1/live\"\n");
        CHECK(world.run({"status"}).status == 3);
        fs::remove(world.config() / "destinations.d" / name);
    }
    CHECK_MESSAGE(living_descendants().empty(), describe(living_descendants()));
}

TEST_CASE("bad input: a configuration of 10 MB is refused at once") {
    World world;
    const std::string big(10'000'000, '#');
    write_file(world.config() / "restream.toml", big);
    const Outcome outcome = world.run({"status"});
    CHECK_MESSAGE(outcome.status == 3, outcome.describe());
    CHECK(says(outcome, "restream.toml"));
    CHECK(outcome.counted < seconds(2));
    CHECK(fs::file_size(world.config() / "restream.toml") == big.size());
    world.configure("");
    write_file(world.config() / "destinations.d" / "big.toml", big);
    CHECK(world.run({"status"}).status == 3);
}

TEST_CASE("bad input: wrong usage is exit 2, says what would be right, and starts nothing") {
    World world;
    world.add("there", "rtmp://127.0.0.1/live");
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"enabel", "there"},
        {"../../bin/sh"},
        {"/bin/sh"},
        {"enable"},
        {"enable", "their"},
        {"enable", "../there"},
        {"enable", "there/"},
        {"enable", ""},
        {"enable", "there", "--timeout", "soon"},
        {"enable", "there", "--timeout", "-1s"},
        {"enable", "there", "--timeout"},
        {"enable", "there", "--no-such-option"},
        {"disable"},
        {"disable", "nobody"},
        {"start", "nobody"},
        {"stop", "nobody"},
        {"restart", "nobody"},
        {"explain", "nobody"},
        {"explain", "../there"},
        {"explain", "there", "--since", "yesterday"},
        {"explain", "--since", "0s"},
        {"explain", "--since", "-1h"},
        {"explain", "--since"},
        {"logs"},
        {"logs", "nobody"},
        {"logs", "there", "--lines", "many"},
        {"logs", "there", "--lines", "-5"},
        {"key", "nobody", "--key-stdin"},
        {"remove"},
        {"remove", "nobody"},
        {"remove", "../there"},
        {"add"},
        {"add", "new"},
        {"add", "there", "--url", "rtmp://127.0.0.1/live"},
        {"add", "New", "--url", "rtmp://127.0.0.1/live"},
        {"add", "../new", "--url", "rtmp://127.0.0.1/live"},
        {"add", "a/b", "--url", "rtmp://127.0.0.1/live"},
        {"add", "con", "--url", "rtmp://127.0.0.1/live"},
        {"add", "a-name-that-is-longer-than-thirty-two", "--url", "rtmp://127.0.0.1/live"},
        {"add", "new", "--url", "http://127.0.0.1/live"},
        {"add", "new", "--url", "rtmp://"},
        {"add", "new", "--service", "utube"},
        {"add", "new", "--service", "youtube", "--key-stdin", "--key-env", "KEY"},
        {"ingest"},
        {"ingest", "explode"},
        {"probe", "--seconds", "never"},
        {"probe", "http://127.0.0.1/live"},
        {"selftest", "there"},
        {"selftest", "--blackhole", "--keep", "/tmp"},
        {"status", "--watch", "--json", "--names", "--what"},
    };
    for (const auto& arguments : wrong) {
        std::string words;
        for (const auto& each : arguments) words += "[" + each + "] ";
        CAPTURE(words);
        const Outcome outcome = world.run(arguments, {.input = "word\n"});
        CHECK_MESSAGE(outcome.status == 2, outcome.describe());
        CHECK_MESSAGE(!outcome.error.empty(), outcome.describe());
        CHECK_MESSAGE(outcome.output.empty(), outcome.describe());
        CHECK_MESSAGE(outcome.error.find("bug") == std::string::npos, outcome.describe());
    }
    CHECK(says(world.run({"enable", "their"}), "there"));
    CHECK(says(world.run({"enabel", "there"}), "enable"));
    CHECK_FALSE(fs::exists(world.config() / "destinations.d" / "new.toml"));
    CHECK_FALSE(fs::exists(world.config() / "new.toml"));
    CHECK(content_of(world.config() / "destinations.d" / "there.toml") ==
          "url = \"rtmp://127.0.0.1/live\"\n");
    CHECK_MESSAGE(living_descendants().empty(), describe(living_descendants()));
}

TEST_CASE(
    "bad input: a key that is not there or cannot be had is told before anything is started, or in "
    "the reason") {
    Scene scene;
    scene.publish();
    const std::string url = "url = \"" + scene.platform.url() + "\"\n";
    const fs::path folder = scene.world.config() / "destinations.d";
    const auto is_running = [] { return World::count_processes("restream-relay") > 0; };
    write_file(folder / "youtube.toml", url + "key = { file = \"missing.key\" }\n");
    const Outcome missing = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(missing.status == 3, missing.describe());
    CHECK_MESSAGE(says(missing, "missing.key"), missing.describe());
    CHECK_FALSE(is_running());
    write_file(folder / "youtube.toml", url + "key = { env = \"RESTREAM_TEST_NOT_SET\" }\n");
    const Outcome unset = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(unset.status == 3, unset.describe());
    CHECK_MESSAGE(says(unset, "RESTREAM_TEST_NOT_SET"), unset.describe());
    CHECK_FALSE(is_running());
    for (const std::string command :
         {"exit 7", "true", "printf 'a b'", "no-such-program-anywhere"}) {
        CAPTURE(command);
        write_file(folder / "youtube.toml", url + "key = { command = \"" + command + "\" }\n");
        const Outcome fails = scene.world.run({"enable", "youtube"});
        CHECK_MESSAGE(fails.status == 5, fails.describe());
        const json part = scene.world.status("youtube");
        CHECK_MESSAGE(part["reason"]["code"] == "key_unavailable", part.dump());
    }
    CHECK(scene.platform.asked() == 0);
    scene.world.must({"disable", "youtube"});
}

TEST_CASE(
    "bad input: a key command that hangs holds nobody up: enable times out, disable ends it with "
    "its children") {
    Scene scene;
    scene.publish();
    write_file(scene.world.config() / "destinations.d" / "youtube.toml",
               "url = \"" + scene.platform.url() +
                   "\"\nkey = { command = \"sleep 1000 & sleep 1001\" }\n");
    scene.add("good");
    const Outcome enable = scene.world.run({"enable", "youtube", "--timeout", "3s"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    CHECK(enable.counted < seconds(6));
    scene.world.must({"enable", "good"});
    const Outcome disable = scene.world.run({"disable", "youtube"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    CHECK(disable.counted < seconds(6));
    CHECK(wait_until(Patience(seconds(3)),
                     [] { return World::count_processes("sleep 100") == 0; }));
    CHECK(scene.world.state("good") == "live");
}

TEST_SUITE_END();

}  // namespace restream::test
