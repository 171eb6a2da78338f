// The embedded ingest server under its guardian: started, stopped, reloaded, crashed, replaced.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ingest/record.hpp"
#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/http_client.hpp"
#include "process/patience.hpp"
#include "process/rude_bytes.hpp"
#include "process/scene.hpp"
#include "state/lock.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

/// Until another server than `before` takes publishers.
bool wait_replaced(const World& world, const IngestRecord& before, Milliseconds longest) {
    return wait_until(Patience(longest), [&] {
        const auto now = live_ingest_record(world.layout());
        return now && now->server && now->server != before.server &&
               is_listening(world.ingest_port());
    });
}

}  // namespace

TEST_SUITE_BEGIN("embedded");

TEST_CASE(
    "embedded ingest: start takes publishers with an empty key, stop ends it, twice is well") {
    const World world(IngestServer::embedded);
    CHECK(world.run({"ingest", "status"}).status == 1);
    CHECK(world.must({"ingest", "stop"}).output == "ingest: was not running\n");
    const Outcome started = world.must({"ingest", "start"});
    CHECK(has(started.output, "ingest: started, " + world.ingest_url() + "\n"));
    CHECK(has(started.output, "Server:      " + world.ingest_url() + "\n"));
    CHECK(has(started.output, "Stream Key:  (leave it empty)"));
    CHECK(has(world.must({"ingest", "start"}).output, "was running"));
    CHECK(world.ingest()["state"] == "no_publisher");
    {
        Publisher publisher(world.ingest_url());
        CHECK(world.wait_ingest("live"));
        CHECK(world.status()["ingest"]["state"] == "live");
    }
    CHECK(world.wait_ingest("no_publisher"));
    const Outcome stop = world.must({"ingest", "stop"});
    CHECK(stop.output == "ingest: stopped\n");
    CHECK(stop.counted < std::chrono::seconds(2));
    CHECK_FALSE(is_listening(world.ingest_port()));
    CHECK(world.ingest()["state"] == "down");
    CHECK_FALSE(std::filesystem::exists(world.layout().publications_record()));
}

TEST_CASE("embedded ingest: status says who publishes what, and who plays it") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    scene.add("one");
    scene.publish(Footage::short_gop);
    world.must({"enable", "one"});
    CHECK(wait_until(
        Patience(std::chrono::seconds(15)),
        [&] {
            const json now = world.ingest();
            return now["video"].is_object() && now["audio"].is_object() && now["players"] == 1 &&
                   now["video"]["keyframe_interval_s"].is_number();
        },
        Milliseconds(50)));
    const json now = world.ingest();
    CHECK(now["server"] == "embedded");
    CHECK(now["running"] == "embedded");
    CHECK(now["publisher"]["address"] == "127.0.0.1");
    CHECK(has(now["publisher"]["software"], "FMLE"));
    CHECK(now["video"]["codec"] == "h264");
    CHECK(now["video"]["width"] == 320);
    CHECK(now["video"]["height"] == 180);
    CHECK(now["audio"]["codec"] == "aac");
    CHECK(now["trouble"].is_null());
    CHECK(world.status()["ingest"]["video"]["width"] == 320);
    const std::string text = world.must({"ingest", "status"}).output;
    CHECK_MESSAGE(has(text, "somebody publishes"), text);
    CHECK_MESSAGE(has(text, "  from 127.0.0.1 for "), text);
    CHECK_MESSAGE(has(text, "320x180"), text);
    CHECK_MESSAGE(has(text, "  1 player\n"), text);
}

