// The dashboard's server: what it does when it is asked, and that no relay notices it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "process/dashboard_scene.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "state/command_lock.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

TEST_CASE("dashboard: adds, enables, disables, changes and removes a destination") {
    World world(IngestServer::embedded);
    const TagServer platform;
    const Dashboard dashboard(world);
    CHECK(dashboard.change("POST", "/api/v1/ingest/start").json()["ingest"]["state"] ==
          "no_publisher");
    TagPublisher publisher(world.ingest_url());
    REQUIRE(publisher.wait_accepted());
    publisher.begin_counting();
    const std::string path = "/api/v1/destinations/twitch";
    CHECK(dashboard.change("PUT", path, {{"url", platform.url()}, {"key", "CANARYKEY"}}).status ==
          201);
    const auto enabled = dashboard.change("POST", path + "/enable");
    CHECK(enabled.status == 200);
    CHECK(enabled.json()["destinations"][0]["outcome"] == "live");
    CHECK(dashboard.state("twitch") == "live");
    CHECK(platform.sessions().back().name == "CANARYKEY");
    CHECK(dashboard.change("POST", path + "/disable").json()["exit_status"] == 0);
    CHECK(dashboard.state("twitch") == "stopped");
    for (int i = 0; i < 10; ++i) {
        CHECK(dashboard.change("POST", path + "/enable").json()["destinations"][0]["outcome"] ==
              "live");
        CHECK(dashboard.state("twitch") == "live");
        CHECK(dashboard.change("POST", path + "/disable").status == 200);
        CHECK(dashboard.state("twitch") == "stopped");
    }
    CHECK(dashboard.change("PUT", path, {{"hold_s", 7}, {"on_ingest_loss", "close"}}).status ==
          200);
    const json configured = dashboard.get("/api/v1/destinations").json()["destinations"][0];
    CHECK(configured["hold_s"] == 7);
    CHECK(configured["on_ingest_loss"] == "close");
    CHECK(configured["key"] == "file");
    CHECK(dashboard.change("PUT", path + "/key", {{"key", "OTHERKEY"}}).status == 200);
    CHECK(dashboard.change("POST", path + "/enable").status == 200);
    CHECK(platform.sessions().back().name == "OTHERKEY");
    CHECK(dashboard.change("DELETE", path).json()["name"] == "twitch");
    CHECK(dashboard.get("/api/v1/destinations").json()["destinations"].empty());
    CHECK(dashboard.change("POST", path + "/enable").brief() == "404 not_found");
}

