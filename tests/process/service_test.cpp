// restream service: what it writes is what systemd takes, and what it runs brings everything back.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "process/tag_server.hpp"
#include "service/unit_text.hpp"
#include "state/lock.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("service");

namespace {

/// Where no real systemd is met: neither by its socket, nor by its programs.
Call away(const World& world) {
    return {.variables = {{"XDG_RUNTIME_DIR", world.home()},
                          {"XDG_CONFIG_HOME", world.home() / "xdg"},
                          {"DBUS_SESSION_BUS_ADDRESS", ""},
                          {"PATH", (world.home() / "bin").string() + ":/usr/bin:/bin"}}};
}

fs::path units(const World& world) { return world.home() / "xdg" / "systemd" / "user"; }
fs::path service_file(const World& world) { return units(world) / "restream.service"; }
fs::path timer_file(const World& world) { return units(world) / "restream.timer"; }
fs::path link(const World& world) {
    return units(world) / "timers.target.wants" / "restream.timer";
}

json service_status(const World& world, int expected) {
    const Outcome outcome = world.run({"service", "status", "--json"}, away(world));
    CHECK_MESSAGE(outcome.status == expected, outcome.describe());
    const json document = json::parse(outcome.output, nullptr, false);
    REQUIRE_MESSAGE(!document.is_discarded(), outcome.describe());
    return document["service"];
}

/// A program of that name in the PATH of away().
void put_program(const World& world, const std::string& name, const std::string& script) {
    const fs::path path = world.home() / "bin" / name;
    write_file(path, "#!/bin/sh\n" + script);
    fs::permissions(path, fs::perms::owner_all);
}

/// A systemctl that notes how it was called, and whose manager reads that folder.
void put_systemctl(const World& world, const fs::path& folder) {
    put_program(world, "systemctl",
                fmt::format("echo \"$*\" >>'{}/calls'\n"
                            "case $* in *UnitPath*) echo 'UnitPath=/etc/x {} /usr/y' ;; esac\n",
                            world.home().string(), folder.string()));
}

std::string calls(const World& world) { return content_of(world.home() / "calls"); }

/// The words of a line as systemd reads them: quotes, backslashes and %% undone. Source:
/// systemd.syntax(7).
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    char quote = 0;
    bool is_begun = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (quote == 0 && c == ' ') {
            if (is_begun) words.push_back(std::exchange(word, {}));
            is_begun = false;
            continue;
        }
        is_begun = true;
        if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            const bool is_escaped = c == '\\' || (c == '%' && line.substr(at, 2) == "%%");
            word += is_escaped ? line[++at] : c;
        }
    }
    if (is_begun) words.push_back(word);
    return words;
}

/// What the unit says, run as systemd would: with the unit's variables, none of restream's that
/// this program has, and no new privileges where it says so.
CommandLine exec_start(const World& world) {
    CommandLine line;
    bool has_no_new_privileges = false;
    std::istringstream unit(content_of(service_file(world)));
    for (std::string text; std::getline(unit, text);) {
        if (text.starts_with("ExecStart=:")) {
            line.arguments = words_of(text.substr(11));
            line.program = line.arguments.front();
            line.arguments.erase(line.arguments.begin());
        }
        if (text.starts_with("Environment=")) {
            const std::string word = words_of(text.substr(12)).front();
            const auto equals = word.find('=');
            line.variables.emplace_back(word.substr(0, equals), word.substr(equals + 1));
        }
        has_no_new_privileges = has_no_new_privileges || text == "NoNewPrivileges=yes";
    }
    REQUIRE(line.program.is_absolute());
    if (has_no_new_privileges) {
        line.arguments.insert(line.arguments.begin(), {"--no-new-privs", line.program.string()});
        line.program = "/usr/bin/setpriv";
    }
    line.without_variables = {"HOME", "RESTREAM_CONFIG_DIR", "RESTREAM_STATE_DIR"};
    for (const auto& each : world.command({}).variables) {
        if (each.first.ends_with("SAN_OPTIONS")) line.variables.push_back(each);
    }
    return line;
}

Outcome run_service(const World& world) {
    const Outcome outcome = run_command_line(exec_start(world));
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    return outcome;
}

/// systemd's own judgement. What it ignores it only tells.
void check_verified(const fs::path& runtime, const std::vector<std::string>& files) {
    CommandLine line{"/usr/bin/systemd-analyze", {"verify", "--user", "--man=no"}};
    line.arguments.insert(line.arguments.end(), files.begin(), files.end());
    line.variables = {{"XDG_RUNTIME_DIR", runtime}, {"HOME", runtime}};
    const Outcome outcome = run_command_line(line);
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK_MESSAGE(outcome.error.empty(), outcome.describe());
}

void kill_relay(const World& world, const std::string& name) {
    const int guardian = world.guardian(name), worker = world.worker(name);
    kill_now(guardian);
    kill_if_there(worker);
    REQUIRE(wait_gone(guardian, seconds(5)));
    REQUIRE(wait_gone(worker, seconds(5)));
}

}  // namespace