TEST_CASE("embedded ingest: who is cut off leaves a trace in status, doctor and the log") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    const std::string handshake = "\x03" + std::string(1536 + 1536, '\0');
    struct Case {
        std::string says;
        const char* code;
        const char* words;
    };
    for (const Case& each :
         std::vector<Case>{{std::string("\x16\x03\x01\x02\x00\x01", 6), "tls", "spoke TLS"},
                           {"GET / HTTP/1.1\r\n\r\n", "http", "spoke HTTP"},
                           {handshake + message(20, nested(100)), "bad_rtmp", "not valid RTMP"}}) {
        CAPTURE(each.code);
        HttpLine line(world.ingest_port());
        line.send(each.says);
        CHECK(line.wait_closed(std::chrono::seconds(10)));
        const auto is_it = [&each](const json& one) {
            return one["code"] == each.code && one["address"] == "127.0.0.1" &&
                   one["when"].is_string() && has(one["problem"], each.words);
        };
        CHECK(wait_until(
            Deadline::after(std::chrono::seconds(10)),
            [&] {
                const json all = world.ingest()["cut_offs"];
                return std::ranges::any_of(all, is_it);
            },
            Milliseconds(100)));
        CHECK(has(world.must({"ingest", "status"}).output, each.words));
        CHECK(has(world.run({"doctor"}).output, each.words));
        CHECK(has(world.must({"logs", "--ingest"}).output, each.words));
    }
    // The last one may be the encoder that the user waits for.
    CHECK(world.status()["ingest"]["trouble"]["code"] == "publisher_cut_off");
    {
        Publisher publisher(world.ingest_url());
        CHECK(world.wait_ingest("live"));
    }
    CHECK(has(world.must({"logs", "--ingest"}).output, " publishes live"));
    CHECK(world.run({"logs"}).status == 2);
    CHECK(world.run({"logs", "--ingest", "one"}).status == 2);
}

TEST_CASE("ingest: OBS's localhost reaches the default ingest over IPv4 and IPv6") {
    for (const IngestServer server : {IngestServer::embedded, IngestServer::nginx}) {
        CAPTURE(int(server));
        const World world(server);
        world.must({"ingest", "start"});
        for (const char* host : {"127.0.0.1", "[::1]"}) {
            CAPTURE(host);
            Publisher publisher(fmt::format("rtmp://{}:{}/live", host, world.ingest_port()));
            CHECK(world.wait_ingest("live"));
            publisher.kill();
            CHECK(world.wait_ingest("no_publisher"));
        }
        // nginx takes it again where it holds the port already.
        world.must({"ingest", "reload"});
        Publisher publisher(fmt::format("rtmp://[::1]:{}/live", world.ingest_port()));
        CHECK(world.wait_ingest("live"));
    }
}

TEST_CASE("ingest: [::] is every address of both families") {
    for (const IngestServer server : {IngestServer::embedded, IngestServer::nginx}) {
        CAPTURE(int(server));
        const World world(server);
        write_file(
            world.config() / "restream.toml",
            fmt::format("[ingest]\nserver = \"{}\"\nlisten = \"[::]:{}\"\n"
                        "allow_publish = [\"192.0.2.1\"]\n",
                        server == IngestServer::nginx ? "nginx" : "embedded", world.ingest_port()));
        world.must({"ingest", "start"});
        CHECK(has(world.must({"ingest", "status"}).output, world.ingest_url()));
        for (const char* host : {"127.0.0.1", "[::1]"}) {
            CAPTURE(host);
            Publisher publisher(fmt::format("rtmp://{}:{}/live", host, world.ingest_port()));
            CHECK(world.wait_ingest("live"));
            publisher.kill();
            CHECK(world.wait_ingest("no_publisher"));
        }
    }
}

TEST_CASE("embedded ingest: two starts at once start one server") {
    const World world(IngestServer::embedded);
    CommandRun one = world.start({"ingest", "start"});
    CommandRun two = world.start({"ingest", "start"});
    const Outcome first = one.wait(), second = two.wait();
    CHECK_MESSAGE(first.status == 0, first.describe());
    CHECK_MESSAGE(second.status == 0, second.describe());
    CHECK(World::count_processes("restream-ingest-server") == 1);
}