namespace {

struct Wrong {
    const char* method;
    const char* path;
    const char* body;
    const char* told;
};
constexpr Wrong wrong_requests[] = {
    {"PUT", "/api/v1/destinations/two", "", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", "[]", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", "{", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", "{}", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", R"({"url": 7})", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", R"({"url": "http://127.0.0.1/"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/two", R"({"service": "nobody"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"url": "rtmp://127.0.0.1/***"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"hold_s": -1})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"hold_s": 1e300})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"on_ingest_loss": "explode"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"on_state": "rm -rf /"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one/key", R"({"key": ""})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one/key", R"({"key": "a b"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one/key", R"({})", "400 invalid"},
    {"POST", "/api/v1/destinations/none/enable", "", "404 not_found"},
    {"POST", "/api/v1/ingest/explode", "", "404 not_found"},
    {"GET", "/api/v1/ingest/restart", "", "405 method"},
    {"GET", "/api/v1/destinations/one/log?lines=many", "", "400 bad_request"},
    {"GET", "/api/v1/destinations/one/log?lines=2001", "", "400 bad_request"},
    {"GET", "/api/v1/thumbnail", "", "404 not_found"},
    {"GET", "/etc/passwd", "", "404 not_found"},
    {"GET", "/assets/../../etc/passwd", "", "404 not_found"},
    {"PUT", "/api/v1/destinations/one", R"({"hold_s": 1, "hold_s": 2})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"hold_s": 9, "key": "a b"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"url": null})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"url": "rtmp://h/x\u0000"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one", R"({"backup": "explode"})", "400 invalid"},
    {"PUT", "/api/v1/destinations/one+backup", R"({"hold_s": 9})", "404 not_found"},
    {"PUT", "/api/v1/destinations/..", R"({"hold_s": 9})", "404 not_found"},
    {"POST", "/api/v1/destinations/-x/disable", "", "404 not_found"},
    {"GET", "/api/v1/destinations/none/log", "", "404 not_found"},
    {"GET", "/api/v1/destinations/one/log?lines=-1", "", "400 bad_request"},
    {"TRACE", "/", "", "405 method"},
    {"OPTIONS", "/api/v1/status", "", "405 method"},
    {"CONNECT", "127.0.0.1:22", "", "404 not_found"},
};

}  // namespace

TEST_CASE("dashboard: what is wrong in a request is told, and changes nothing") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1/live", "k");
    const std::string before = content_of(world.config() / "destinations.d/one.toml");
    const Dashboard dashboard(world);
    for (const Wrong& row : wrong_requests) {
        const std::string shown = fmt::format("{} {} {}", row.method, row.path, row.body);
        CAPTURE(shown);
        const auto answer = http(dashboard.port(), row.method, row.path,
                                 {{"X-Restream-Token", dashboard.token()}}, row.body);
        CHECK(answer.brief() == row.told);
        CHECK_FALSE(answer.json()["error"]["message"].get<std::string>().empty());
        CHECK_FALSE(answer.json()["error"]["remedy"].get<std::string>().empty());
    }
    CHECK(content_of(world.config() / "destinations.d/one.toml") == before);
    CHECK(!std::filesystem::exists(world.config() / "destinations.d/two.toml"));
}

TEST_CASE("dashboard: the page holds the status of when it was sent") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1/live", "CANARYKEY");
    const Dashboard dashboard(world);
    const auto held = [&] {
        const std::string page = dashboard.get("/").body;
        const std::string begin = "<script type=\"application/json\" id=\"first-status\">";
        const auto at = page.find(begin) + begin.size();
        return json::parse(page.substr(at, page.find("</script>", at) - at), nullptr, false);
    };
    CHECK(held() == dashboard.get("/api/v1/status").json());
    CHECK(held()["destinations"][0]["name"] == "one");
    CHECK(dashboard.get("/").body.find("CANARYKEY") == std::string::npos);
    world.configure("nonsense = 1\n");
    CHECK(has(held()["config_error"]["words"].get<std::string>(), "nonsense"));
    CHECK(held()["destinations"][0]["name"] == "one");
    CHECK(dashboard.get("/").status == 200);
}

TEST_CASE("dashboard: HEAD is answered as GET, without the body") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const auto page = dashboard.get("/");
    HttpLine line(dashboard.port());
    const std::string host = dashboard.host_line();
    line.send("HEAD / HTTP/1.1\r\n" + host + "\r\nGET /healthz HTTP/1.1\r\n" + host +
              "Connection: close\r\n\r\n");
    const std::string both = line.read_until("ok\n");
    CHECK_MESSAGE(both.starts_with("HTTP/1.1 200 OK\r\n"), both);
    CHECK_MESSAGE(has(both, fmt::format("Content-Length: {}\r\n", page.body.size())), both);
    CHECK_MESSAGE(both.find("<html") == std::string::npos, both);
    CHECK(both.find(dashboard.token()) == std::string::npos);
    CHECK(both.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
    CHECK(page.headers.contains("date"));
    HttpLine events(dashboard.port());
    events.send("HEAD /api/v1/events HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    // Before the server would let go of who asks nothing more.
    CHECK(events.wait_closed(8s));
}

TEST_CASE("dashboard: a restart of the ingest brings all wanted ones back") {
    Line line;
    const Dashboard dashboard(line.world);
    const auto answer = dashboard.change("POST", "/api/v1/ingest/restart");
    CHECK(answer.status == 200);
    CHECK(answer.json()["destinations"][0]["name"] == "youtube");
    CHECK(answer.json()["messages"].dump().find("1 destination is live (youtube)") !=
          std::string::npos);
    line.publisher.reset();
    publish_numbers(line.publisher, line.world.ingest_url());
    CHECK(line.world.wait_state("youtube", "live"));
}

TEST_CASE("dashboard: is killed and started again, and no relay notices") {
    Line line;
    std::string token;
    {
        Dashboard dashboard(line.world);
        token = dashboard.token();
        kill_now(dashboard.run().pid());
        dashboard.run().wait();
    }
    Dashboard dashboard(line.world);
    CHECK(dashboard.token() == token);
    CHECK(dashboard.state("youtube") == "live");
    const Outcome second = line.world.run({"dashboard"});
    CHECK_MESSAGE(second.status == 4, second.describe());
    CHECK_MESSAGE(second.error.find(fmt::format(":{} (PID {})", dashboard.port(),
                                                dashboard.run().pid())) != std::string::npos,
                  second.error);
    const Outcome stopped = line.world.run({"dashboard", "--stop"});
    CHECK(stopped.output == "dashboard: stopped\n");
    CHECK(dashboard.run().wait().status == 0);
    CHECK(line.world.run({"dashboard", "--stop"}).output == "dashboard: was not running\n");
    line.check_untouched();
}

TEST_CASE("dashboard: start starts it where the configuration wants it, and --stop keeps it down") {
    const World world(IngestServer::embedded);
    const int port = free_port();
    world.configure(fmt::format("[dashboard]\nenabled = true\nlisten = \"127.0.0.1:{}\"\n", port));
    const Outcome started = world.run({"start"});
    CHECK_MESSAGE(started.error.find(fmt::format("dashboard: started, http://127.0.0.1:{}",
                                                 port)) != std::string::npos,
                  started.describe());
    CHECK(http(port, "GET", "/healthz").body == "ok\n");
    CHECK(world.run({"start"}).error.find("dashboard") == std::string::npos);
    const Outcome background = world.run({"dashboard", "--background"});
    CHECK(background.output == fmt::format("dashboard: was running, http://127.0.0.1:{}\n", port));
    world.must({"dashboard", "--stop"});
    world.run({"start", "--heal"});
    CHECK_FALSE(is_listening(port));
    CHECK(world.run({"dashboard", "--background"}).output ==
          fmt::format("dashboard: started, http://127.0.0.1:{}\n", port));
    CHECK(http(port, "GET", "/healthz").status == 200);
    world.must({"dashboard", "--stop"});
}

TEST_CASE("dashboard: asked to end, it answers what it was asked, and takes nobody any more") {
    const World world(IngestServer::embedded);
    Dashboard dashboard(world);
    const std::string host = dashboard.host_line();
    HttpLine events(dashboard.port());
    events.send("GET /api/v1/events HTTP/1.1\r\n" + host + "\r\n");
    CHECK(has(events.read_until("event: status"), "event: status"));
    HttpLine change(dashboard.port());
    {
        const CommandLock lock(world.layout(), "test");
        const std::string body = R"({"url": "rtmp://127.0.0.1/live"})";
        change.send(
            fmt::format("PUT /api/v1/destinations/one HTTP/1.1\r\n{}X-Restream-Token: {}\r\n"
                        "Content-Length: {}\r\n\r\n{}",
                        host, dashboard.token(), body.size(), body));
        // Whoever came before it has been read.
        CHECK(dashboard.get("/healthz").status == 200);
        CHECK(dashboard.run().ask(Ask::stop));
        CHECK(events.wait_closed(10s));
        CHECK(wait_until(Patience(10s), [&] { return !is_listening(dashboard.port()); }));
        CHECK_FALSE(dashboard.run().has_ended());
    }
    CHECK(change.read_until("\"is_alive\"").starts_with("HTTP/1.1 201 "));
    CHECK(dashboard.run().wait().status == 0);
    CHECK(std::filesystem::exists(world.config() / "destinations.d/one.toml"));
}

TEST_CASE("dashboard: goes on where its state folder is deleted") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const HttpHeaders token = {{"X-Restream-Token", dashboard.token()}};
    std::filesystem::remove_all(world.layout().root());
    CHECK(dashboard.get("/api/v1/status").status == 200);
    CHECK(dashboard.get("/metrics").status == 200);
    CHECK(http(dashboard.port(), "PUT", "/api/v1/destinations/one", token,
               R"({"url": "rtmp://127.0.0.1/live", "key": "k"})")
              .status == 201);
    CHECK(http(dashboard.port(), "POST", "/api/v1/destinations/one/disable", token).status == 200);
}

TEST_SUITE_END();

}  // namespace restream::test