TEST_CASE("service: what is installed systemd takes, and status, install again and remove agree") {
    const World world;
    CHECK(service_status(world, 1)["installed"] == false);
    const Outcome first = world.must({"service", "install"}, away(world));
    CHECK(has(first.output, "systemctl --user daemon-reload && systemctl --user start"));
    check_verified(world.home(), {service_file(world), timer_file(world)});
    CHECK(fs::equivalent(link(world), timer_file(world)));
    const json part = service_status(world, 0);
    for (const char* what : {"installed", "current", "enabled"}) CHECK(part[what] == true);
    CHECK(part["running"].is_null());
    CHECK(part["last_healing"].is_null());
    const std::string text = content_of(service_file(world));
    world.must({"service", "install"}, away(world));
    CHECK(content_of(service_file(world)) == text);
    CHECK(has(world.must({"service", "remove"}, away(world)).output, "removed"));
    CHECK(fs::is_empty(units(world)));
    CHECK(has(world.must({"service", "remove"}, away(world)).output, "was not installed"));
    CHECK(service_status(world, 1)["enabled"] == false);
}

TEST_CASE("service: units with any path systemd takes as they are meant") {
    const World world;
    const std::string names[] = {"a blank",   "100%n %%", "$HOME ${X}", "größer 音楽 🎥",
                                 "quote\"it", "it's",     "back\\slash"};
    for (const auto& name : names) {
        CAPTURE(name);
        const fs::path folder = world.home() / name;
        const fs::path program = folder / "restream-start";
        write_file(program, "#!/bin/sh\n");
        fs::permissions(program, fs::perms::owner_all);
        const std::string unit = render_service(
            read_file(share_directory() / "restream.service.in", 65536),
            {program, {{"RESTREAM_STATE_DIR", folder.string()}, {"PATH", folder.string()}}});
        write_file(folder / "restream.service", unit);
        check_verified(world.home(), {folder / "restream.service"});
        // And as this test reads it, which runs what others install.
        const auto at = unit.find("Environment=") + 12;
        CHECK(words_of(unit.substr(at, unit.find('\n', at) - at)) ==
              std::vector<std::string>{"RESTREAM_STATE_DIR=" + folder.string()});
    }
}

TEST_CASE("service: what is not ours is neither overwritten nor deleted, and nothing is changed") {
    const World world;
    const auto refuses = [&] {
        for (const char* verb : {"install", "remove"}) {
            const Outcome outcome = world.run({"service", verb}, away(world));
            CHECK_MESSAGE(outcome.status == 5, outcome.describe());
            CHECK(has(outcome.error, "move it away first"));
        }
    };
    write_file(timer_file(world), "[Timer]\nOnCalendar=daily\n");
    refuses();
    CHECK(content_of(timer_file(world)) == "[Timer]\nOnCalendar=daily\n");
    CHECK_FALSE(fs::exists(service_file(world)));
    fs::remove(timer_file(world));
    // Masked.
    fs::create_symlink("/dev/null", service_file(world));
    refuses();
    CHECK(fs::read_symlink(service_file(world)) == "/dev/null");
    fs::remove(service_file(world));
    fs::create_directories(link(world));
    refuses();
    CHECK(fs::is_directory(link(world)));
    CHECK_FALSE(fs::exists(service_file(world)));
}

TEST_CASE("service: a manager that reads the folder is told, another one is left alone") {
    const World world;
    put_systemctl(world, units(world));
    CHECK(has(world.must({"service", "install"}, away(world)).output, "started now"));
    CHECK(has(calls(world), "daemon-reload\n"));
    CHECK(has(calls(world), "restart restream.timer\n"));
    CHECK(service_status(world, 0)["running"] == true);
    world.must({"service", "remove"}, away(world));
    CHECK(has(calls(world), "stop restream.timer\n"));
    fs::remove(world.home() / "calls");
    put_systemctl(world, "/home/somebody/else");
    CHECK(has(world.must({"service", "install"}, away(world)).output, "at the next login"));
    CHECK_FALSE(has(calls(world), "daemon-reload"));
    CHECK_FALSE(has(calls(world), "restart"));
}

TEST_CASE("service: a manager that refuses is told, and one that hangs is not waited for long") {
    const World world;
    put_program(world, "systemctl",
                fmt::format("case $* in *UnitPath*) echo 'UnitPath={}' ;;\n"
                            "*) echo 'Failed: no such bus' >&2; exit 1 ;; esac\n",
                            units(world).string()));
    const Outcome refused = world.run({"service", "install"}, away(world));
    CHECK_MESSAGE(refused.status == 5, refused.describe());
    CHECK(has(refused.error, "Failed: no such bus"));
    put_program(world, "systemctl", "exec sleep 600\n");
    const Outcome slow = world.must({"service", "install"}, away(world));
    CHECK(slow.counted < seconds(10));
    CHECK(has(slow.output, "at the next login"));
}

