// The ingest server under management: real nginx, a real publisher.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ingest/nginx_stat.hpp"
#include "ingest/record.hpp"
#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/world.hpp"
#include "state/lock.hpp"
#include "system/tcp.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

int worker_of(const World& world) {
    const auto workers = children_of(world.ingest_record().server->pid);
    REQUIRE(workers.size() == 1);
    return workers[0].pid;
}

}  // namespace

TEST_SUITE_BEGIN("ingest");

TEST_CASE("ingest: start takes publishers with an empty key, stop ends it, both are idempotent") {
    const World world;
    CHECK(world.run({"ingest", "status"}).status == 1);
    CHECK(world.must({"ingest", "stop"}).output == "ingest: was not running\n");
    const Outcome started = world.must({"ingest", "start"});
    CHECK(has(started.output, "Server:      " + world.ingest_url() + "\n"));
    CHECK(has(started.output, "Stream Key:  (leave it empty)"));
    CHECK(has(world.must({"ingest", "start"}).output, "was running"));
    CHECK(world.ingest()["state"] == "no_publisher");
    {
        Publisher publisher(world.ingest_url());
        CHECK(world.wait_ingest("live"));
        CHECK(world.status()["ingest"]["state"] == "live");
        CHECK(wait_until(
            Patience(std::chrono::seconds(5)),
            [&] {
                const json now = world.ingest();
                return now["video"].is_object() && now["audio"].is_object();
            },
            Milliseconds(50)));
        const json now = world.ingest();
        CHECK(now["video"]["codec"] == "h264");
        CHECK(now["video"]["width"] == 320);
        CHECK(now["audio"]["codec"] == "aac");
        CHECK(now["players"] == 0);
    }
    CHECK(world.wait_ingest("no_publisher"));
    CHECK(world.must({"ingest", "stop"}).output == "ingest: stopped\n");
    CHECK_FALSE(is_listening(world.ingest_port()));
    CHECK(world.ingest()["state"] == "down");
}

TEST_CASE("ingest: nginx has no file open outside of the state folder, and logs no stream key") {
    const World world;
    world.must({"ingest", "start"});
    const int master = world.ingest_record().server->pid;
    for (const int pid : {master, worker_of(world)}) {
        for (const auto& entry :
             std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid))) {
            const std::string target = std::filesystem::read_symlink(entry.path());
            const bool is_file = target.starts_with('/') && !target.starts_with("/dev/");
            CHECK_MESSAGE((!is_file || target.starts_with(world.home().string())), target);
        }
    }
    Publisher first(world.ingest_url() + "/hushhush");
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] {
        const auto stat =
            ask_nginx(world.layout().nginx_directory(), Deadline::after(nginx_patience));
        return stat && !stat->publications.empty() && stat->publications[0].has_publisher;
    }));
    Publisher second(world.ingest_url() + "/hushhush");
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] { return !second.runs(); }));
    first.stop();
    world.must({"ingest", "stop"});
    CHECK_FALSE(has(world.logs(), "hushhush"));
}

TEST_CASE("ingest: two starts at once start one server") {
    const World world;
    CommandRun one = world.start({"ingest", "start"});
    CommandRun two = world.start({"ingest", "start"});
    const Outcome first = one.wait(), second = two.wait();
    CHECK_MESSAGE(first.status == 0, first.describe());
    CHECK_MESSAGE(second.status == 0, second.describe());
    CHECK(World::count_processes("serve") == 1);
}

TEST_CASE("ingest: a port that is taken is told with its holder") {
    const World world;
    NginxServer other;
    write_file(world.config() / "restream.toml",
               fmt::format("[ingest]\nserver = \"nginx\"\nlisten = \"127.0.0.1:{0}\"\n"
                           "url = \"rtmp://127.0.0.1:{0}/live\"\n",
                           other.port()));
    const Outcome outcome = world.run({"ingest", "start"});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, fmt::format("port {} is taken by nginx (PID", other.port())),
                  outcome.describe());
    CHECK(has(outcome.error, "server = \"external\""));
    CHECK_FALSE(FileLock::is_held(world.layout().ingest_lock()));
    world.configure("");
    world.must({"ingest", "start"});
}

TEST_CASE("ingest: an address that this machine does not have is told") {
    const World world;
    write_file(world.config() / "restream.toml",
               "[ingest]\nserver = \"nginx\"\nlisten = \"192.0.2.1:1935\"\n"
               "url = \"rtmp://192.0.2.1:1935/live\"\nallow_publish = [\"192.0.2.0/24\"]\n");
    const Outcome outcome = world.run({"ingest", "start"});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, "does not have that address"), outcome.describe());
}