TEST_CASE("embedded ingest: a port that is taken is told with its holder") {
    World world(IngestServer::embedded);
    NginxServer other;
    const int own = world.ingest_port();
    world.choose_port(other.port());
    world.configure("");
    const Outcome outcome = world.run({"ingest", "start"});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, fmt::format("port {} is taken by nginx (PID", other.port())),
                  outcome.describe());
    CHECK_FALSE(FileLock::is_held(world.layout().ingest_lock()));
    world.choose_port(own);
    world.configure("");
    world.must({"ingest", "start"});
}

TEST_CASE("embedded ingest: an address that this machine does not have is told") {
    const World world(IngestServer::embedded);
    write_file(world.config() / "restream.toml",
               "[ingest]\nlisten = \"192.0.2.1:1935\"\nallow_publish = [\"192.0.2.0/24\"]\n");
    const Outcome outcome = world.run({"ingest", "start"});
    CHECK(outcome.status == 5);
    CHECK_MESSAGE(has(outcome.error, "does not have that address"), outcome.describe());
}

TEST_CASE("embedded ingest: enable starts it where it is down") {
    const World world(IngestServer::embedded);
    NginxServer platform;
    world.add("one", platform.url(), "k1");
    const Outcome outcome = world.must({"enable", "one"});
    CHECK_MESSAGE(has(outcome.error, "ingest: started"), outcome.describe());
    CHECK(world.state("one") == "waiting");
    Publisher publisher(world.ingest_url());
    CHECK(world.wait_state("one", "live"));
}

TEST_CASE("embedded ingest: a server that is killed is back within a second, and relays stay") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    scene.add("one");
    scene.publish();
    world.must({"enable", "one", "--wait-live"});
    const IngestRecord before = world.ingest_record();
    const int worker = world.worker("one");
    kill_now(before.server->pid);
    CHECK(wait_replaced(world, before, std::chrono::seconds(1)));
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return !scene.publisher->runs(); }));
    scene.publish();
    CHECK(world.wait_state("one", "live"));
    const IngestRecord after = world.ingest_record();
    CHECK(after.guardian == before.guardian);
    CHECK(after.restarts == 1);
    CHECK(world.worker("one") == worker);
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return world.ingest_record().problem.empty(); }));
    check_whole(scene.finish("one"));
}

TEST_CASE(
    "embedded ingest: a server that cannot be started again says why, and comes when mended") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    write_file(world.config() / "restream.toml", "[ingest]\nserver = \"embeded\"\n");
    kill_now(before.server->pid);
    CHECK(wait_until(Patience(std::chrono::seconds(8)), [&] {
        const auto now = live_ingest_record(world.layout());
        return now && has(now->problem, "restream.toml:2:10");
    }));
    world.configure("");
    world.must({"ingest", "reload"});
    CHECK(world.ingest()["state"] == "no_publisher");
    CHECK(world.ingest_record().problem.empty());
}

TEST_CASE("embedded ingest: the server ends with its guardian") {
    const World world(IngestServer::embedded);
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

TEST_CASE("embedded ingest: one that hangs and lost its guardian is ended by start and by stop") {
    const World world(IngestServer::embedded);
    for (const char* verb : {"start", "stop"}) {
        CAPTURE(verb);
        world.must({"ingest", "start"});
        const IngestRecord before = world.ingest_record();
        freeze(before.server->pid);
        kill_now(before.guardian.pid);
        CHECK_FALSE(is_gone(before.server->pid));
        world.must({"ingest", verb});
        CHECK(wait_gone(before.server->pid, Milliseconds(100)));
    }
    CHECK(world.ingest()["state"] == "down");
}

TEST_CASE("embedded ingest: reload starts a new server; publisher and relays come back to it") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    scene.add("one");
    scene.publish();
    world.must({"enable", "one", "--wait-live"});
    const IngestRecord before = world.ingest_record();
    const int worker = world.worker("one");
    const Outcome reload = world.must({"ingest", "reload"});
    CHECK_MESSAGE(has(reload.error, "1 destination is live (one)"), reload.describe());
    CHECK(wait_until(Patience(std::chrono::seconds(3)),
                     [&] { return !scene.publisher->runs(); }));
    const IngestRecord after = world.ingest_record();
    CHECK(after.server != before.server);
    CHECK(after.guardian == before.guardian);
    CHECK(after.reloads == 1);
    CHECK(after.restarts == 0);
    scene.publish();
    CHECK(world.wait_state("one", "live"));
    CHECK(world.worker("one") == worker);
    check_whole(scene.finish("one"));
}

