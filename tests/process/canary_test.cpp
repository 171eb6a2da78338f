// Canary: stream keys that are known words, and a search for them everywhere they must not be.
#include "process/canary.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "process/tag_server.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("canary");

namespace {

/// Collects everything that commands print.
class Prints {
  public:
    explicit Prints(const World& world) : world_(world) {}

    Outcome run(const std::vector<std::string>& arguments, const Call& call = {}) {
        Outcome outcome = world_.run(arguments, call);
        std::string words;
        for (const auto& each : arguments) words += each + " ";
        // What the caller himself wrote into the arguments is his own; no test here does it with a
        // key, but for --url, whose echo is looked for, too.
        CHECK_MESSAGE(!has_canary(outcome.output),
                      "restream " << words << "prints a key: " << outcome.output);
        CHECK_MESSAGE(!has_canary(outcome.error),
                      "restream " << words << "prints a key: " << outcome.error);
        return outcome;
    }

  private:
    const World& world_;
};

/// No core of it can be written.
void check_no_core(int pid) {
    CAPTURE(pid);
    const fs::path folder = fs::path("/proc") / std::to_string(pid);
    const std::string limits = content_of(folder / "limits");
    const auto at = limits.find("Max core file size");
    REQUIRE(at != std::string::npos);
    const std::string line = limits.substr(at, limits.find('\n', at) - at);
    std::istringstream words(line.substr(std::string("Max core file size").size()));
    std::string soft, hard;
    words >> soft >> hard;
    // 1 is the value that also a core_pattern that is a pipe obeys.
    CHECK_MESSAGE((soft == "0" || soft == "1"), line);
    CHECK_MESSAGE((hard == "0" || hard == "1"), line);
}

/// No other process of this user may read its memory. Root may in any case, and its files are
/// root's anyhow.
void check_memory_is_closed(int pid) {
    if (::geteuid() == 0) return;
    struct stat memory {};
    REQUIRE(::stat(("/proc/" + std::to_string(pid) + "/mem").c_str(), &memory) == 0);
    CHECK_MESSAGE(memory.st_uid == 0, pid << " is dumpable");
}

struct Destinations {
    Scene& scene;
    NginxServer refusing{Door::refusing};
    TagServer second{};
    int closed_port = free_port();

    /// One for each way a key can be given, good ones and bad ones.
    void add(Prints& prints) const {
        const World& world = scene.world;
        const std::string url = scene.platform.url();
        const std::string srt = "srt://127.0.0.1:" + std::to_string(closed_port);
        write_file(world.home() / "keys" / "file.key", canary + "file\n");
        write_file(world.home() / "keys" / "command.key", canary + "command\n");
        const std::string command =
            "cat '" + (world.home() / "keys" / "command.key").string() + "'";
        const Call with_input{.input = canary + "stdin\n"};
        CHECK(prints.run({"add", "stdin", "--url", url, "--key-stdin"}, with_input).status == 0);
        CHECK(prints
                  .run({"add", "file", "--url", url, "--key-file",
                        world.home() / "keys" / "file.key"})
                  .status == 0);
        CHECK(
            prints.run({"add", "env", "--url", url, "--key-env", "RESTREAM_TEST_CANARY"}).status ==
            0);
        CHECK(prints.run({"add", "command", "--url", url, "--key-command", command}).status == 0);
        // A webhook that fails, so that something is told of it.
        world.add("inline", url, canary + "inline",
                  "on_state = \"http://127.0.0.1:" + std::to_string(closed_port) + "/" + canary +
                      "hook?token=" + canary + "\"\n");
        world.add("inurl", url + "/" + canary + "inurl");
        world.add("query", url + "?token=" + canary + "query", canary + "queryword");
        world.add("refused", refusing.url(), canary + "refused",
                  "backup_url = \"" + url + "?token=" + canary + "\"\n");
        world.add(
            "twice", url, canary + "twice",
            "backup_url = \"" + second.url() + "?token=" + canary + "\"\nbackup = \"both\"\n");
        world.add("down", "rtmp://127.0.0.1:" + std::to_string(closed_port) + "/live",
                  canary + "down");
        world.add("tls", "rtmps://127.0.0.1:" + std::to_string(scene.platform.port()) + "/live",
                  canary + "tls");
        world.add("user",
                  "rtmp://" + canary + "name:" + canary +
                      "word@127.0.0.1:" + std::to_string(closed_port) + "/live",
                  canary + "user");
        world.add("srt", srt + "?passphrase=" + canary + "phrase&streamid=" + canary + "id");
        world.add("srtfields", srt, "",
                  "passphrase = \"" + canary + "phrase\"\nstreamid = \"" + canary + "id\"\n");
    }
};

}  // namespace