TEST_CASE("ingest: without nginx or its module, the package that is missing is named") {
    const World world;
    const Outcome no_module =
        world.run({"ingest", "start"},
                  {.variables = {{"RESTREAM_NGINX_MODULE", "/nowhere/ngx_rtmp_module.so"}}});
    CHECK(no_module.status == 5);
    CHECK_MESSAGE(has(no_module.error, "libnginx-mod-rtmp"), no_module.describe());
    const Outcome no_nginx =
        world.run({"ingest", "start"}, {.variables = {{"RESTREAM_NGINX", "/nowhere/nginx"}}});
    CHECK(no_nginx.status == 5);
    CHECK_MESSAGE(has(no_nginx.error, "nginx-light"), no_nginx.describe());
}

TEST_CASE("ingest: nginx that is no nginx is told in its own words") {
    const World world;
    const Outcome outcome =
        world.run({"ingest", "start"}, {.variables = {{"RESTREAM_NGINX_MODULE", "/etc/passwd"}}});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, "nginx refuses its configuration"), outcome.describe());
    CHECK_MESSAGE(has(outcome.error, "dlopen()"), outcome.describe());
}

TEST_CASE("ingest: a state folder with blanks, quotes and a long path, and such a module's path") {
    const World world;
    const std::string odd = world.home() / ("a b\"c'd;{}$x " + std::string(120, 'l'));
    std::filesystem::create_directories(odd);
    const auto module = std::filesystem::path(odd) / "mod \"u\\le;.so";
    std::filesystem::create_symlink("/usr/lib/nginx/modules/ngx_rtmp_module.so", module);
    const Call call{.variables = {{"RESTREAM_STATE_DIR", odd}, {"RESTREAM_NGINX_MODULE", module}}};
    CommandLine start = world.command({"ingest", "start"}, call);
    CommandLine status = world.command({"ingest", "status"}, call);
    CommandLine stop = world.command({"ingest", "stop"}, call);
    for (auto* line : {&start, &status, &stop}) {
        std::erase_if(line->variables, [&](const auto& each) {
            return each.first == "RESTREAM_STATE_DIR" && each.second != odd;
        });
    }
    const Outcome started = run_command_line(start);
    CHECK_MESSAGE(started.status == 0, started.describe());
    const Outcome asked = run_command_line(status);
    CHECK_MESSAGE(has(asked.output, "up, nobody publishes"), asked.describe());
    CHECK(run_command_line(stop).status == 0);
}

TEST_CASE(
    "ingest: nginx's master that is killed is replaced, and its worker does not keep the port") {
    const World world;
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    const int worker = worker_of(world);
    kill_now(before.server->pid);
    CHECK(wait_until(Patience(std::chrono::seconds(8)), [&] {
        const auto now = live_ingest_record(world.layout());
        return now && now->server && now->server != before.server && now->restarts == 1;
    }));
    CHECK(wait_gone(worker, std::chrono::seconds(3)));
    CHECK(world.wait_ingest("no_publisher"));
    CHECK(world.ingest_record().guardian == before.guardian);
    Publisher publisher(world.ingest_url());
    CHECK(world.wait_ingest("live"));
}

TEST_CASE("ingest: nginx's worker that is killed is replaced by nginx itself") {
    const World world;
    world.must({"ingest", "start"});
    const int worker = worker_of(world);
    kill_now(worker);
    CHECK(wait_until(Patience(std::chrono::seconds(5)), [&] {
        const auto workers = children_of(world.ingest_record().server->pid);
        return workers.size() == 1 && workers[0].pid != worker;
    }));
    CHECK(world.wait_ingest("no_publisher"));
    CHECK(world.ingest_record().restarts == 0);
}

TEST_CASE("ingest: nginx ends with its guardian") {
    const World world;
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    kill_now(before.guardian.pid);
    CHECK(wait_gone(before.server->pid, std::chrono::seconds(3)));
    CHECK(wait_until(Patience(std::chrono::seconds(3)),
                     [&] { return !FileLock::is_held(world.layout().ingest_lock()); }));
    CHECK(world.ingest()["state"] == "down");
    world.must({"ingest", "start"});
    CHECK(world.ingest()["state"] == "no_publisher");
}

TEST_CASE(
    "ingest: a worker that outlived guardian and master is ended by the next start, and by stop") {
    const World world;
    for (const char* verb : {"start", "stop"}) {
        CAPTURE(verb);
        world.must({"ingest", "start"});
        const IngestRecord before = world.ingest_record();
        const int worker = worker_of(world);
        // Stopped first, so that it does not end the worker when the master dies.
        ::kill(before.guardian.pid, SIGSTOP);
        kill_now(before.server->pid);
        kill_now(before.guardian.pid);
        CHECK_FALSE(is_gone(worker));
        world.must({"ingest", verb});
        CHECK(wait_gone(worker, Milliseconds(100)));
    }
    CHECK(world.ingest()["state"] == "down");
}