TEST_CASE("embedded ingest: reload with what cannot be leaves the publisher alone and says why") {
    World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
    const IngestRecord before = world.ingest_record();
    const NginxServer other;
    const int own = world.ingest_port();
    world.choose_port(other.port());
    world.configure("");
    const Outcome taken = world.run({"ingest", "reload"});
    CHECK(taken.status == 5);
    CHECK_MESSAGE(has(taken.error, "goes on as it was"), taken.describe());
    CHECK_MESSAGE(has(taken.error, "is taken by nginx"), taken.describe());
    world.choose_port(own);
    world.configure("", "publish_key = { file = \"not-there.key\" }");
    const Outcome keyless = world.run({"ingest", "reload"});
    CHECK(keyless.status == 5);
    CHECK_MESSAGE(has(keyless.error, "not-there.key can't be read"), keyless.describe());
    write_file(world.config() / "restream.toml", "[ingest\n");
    CHECK(world.run({"ingest", "reload"}).status == 3);
    world.configure("");
    CHECK(world.ingest_record().server == before.server);
    CHECK(publisher.runs());
    CHECK(world.ingest()["state"] == "live");
}

TEST_CASE("embedded ingest: reload moves it to another port") {
    World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    const int before = world.ingest_port();
    world.choose_port(free_port());
    world.configure("");
    world.must({"ingest", "reload"});
    CHECK(is_listening(world.ingest_port()));
    CHECK_FALSE(is_listening(before));
    Publisher publisher(world.ingest_url());
    CHECK(world.wait_ingest("live"));
}

TEST_CASE("embedded ingest: restart brings wanted relays back, and says how many were live") {
    Scene scene(IngestServer::embedded);
    const World& world = scene.world;
    scene.add("one");
    scene.add("two");
    scene.publish();
    world.must({"enable", "one", "two", "--wait-live"});
    world.must({"stop", "two"});
    const IngestRecord before = world.ingest_record();
    const Outcome outcome = world.must({"ingest", "restart"});
    CHECK_MESSAGE(has(outcome.error, "1 destination is live (one)"), outcome.describe());
    CHECK(world.ingest_record().guardian != before.guardian);
    CHECK(world.state("two") == "stopped");
    scene.publish();
    CHECK(world.wait_state("one", "live"));
}

TEST_CASE("embedded ingest: its guardian starts a wanted relay again that died with its guardian") {
    const World world(IngestServer::embedded);
    const NginxServer platform;
    world.add("one", platform.url(), "k1");
    world.must({"enable", "one"});
    const int guardian = world.guardian("one");
    kill_now(guardian);
    kill_if_there(world.worker("one"));
    CHECK(world.wait_status("one", [&](const json& now) {
        return now["state"] == "waiting" && now["pid"] != guardian;
    }));
}

TEST_CASE("embedded ingest: run/ deleted under a live server disturbs no publisher") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    const IngestRecord before = world.ingest_record();
    Publisher publisher(world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
    // Moved away first: the server writes its record every second, also into a folder that is being
    // emptied.
    const auto gone = world.home() / "run-of-before";
    std::filesystem::rename(world.layout().run_directory(), gone);
    std::filesystem::remove_all(gone);
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return live_ingest_record(world.layout()).has_value(); }));
    CHECK(has(world.must({"ingest", "start"}).output, "was running"));
    CHECK(world.wait_ingest("live", std::chrono::seconds(5)));
    CHECK(publisher.runs());
    world.must({"ingest", "stop"});
    CHECK(is_gone(before.server->pid));
}

TEST_SUITE_END();

}  // namespace restream::test