TEST_CASE("service: a key that stands only in this shell is told, by its variable's name") {
    const World world;
    write_file(world.config() / "destinations.d" / "one.toml",
               "url = \"rtmp://127.0.0.1/live\"\nkey = { env = \"ONE_KEY\" }\n");
    Call call = away(world);
    call.variables.emplace_back("ONE_KEY", "hushhush");
    const Outcome outcome = world.must({"service", "install"}, call);
    CHECK(has(outcome.error, "one: its key stands in this shell's ONE_KEY"));
    CHECK_FALSE(has(outcome.describe() + content_of(service_file(world)), "hushhush"));
}

TEST_CASE("service: its ExecStart brings everything back after all was killed") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    for (const char* name : {"one", "stopped", "off"}) scene.add(name);
    scene.publish();
    world.must({"enable", "one", "stopped"});
    world.must({"stop", "stopped"});
    world.must({"service", "install"}, away(world));
    CHECK(run_service(world).output.empty());
    for (const auto& each : FileLock::holders(world.layout().ingest_lock()))
        kill_if_there(each.pid);
    kill_relay(world, "one");
    const Outcome healed = run_service(world);
    CHECK(healed.output == "ingest: started again\none: started again\n");
    scene.publish();
    CHECK(world.wait_state("one", "live"));
    for (const char* name : {"stopped", "off"}) CHECK(world.state(name) == "stopped");
    const json last = service_status(world, 0)["last_healing"];
    CHECK(last["ingest"] == true);
    CHECK(last["relays"] == json::array({"one"}));
    CHECK(last["problem"].is_null());
}

TEST_CASE("service: its ExecStart starts what is wanted after a reboot, also what was down") {
    const World world(IngestServer::embedded);
    const NginxServer platform;
    for (const char* name : {"one", "two", "off"}) world.add(name, platform.url(), name);
    world.must({"enable", "--no-start", "one", "two"});
    world.must({"service", "install"}, away(world));
    // What a reboot leaves: marks and records of another boot, locks that nobody holds.
    write_file(world.layout().relay_down("two"), "the last boot");
    write_file(world.layout().ingest_down(), "the last boot");
    write_file(world.layout().relay_lock("one"), "1 relay one\n");
    write_file(world.layout().relay_record("one"), "{torn");
    write_file(world.layout().ingest_lock(), "1 ingest\n");
    write_file(world.layout().ingest_record(), "{torn");
    const Outcome healed = run_service(world);
    CHECK(healed.output == "ingest: started again\none: started again\ntwo: started again\n");
    Publisher publisher(world.ingest_url(), Footage::short_gop);
    for (const char* name : {"one", "two"}) CHECK(world.wait_state(name, "live"));
    CHECK(world.state("off") == "stopped");
    CHECK(run_service(world).output.empty());
}

TEST_CASE("service: a hook of a relay that it started runs, without new privileges") {
    const World world(IngestServer::embedded);
    const NginxServer platform;
    const fs::path told = world.home() / "told";
    world.configure("[defaults]\non_state = '''grep NoNewPrivs /proc/self/status >> " +
                    told.string() + "'''\n");
    world.add("one", platform.url(), "one");
    world.must({"enable", "--no-start", "one"});
    world.must({"service", "install"}, away(world));
    CHECK(run_service(world).output == "ingest: started again\none: started again\n");
    Publisher publisher(world.ingest_url(), Footage::short_gop);
    CHECK(world.wait_state("one", "live"));
    CHECK(wait_until(
        Patience(seconds(20)), [&] { return has(content_of(told), "NoNewPrivs:\t1\n"); },
        Milliseconds(30)));
}

TEST_CASE("service: its ExecStart heals the relay of an external ingest") {
    World world;
    NginxServer server;
    NginxServer platform;
    write_file(world.config() / "restream.toml",
               "[ingest]\nserver = \"external\"\nurl = \"" + server.url() + "\"\n");
    world.add("one", platform.url(), "one");
    Publisher publisher(server.url(), Footage::short_gop);
    world.must({"enable", "one", "--wait-live"});
    world.must({"service", "install"}, away(world));
    const int guardian = world.guardian("one"), worker = world.worker("one");
    kill_now(guardian);
    REQUIRE(wait_gone(worker, seconds(3)));
    CHECK_MESSAGE(platform.goodbyes() == 1, platform.log());
    CHECK(run_service(world).output == "one: started again\n");
    CHECK(world.wait_state("one", "live"));
    CHECK(world.guardian("one") != guardian);
}

TEST_CASE("service: what cannot be healed is told, and noted") {
    World world(IngestServer::embedded);
    const TagServer other;
    world.choose_port(other.port());
    world.configure("");
    world.add("one", "rtmp://127.0.0.1:1/live", "word");
    world.must({"enable", "--no-start", "one"});
    world.must({"service", "install"}, away(world));
    const Outcome outcome = run_command_line(exec_start(world));
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    CHECK(has(outcome.error, "restream-start: ingest: "));
    CHECK(outcome.output == "one: started again\n");
    CHECK(service_status(world, 0)["last_healing"]["problem"].is_string());
}

TEST_SUITE_END();

}  // namespace restream::test