TEST_CASE("ingest: reload drops the publisher, which can come back at once") {
    const World world;
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    Publisher publisher(world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
    world.must({"ingest", "reload"});
    CHECK(wait_until(Patience(std::chrono::seconds(3)), [&] { return !publisher.runs(); }));
    const IngestRecord after = world.ingest_record();
    CHECK(after.server == before.server);
    CHECK(after.reloads == 1);
    CHECK(children_of(after.server->pid).size() == 1);
    publisher.start();
    CHECK(world.wait_ingest("live"));
}

TEST_CASE(
    "ingest: reload with a configuration that cannot be leaves the publisher alone and says why") {
    const World world;
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
    const int worker = worker_of(world);
    NginxServer other;
    write_file(world.config() / "restream.toml",
               fmt::format("[ingest]\nserver = \"nginx\"\nlisten = \"127.0.0.1:{0}\"\n"
                           "url = \"rtmp://127.0.0.1:{0}/live\"\n",
                           other.port()));
    const Outcome outcome = world.run({"ingest", "reload"});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, "goes on as it was"), outcome.describe());
    CHECK_MESSAGE(has(outcome.error, "is taken by nginx"), outcome.describe());
    write_file(world.config() / "restream.toml", "[ingest\n");
    CHECK(world.run({"ingest", "reload"}).status == 3);
    world.configure("");
    CHECK(worker_of(world) == worker);
    CHECK(publisher.runs());
    CHECK(world.ingest()["state"] == "live");
}

TEST_CASE("ingest: reload moves it to another port") {
    const World world;
    world.must({"ingest", "start"});
    const int port = free_port();
    write_file(world.config() / "restream.toml",
               fmt::format("[ingest]\nserver = \"nginx\"\nlisten = \"127.0.0.1:{0}\"\n"
                           "url = \"rtmp://127.0.0.1:{0}/live\"\n",
                           port));
    world.must({"ingest", "reload"});
    CHECK(is_listening(port));
    CHECK_FALSE(is_listening(world.ingest_port()));
    Publisher publisher(fmt::format("rtmp://127.0.0.1:{}/live", port));
    CHECK(world.wait_ingest("live"));
}

TEST_CASE("ingest: an external server is not touched, and that is said") {
    const World world;
    NginxServer other;
    write_file(world.config() / "restream.toml",
               fmt::format("[ingest]\nserver = \"external\"\nurl = \"{}\"\n", other.url()));
    for (const char* verb : {"start", "stop", "reload", "restart"}) {
        CAPTURE(verb);
        const Outcome outcome = world.run({"ingest", verb});
        CHECK(outcome.status == 5);
        CHECK_MESSAGE(has(outcome.error, "does not manage it"), outcome.describe());
    }
    CHECK(world.run({"ingest", "status"}).status == 0);
    other.stop();
    const Outcome down = world.run({"ingest", "status"});
    CHECK(down.status == 1);
    CHECK(has(down.output, "down"));
}

TEST_CASE("ingest: the state folder's run/ deleted under a live server disturbs no publisher") {
    const World world;
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    Publisher publisher(world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
    std::filesystem::remove_all(world.layout().run_directory());
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return live_ingest_record(world.layout()).has_value(); }));
    CHECK(has(world.must({"ingest", "start"}).output, "was running"));
    CHECK(world.ingest()["state"] == "unknown");
    CHECK(publisher.runs());
    world.must({"ingest", "stop"});
    CHECK(is_gone(before.server->pid));
    world.must({"ingest", "start"});
    CHECK(world.ingest()["state"] == "no_publisher");
}

TEST_CASE("ingest: restart brings wanted relays back, and says how many were live") {
    const World world;
    NginxServer platform;
    world.add("one", platform.url(), "k1");
    world.add("two", platform.url(), "k2");
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url());
    world.must({"enable", "one", "two"});
    REQUIRE(world.wait_state("one", "live"));
    REQUIRE(world.wait_state("two", "live"));
    world.must({"stop", "two"});
    const int before = world.guardian("one");
    const Outcome outcome = world.must({"ingest", "restart"});
    CHECK_MESSAGE(has(outcome.error, "1 destination is live (one)"), outcome.describe());
    CHECK(is_gone(before));
    CHECK(world.state("one") == "waiting");
    CHECK(world.state("two") == "stopped");
    CHECK(platform.ended("k1") == 1);
    publisher.start();
    CHECK(world.wait_state("one", "live"));
}

TEST_CASE("ingest: its guardian starts a wanted relay again that was killed with its guardian") {
    const World world;
    NginxServer platform;
    world.add("one", platform.url(), "k1");
    world.add("two", platform.url(), "k2");
    world.must({"enable", "one", "two"});
    world.must({"stop", "two"});
    const int guardian = world.guardian("one");
    const int worker = world.worker("one");
    kill_now(guardian);
    kill_if_there(worker);  // unless it has left by itself
    CHECK(world.wait_status("one", [&](const json& now) {
        return now["state"] == "waiting" && now["pid"] != guardian;
    }));
    CHECK(world.state("two") == "stopped");
}

TEST_SUITE_END();

}  // namespace restream::test
