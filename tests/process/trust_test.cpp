// Folders that others can change: every command refuses them with what helps, and the files that
// are made are nobody else's.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "as_nobody.hpp"
#include "file_mode.hpp"
#include "process/free_port.hpp"
#include "process/scene.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;
using tests::mode_of;
using tests::set_mode;

TEST_SUITE_BEGIN("trust");

namespace {

constexpr uid_t another = AsNobody::user;

/// Nothing where it is gone meanwhile.
std::optional<unsigned> mode_now(const fs::path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
    return facts.st_mode & 07777;
}

void give(const fs::path& path, uid_t user) { REQUIRE(::chown(path.c_str(), user, user) == 0); }

/// What is open to others or theirs, as long as it lives.
class Spoiled {
  public:
    enum class How { open, foreign };
    Spoiled(fs::path path, How how) : path_(std::move(path)), mode_(mode_of(path_)), how_(how) {
        if (how == How::open) set_mode(path_, mode_ | S_IWOTH);
        if (how == How::foreign) give(path_, another);
    }
    ~Spoiled() {
        if (how_ == How::open) set_mode(path_, mode_);
        if (how_ == How::foreign) give(path_, ::geteuid());
    }
    Spoiled(const Spoiled&) = delete;
    Spoiled& operator=(const Spoiled&) = delete;

  private:
    fs::path path_;
    unsigned mode_;
    How how_;
};

using Words = std::vector<std::string>;

/// With a umask that takes nothing away.
Outcome run_without_umask(const World& world, const Words& arguments) {
    CommandLine line = world.command(arguments);
    Words shell = {"-c", "umask 0; exec \"$0\" \"$@\"", line.program.string()};
    shell.insert(shell.end(), line.arguments.begin(), line.arguments.end());
    line.program = "/bin/sh";
    line.arguments = shell;
    return run_command_line(line, seconds(60));
}

}  // namespace

TEST_CASE("trust: what others can change is refused by every command, with its remedy") {
    const World world(IngestServer::embedded);
    world.configure(fmt::format("[dashboard]\nlisten = \"127.0.0.1:{}\"\n", free_port()));
    world.add("one", "rtmp://127.0.0.1:9/live", "CANARYKEY");
    world.must({"enable", "one", "--no-start"});
    const std::array commands = {
        Words{"status"},
        Words{"status", "--json"},
        Words{"explain"},
        Words{"logs", "one"},
        Words{"logs", "--audit"},
        Words{"start"},
        Words{"enable", "one", "--no-start"},
        Words{"stop"},
        Words{"ingest", "start"},
        Words{"ingest", "status"},
        Words{"dashboard", "--background"},
        Words{"dashboard", "--rotate-token"},
        Words{"start", "--heal"},
        Words{"add", "two", "--url", "file:/nowhere/a.flv"},
        Words{"remove", "one"},
        Words{"key", "one", "--key-stdin"},
    };
    std::vector<Spoiled::How> ways = {Spoiled::How::open};
    if (::geteuid() == 0)
        ways.push_back(Spoiled::How::foreign);
    else
        MESSAGE("SKIPPED: only root can give a folder to another user");
    struct Place {
        fs::path path;
        int status;
    };
    const Place places[] = {
        {world.config(), 3},
        {world.config() / "restream.toml", 3},
        {world.config() / "destinations.d", 3},
        {world.config() / "destinations.d/one.toml", 3},
        {world.state(), 5},
        {world.layout().run_directory(), 5},
        {world.layout().wanted_directory(), 5},
    };
    for (const auto how : ways) {
        for (const Place& place : places) {
            const Spoiled spoiled(place.path, how);
            const std::string remedy = how == Spoiled::How::open
                                           ? "chmod go-w '" + place.path.string() + "'"
                                           : "chown -R ";
            for (const Words& words : commands) {
                CAPTURE(place.path);
                const Outcome outcome = world.run(words, {.input = "other\n"});
                // What stops and what shows the log needs no valid configuration: it complains.
                const bool needs_none =
                    place.status == 3 && (words.front() == "stop" || words.front() == "logs" ||
                                          words.back() == "--rotate-token");
                if (needs_none) {
                    CHECK_MESSAGE(outcome.status != 70, outcome.describe());
                    continue;
                }
                CHECK_MESSAGE(outcome.status == place.status, fmt::format("{}", words.front()), " ",
                              outcome.describe());
                CHECK_MESSAGE(has(outcome.error, place.path.string()), outcome.describe());
                CHECK_MESSAGE(has(outcome.error, remedy), outcome.describe());
                CHECK_FALSE(has(outcome.error + outcome.output, "CANARYKEY"));
            }
            const Outcome doctor = world.run({"doctor", "--json"});
            CHECK_MESSAGE(doctor.status == (place.status == 3 ? 3 : 1), doctor.describe());
            CHECK_MESSAGE(has(doctor.output, place.path.string()), doctor.describe());
        }
    }
    // It was nothing but that: all is as it was.
    CHECK(world.status("one")["wanted"] == true);
    CHECK_FALSE(fs::exists(world.config() / "destinations.d/two.toml"));
    const Outcome after = world.run({"status"});
    CHECK_MESSAGE(after.status == 0, after.describe());
}