TEST_CASE(
    "canary: no key in argv, environment, logs, records, output, or a core, however it was given") {
    Scene scene;
    // The server is down: enable starts it, with the key in enable's own environment.
    scene.world.must({"ingest", "stop"});
    Prints prints(scene.world);
    // What a hook is given lies where keys are looked for.
    const fs::path told = scene.world.state() / "told";
    scene.world.configure("[defaults]\non_state = '(env; cat) >> " + told.string() + "'\n");
    const Destinations destinations{scene};
    destinations.add(prints);
    Publisher publisher(scene.world.ingest_url());
    const Call with_variable{.variables = {{"RESTREAM_TEST_CANARY", canary + "env"}}};
    const std::vector<std::string> good = {"stdin",  "file",  "env",   "command",
                                           "inline", "inurl", "query", "twice"};
    std::vector<std::string> enable = {"enable"};
    enable.insert(enable.end(), good.begin(), good.end());
    const Outcome started = prints.run(enable, with_variable);
    CHECK_MESSAGE(started.status == 0, started.describe());
    scene.publish();
    for (const auto& name : good) {
        CAPTURE(name);
        CHECK(scene.world.wait_state(name, "live"));
    }
    // The keys did arrive: what is looked for was there to be found.
    CHECK(scene.platform.begun(canary + "stdin") == 1);
    CHECK(scene.platform.begun(canary + "file") == 1);
    CHECK(scene.platform.begun(canary + "env") == 1);
    CHECK(scene.platform.begun(canary + "command") == 1);
    CHECK(scene.platform.begun(canary + "inline") == 1);
    CHECK(scene.platform.begun(canary + "inurl") == 1);
    CHECK(scene.platform.begun(canary + "twice") == 1);
    CHECK(destinations.second.wait_for(
        [](const auto& all) { return !all.empty() && all[0].name == canary + "twice"; }));
    for (const std::string name : {"refused", "down", "tls", "user", "srt", "srtfields"}) {
        CAPTURE(name);
        CHECK(prints.run({"enable", name, "--timeout", "3s"}, with_variable).status == 5);
    }
    check_processes(is_relay_of("env"));
    for (const auto& name : good) {
        check_no_core(scene.world.worker(name));
        check_no_core(scene.world.guardian(name));
        check_memory_is_closed(scene.world.worker(name));
    }
    CHECK(wait_until(Patience(seconds(10)), [&] {
        return has(content_of(told), "\"destination\":\"env\"") &&
               has(content_of(scene.world.layout().log("inline")), "on_state: posting to");
    }));
    // A worker that crashes tells its guardian, and the log, of it: not what it had in mind.
    kill_now(scene.world.worker("inline"));

    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"status"},
                                               {"status", "--json"},
                                               {"status", "--names"},
                                               {"explain"},
                                               {"explain", "refused", "--json"},
                                               {"services"},
                                               {"services", "--json"},
                                               {"doctor"},
                                               {"doctor", "--json"},
                                               {"ingest", "status"},
                                               {"probe", "--json", "--seconds", "1"},
                                               {"start"},
                                               {"start", "--json"},
                                               {"restart", "refused", "down", "--timeout", "2s"},
                                               {"stop", "tls", "--json"},
                                               {"logs", "--audit"},
                                               {"logs", "--audit", "--json"}}) {
        prints.run(arguments);
    }
    for (const auto& entry : fs::directory_iterator(scene.world.config() / "destinations.d")) {
        if (entry.path().extension() == ".toml") prints.run({"logs", entry.path().stem().string()});
    }
    // Among what is searched: what the flight recorders kept of refusals and servers' own words.
    CHECK(fs::exists(scene.world.layout().flight("refused")));
    // And who changed what, also with a key in the URL on the command line.
    prints.run({"add", "onceinurl", "--url", scene.platform.url() + "/" + canary + "inurl"});
    CHECK(has(content_of(scene.world.layout().audit_log()), "add onceinurl"));
    CHECK_MESSAGE(files_with_canary(scene.world.state()).empty(),
                  files_with_canary(scene.world.state()));
    // New keys, wrong keys, spoiled files.
    prints.run({"key", "stdin", "--key-stdin"}, {.input = canary + "new\n"});
    prints.run({"key", "inline", "--key-stdin"}, {.input = canary + "new inline\n"});
    prints.run({"key", "file", "--key-stdin"}, {.input = canary + "file\x01\n"});
    write_file(scene.world.config() / "destinations.d" / "bad.toml",
               "url = \"rtmp://127.0.0.1/live\"\nkey = " + canary + "\n");
    CHECK(prints.run({"status"}).status == 3);
    write_file(scene.world.config() / "destinations.d" / "bad.toml",
               "url = \"srt://127.0.0.1:99999?passphrase=" + canary + "\"\n");
    CHECK(prints.run({"status"}).status == 3);
    write_file(scene.world.config() / "destinations.d" / "bad.toml",
               "url = \"rtmp://127.0.0.1/live\"\nkey = \"" + canary + " with a blank\"\n");
    CHECK(prints.run({"enable", "--all"}).status == 3);
    fs::remove(scene.world.config() / "destinations.d" / "bad.toml");
    prints.run({"restart", "stdin"});
    prints.run({"remove", "stdin", "--yes"});
    prints.run({"disable", "--all"});
    prints.run({"stop", "--ingest"});
    CHECK_MESSAGE(files_with_canary(scene.world.state()).empty(),
                  files_with_canary(scene.world.state()));
    check_processes();
}