TEST_CASE("trust: a state folder in /tmp that another user made first is not used") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: only root can make a folder of another user");
        return;
    }
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1:9/live", "word");
    const fs::path shared = world.home() / "tmp";
    fs::create_directory(shared);
    set_mode(shared, 01777);
    const auto enable_in = [&](const fs::path& state) {
        CommandLine line = world.command({"enable", "one", "--no-start"});
        std::erase_if(line.variables,
                      [](const auto& each) { return each.first == "RESTREAM_STATE_DIR"; });
        line.variables.emplace_back("RESTREAM_STATE_DIR", state.string());
        return run_command_line(line);
    };
    fs::create_directory(shared / "theirs");
    give(shared / "theirs", another);
    const Outcome theirs = enable_in(shared / "theirs");
    CHECK_MESSAGE(theirs.status == 5, theirs.describe());
    CHECK_MESSAGE(has(theirs.error, "chown -R "), theirs.describe());
    CHECK(fs::is_empty(shared / "theirs"));
    // In one that is ours already, a part of it.
    fs::create_directories(shared / "ours/wanted");
    set_mode(shared / "ours", 0700);
    give(shared / "ours/wanted", another);
    const Outcome part = enable_in(shared / "ours");
    CHECK_MESSAGE(part.status == 5, part.describe());
    CHECK_MESSAGE(has(part.error, "ours/wanted belongs to "), part.describe());
    // And one that is made now is nobody else's, whoever may write beside it.
    CHECK(enable_in(shared / "new").status == 0);
    CHECK(mode_of(shared / "new") == 0700);
    CHECK(mode_of(shared / "new/wanted") == 0700);
}

TEST_CASE(
    "trust: what is usual works: a private group, root's configuration, one that is read only") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1:9/live", "word");
    const fs::path destinations = world.config() / "destinations.d";
    const auto is_good = [&](const Outcome& outcome) {
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_MESSAGE(outcome.error.empty(), outcome.describe());
    };
    for (const fs::path& each : {world.config(), destinations}) set_mode(each, 0500);
    set_mode(destinations / "one.toml", 0400);
    is_good(world.run({"status"}));
    for (const fs::path& each : {world.config(), destinations}) set_mode(each, 0755);
    set_mode(destinations / "one.toml", 0644);
    is_good(world.run({"status"}));
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: only root can choose groups and be another user");
        return;
    }
    // root's group, and one without a name.
    for (const gid_t group : {0U, 54321U}) {
        CAPTURE(group);
        for (const fs::path& each : {world.config(), destinations, destinations / "one.toml"}) {
            REQUIRE(::chown(each.c_str(), 0, group) == 0);
            set_mode(each, fs::is_directory(each) ? 02775 : 0664);
        }
        is_good(world.run({"status"}));
    }
    // As another user, by root's configuration, as in /etc, with a state of its own.
    for (const fs::path& each : {world.config(), destinations}) set_mode(each, 0755);
    set_mode(destinations / "one.toml", 0644);
    set_mode(world.home(), 0755);
    const fs::path state = world.home() / "theirs";
    fs::create_directory(state);
    give(state, another);
    CommandLine line = world.command({"status"});
    std::erase_if(line.variables,
                  [](const auto& each) { return each.first == "RESTREAM_STATE_DIR"; });
    line.variables.emplace_back("RESTREAM_STATE_DIR", state.string());
    line.arguments.insert(line.arguments.begin(), {"--reuid", std::to_string(another),
                                                   "--clear-groups", line.program.string()});
    line.program = "/usr/bin/setpriv";
    const Outcome outcome = run_command_line(line);
    if (has(outcome.error, "Permission denied")) {
        MESSAGE("SKIPPED: another user cannot get at the programs here");
    } else {
        is_good(outcome);
        // root in that user's folder: told to be that user.
        for (auto& [name, value] : line.variables) {
            if (name == "RESTREAM_CONFIG_DIR") value = (world.home() / "none").string();
        }
        line.program = line.arguments[3];
        line.arguments = {"status"};
        const Outcome as_root = run_command_line(line);
        CHECK_MESSAGE(as_root.status == 5, as_root.describe());
        CHECK_MESSAGE(has(as_root.error, ", without sudo"), as_root.describe());
    }
}

TEST_CASE("trust: a recording is its owner's, HLS everybody's, file_mode says otherwise") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    const fs::path films = world.home() / "films";
    struct Row {
        const char* name;
        const char* file;
        const char* more;
        unsigned file_mode, folder_mode;
    };
    const Row rows[] = {
        {"own", "own/a.flv", "", 0600, 0700},
        {"muxed", "muxed/a.mkv", "", 0600, 0700},
        {"shared", "shared/a.flv", "file_mode = \"0640\"\n", 0640, 0750},
        {"web", "web/a.m3u8", "", 0644, 0755},
        {"closed", "closed/a.m3u8", "file_mode = \"0600\"\n", 0600, 0700},
    };
    for (const Row& row : rows) {
        world.add(row.name, "file:" + (films / row.file).string(), "", row.more);
    }
    scene.publish();
    const Outcome enabled = run_without_umask(world, {"enable", "--all"});
    REQUIRE_MESSAGE(enabled.status == 0, enabled.describe());
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const fs::path file = films / row.file;
        REQUIRE(wait_until(Patience(seconds(30)), [&] { return fs::exists(file); }));
        CHECK(mode_of(file) == row.file_mode);
        CHECK(mode_of(file.parent_path()) == row.folder_mode);
        for (const auto& entry : fs::directory_iterator(file.parent_path())) {
            CAPTURE(entry.path());
            CHECK(mode_now(entry.path()).value_or(row.file_mode) == row.file_mode);
        }
    }
    // What the suite keeps for itself is its owner's, whatever the umask.
    for (const auto& entry : fs::recursive_directory_iterator(world.state())) {
        CAPTURE(entry.path());
        CHECK((mode_now(entry.path()).value_or(0) & 0077) == 0);
    }
    world.must({"stop", "--ingest"});
}

TEST_SUITE_END();

}  // namespace restream::test