TEST_CASE("canary: a key that is an ordinary word blanks no other word, and stands in no log") {
    Scene scene;
    NginxServer refusing(Door::refusing);
    scene.world.add("word", scene.platform.url(), "live");
    scene.world.add("url", scene.platform.url() + "/session");
    scene.world.add("refused", refusing.url(), "refused");
    scene.publish();
    scene.world.must({"enable", "word", "url"});
    CHECK(scene.world.run({"enable", "refused", "--timeout", "3s"}).status == 5);
    for (const std::string name : {"word", "url", "refused"}) {
        CAPTURE(name);
        const std::string log = scene.world.must({"logs", name}).output;
        // "***" would be one of our own words: no line of a healthy relay quotes its key.
        CHECK_MESSAGE(!has(log, "***"), log);
        CHECK_MESSAGE(!has(log, "/live/live"), log);
        CHECK_MESSAGE(!has(log, "/session"), log);
    }
    CHECK(has(scene.world.must({"logs", "word"}).output, "live"));
    CHECK(has(scene.world.must({"logs", "refused"}).output, "refused"));
}

TEST_CASE("canary: key files are for their owner alone") {
    World world;
    CHECK(world
              .run({"add", "youtube", "--url", "rtmp://127.0.0.1/live", "--key-stdin"},
                   {.input = "word\n"})
              .status == 0);
    for (const auto& entry : fs::recursive_directory_iterator(world.config() / "destinations.d")) {
        CAPTURE(entry.path().string());
        CHECK((entry.status().permissions() & fs::perms(0077)) == fs::perms::none);
    }
}

TEST_CASE("canary: FFmpeg's own log at its loudest does not tell a key either") {
    Scene scene;
    NginxServer refusing(Door::refusing);
    Prints prints(scene.world);
    scene.publish();
    // What makes FFmpeg talk: a server that refuses, and one that is none.
    scene.world.add("a", "rtmp://127.0.0.1:" + std::to_string(refusing.port()) + "/live",
                    canary + "a");
    scene.world.add(
        "b", "srt://127.0.0.1:" + std::to_string(free_port()) + "?passphrase=" + canary + "phrase");
    for (const std::string name : {"a", "b"}) {
        CHECK(prints.run({"enable", name, "--timeout", "4s"}).status == 5);
        prints.run({"logs", name});
    }
    scene.world.must({"disable", "--all"});
    CHECK_MESSAGE(files_with_canary(scene.world.state()).empty(),
                  files_with_canary(scene.world.state()));
}

TEST_SUITE_END();

}  // namespace restream::test
