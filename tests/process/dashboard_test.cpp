// The dashboard's server: what it answers, to whom, and that no relay notices it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <list>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/http_client.hpp"
#include "process/rtmp_tags.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"
#include "state/command_lock.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

/// A dashboard of that world, on a port of its own.
class Dashboard {
  public:
    explicit Dashboard(const World& world, const std::string& listen = "")
        : world_(world), port_(free_port()), run_(world.start(arguments(listen))) {
        is_up_ = wait_until(Deadline::after(20s), [&] {
            return run_.output().find("dashboard: http://") != std::string::npos ||
                   run_.has_ended();
        });
        CHECK(is_up_);
    }
    int port() const { return port_; }
    CommandRun& run() { return run_; }
    std::string token() const {
        std::string text = content_of(world_.layout().dashboard_token());
        if (!text.empty()) text.pop_back();
        return text;
    }
    HttpAnswer get(std::string_view path, const HttpHeaders& headers = {}) const {
        return http(port_, "GET", path, headers);
    }
    HttpAnswer change(std::string_view method, std::string_view path, const json& body = {}) const {
        return http(port_, method, path, {{"X-Restream-Token", token()}},
                    body.is_null() ? "" : body.dump());
    }
    std::string state(const std::string& name) const {
        const json status = get("/api/v1/status").json();
        for (const auto& each : status["destinations"]) {
            if (each["name"] == name) return each["state"].get<std::string>();
        }
        return "";
    }

  private:
    std::vector<std::string> arguments(const std::string& listen) const {
        return {"dashboard", "--listen",
                listen.empty() ? fmt::format("127.0.0.1:{}", port_)
                               : fmt::format("{}:{}", listen, port_)};
    }

    const World& world_;
    int port_;
    CommandRun run_;
    bool is_up_ = false;
};

/// A publisher with numbered tags, a platform that keeps them, and a relay between.
struct Line {
    World world{IngestServer::embedded};
    TagServer platform;
    std::optional<TagPublisher> publisher;

    Line() {
        world.add("youtube", platform.url(), "CANARYKEY");
        world.must({"ingest", "start"});
        publisher.emplace(world.ingest_url());
        REQUIRE(publisher->wait_accepted());
        publisher->begin_counting();
        world.must({"enable", "youtube"});
        REQUIRE(platform.wait_tags(100));
    }
    /// One session, without a gap, up to now.
    void check_untouched() const {
        REQUIRE(platform.wait_tags(platform.sessions().back().tags.size() + 200));
        const auto sessions = platform.sessions();
        CHECK(sessions.size() == 1);
        CHECK(numbers_of(sessions[0].tags).gaps == 0);
        CHECK(world.status("youtube")["reconnects"] == 0);
    }
};

}  // namespace

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
    dashboard.change("POST", path + "/enable");
    CHECK(platform.sessions().back().name == "OTHERKEY");
    CHECK(dashboard.change("DELETE", path).json()["name"] == "twitch");
    CHECK(dashboard.get("/api/v1/destinations").json()["destinations"].empty());
    CHECK(dashboard.change("POST", path + "/enable").brief() == "404 not_found");
}

TEST_CASE("dashboard: what is wrong in a request is told, and changes nothing") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1/live", "k");
    const std::string before = content_of(world.config() / "destinations.d/one.toml");
    const Dashboard dashboard(world);
    struct Row {
        const char* method;
        const char* path;
        const char* body;
        const char* told;
    };
    const Row rows[] = {
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
    for (const Row& row : rows) {
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

TEST_CASE("dashboard: HEAD is answered as GET, without the body") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    HttpLine line(dashboard.port());
    const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", dashboard.port());
    line.send("HEAD / HTTP/1.1\r\n" + host + "\r\nGET /healthz HTTP/1.1\r\n" + host +
              "Connection: close\r\n\r\n");
    const std::string both = line.read_until("ok\n");
    CHECK_MESSAGE(both.find("<html") == std::string::npos, both);
    CHECK(both.find(dashboard.token()) == std::string::npos);
    CHECK(both.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
    CHECK(dashboard.get("/").headers.contains("date"));
    HttpLine events(dashboard.port());
    events.send("HEAD /api/v1/events HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    CHECK(events.wait_closed(10s));
}

TEST_CASE(
    "dashboard: a foreign host, a foreign page or no token changes nothing and sees nothing") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1/live", "k");
    const Dashboard dashboard(world);
    const std::string path = "/api/v1/destinations/one";
    const HttpHeaders token = {{"X-Restream-Token", dashboard.token()}};
    struct Row {
        HttpHeaders headers;
        const char* told;
    };
    const Row rows[] = {
        {{}, "403 token_missing"},
        {{{"X-Restream-Token", std::string(64, '0')}}, "403 token_wrong"},
        {{token[0], {"Host", "evil.example"}}, "403 foreign_host"},
        {{token[0], {"Host", fmt::format("evil.example:{}", dashboard.port())}},
         "403 foreign_host"},
        {{token[0], {"Origin", "http://evil.example"}}, "403 foreign_origin"},
        {{token[0], {"Origin", "null"}}, "403 foreign_origin"},
        {{token[0], {"Sec-Fetch-Site", "cross-site"}}, "403 foreign_origin"},
    };
    for (const Row& row : rows) {
        CHECK(http(dashboard.port(), "DELETE", path, row.headers).brief() == row.told);
        CHECK(http(dashboard.port(), "POST", "/api/v1/ingest/start", row.headers).brief() ==
              row.told);
    }
    CHECK(dashboard.get("/api/v1/status", {{"Host", "evil.example"}}).brief() ==
          "403 foreign_host");
    CHECK(dashboard.get("/", {{"Origin", "http://evil.example"}}).brief() == "403 foreign_origin");
    const auto page = dashboard.get("/");
    CHECK(page.status == 200);
    CHECK(page.body.find(dashboard.token()) != std::string::npos);
    CHECK(page.headers.at("content-security-policy").starts_with("default-src 'none'"));
    CHECK(page.headers.at("cache-control") == "no-store");
    CHECK_FALSE(page.headers.contains("access-control-allow-origin"));
    CHECK(std::filesystem::exists(world.config() / "destinations.d/one.toml"));
    CHECK(world.ingest()["state"] == "down");
}

TEST_CASE("dashboard: no answer holds a key, but the publisher's to who asks for it") {
    Line line;
    line.world.configure("", "publish_key = \"CANARYPUBLISH\"");
    const Dashboard dashboard(line.world);
    for (const char* path : {"/", "/api/v1/status", "/api/v1/ingest", "/api/v1/destinations",
                             "/api/v1/services", "/api/v1/doctor", "/api/v1/explain", "/metrics",
                             "/api/v1/destinations/youtube/log", "/healthz"}) {
        CAPTURE(std::string(path));
        const auto answer = dashboard.get(path);
        CHECK(answer.status == 200);
        CHECK(answer.body.find("CANARY") == std::string::npos);
    }
    CHECK(dashboard.change("POST", "/api/v1/ingest/reveal-publish-key").json()["key"] ==
          "CANARYPUBLISH");
    CHECK(http(dashboard.port(), "POST", "/api/v1/ingest/reveal-publish-key").brief() ==
          "403 token_missing");
}

TEST_CASE("dashboard: events tell what changes within a second, and of a broken configuration") {
    Line line;
    const Dashboard dashboard(line.world);
    HttpLine events(dashboard.port());
    events.send(
        fmt::format("GET /api/v1/events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", dashboard.port()));
    const std::string begin = events.read_until("event: ingest");
    CHECK(begin.find("text/event-stream") != std::string::npos);
    CHECK(begin.find("\"state\": \"live\"") != std::string::npos);
    const auto asked = SteadyClock::now();
    line.world.must({"disable", "youtube"});
    CHECK(events.read_until("\"state\": \"stopped\"").find("\"state\": \"stopped\"") !=
          std::string::npos);
    CHECK(SteadyClock::now() - asked < 10s);  // disable itself takes its time under sanitizers
    line.world.configure("nonsense = 1\n");
    CHECK(events.read_until("\"code\":\"config\"").find("nonsense") != std::string::npos);
    CHECK(dashboard.get("/api/v1/status").brief() == "500 config");
    CHECK(dashboard.get("/healthz").status == 200);
    line.world.configure("");
    CHECK(events.read_until("{\"error\":null}").find("{\"error\":null}") != std::string::npos);
    CHECK(dashboard.get("/api/v1/status").status == 200);
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
    line.publisher.emplace(line.world.ingest_url());
    REQUIRE(line.publisher->wait_accepted());
    line.publisher->begin_counting();
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

TEST_CASE("dashboard: a port that is taken is told with who has it") {
    const World world(IngestServer::embedded);
    const TagServer other;
    const Outcome outcome =
        world.run({"dashboard", "--listen", fmt::format("127.0.0.1:{}", other.port())});
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    CHECK_MESSAGE(outcome.error.find("process_tests") != std::string::npos, outcome.error);
    CHECK_MESSAGE(outcome.error.find("--listen") != std::string::npos, outcome.error);
    CHECK_MESSAGE(outcome.error.find("[ingest]") == std::string::npos, outcome.error);
    struct Row {
        const char* listen;
        int status;
    };
    const Row rows[] = {{"127.0.0.1", 2},        {":5000", 2},        {"127.0.0.1:0", 2},
                        {"127.0.0.1:65536", 2},  {"nowhere:5000", 2}, {"0.0.0.0:5000", 2},
                        {"198.51.100.1:5000", 2}};
    for (const Row& row : rows) {
        const Outcome bad = world.run({"dashboard", "--listen", row.listen});
        CHECK_MESSAGE(bad.status == row.status, bad.describe());
        CHECK_FALSE(bad.error.empty());
    }
}

TEST_CASE("dashboard: beyond loopback it wants a password, and asks everybody for it") {
    const World world(IngestServer::embedded);
    const Outcome refused = world.run({"dashboard", "--listen", "0.0.0.0:5000"});
    CHECK(refused.status == 2);
    CHECK_MESSAGE(refused.error.find("password = ") != std::string::npos, refused.error);
    world.configure("[dashboard]\npassword = \"CANARY-sesame\"\n");
    const Dashboard dashboard(world, "0.0.0.0");
    const auto asked = dashboard.get("/");
    CHECK(asked.brief() == "401 password");
    CHECK(asked.headers.at("www-authenticate").starts_with("Basic "));
    CHECK(dashboard.get("/healthz").status == 200);
    // any:CANARY-sesame
    const HttpHeaders right = {{"Authorization", "Basic YW55OkNBTkFSWS1zZXNhbWU="}};
    CHECK(dashboard.get("/", right).status == 200);
    CHECK(dashboard.get("/", {{"Authorization", "Basic YW55OnNlc2FtZQ=="}}).brief() ==
          "401 password");
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
    const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", dashboard.port());
    HttpLine events(dashboard.port());
    events.send("GET /api/v1/events HTTP/1.1\r\n" + host + "\r\n");
    events.read_until("event: status");
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
        CHECK(wait_until(Deadline::after(10s), [&] { return !is_listening(dashboard.port()); }));
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

TEST_CASE("dashboard: what is never read costs it no more than its bounds") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", dashboard.port());
    // What HTTP's parser itself does not bound.
    const std::string chunked =
        "PUT /api/v1/destinations/x HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n";
    const std::string long_text(100'000, 'a');
    for (const std::string& endless : {chunked + "1;" + long_text, chunked + "0\r\nA: " + long_text,
                                       chunked + "0\r\n" + long_text}) {
        HttpLine rude(dashboard.port());
        rude.send(endless);
        CHECK(rude.read_until("too_large").starts_with("HTTP/1.1 413 "));
    }
    std::list<HttpLine> readers;
    for (int i = 0; i < 500; ++i) {
        readers.emplace_back(dashboard.port())
            .send("GET /api/v1/events HTTP/1.1\r\n" + host + "\r\n");
    }
    int are_refused = 0;
    for (auto& each : readers) {
        const std::string answer = each.read_until("\r\n\r\n");
        const bool is_served = answer.starts_with("HTTP/1.1 200 ");
        if (!is_served) ++are_refused;
        CHECK((is_served || answer.starts_with("HTTP/1.1 503 ") ||
               answer.starts_with("HTTP/1.1 429 ") || answer.empty()));
    }
    CHECK(are_refused == 500 - 32);
    CHECK(
        wait_until(Deadline::after(10s), [&] { return dashboard.get("/healthz").status == 200; }));
}

TEST_CASE("dashboard: hostile clients cost no relay a message") {
    Line line;
    const Dashboard dashboard(line.world);
    // 500 that begin a request and say no more.
    std::list<HttpLine> slow;
    for (int i = 0; i < 500; ++i) slow.emplace_back(dashboard.port()).send("GET / HT");
    CHECK(dashboard.get("/healthz").status == 200);
    int served = 0;
    int refused = 0;
    for (int i = 0; i < 10'000; ++i) {
        const int status = dashboard.get(i % 10 == 0 ? "/api/v1/status" : "/healthz").status;
        if (status == 200) ++served;
        if (status == 429) ++refused;
    }
    CHECK(served + refused == 10'000);
    CHECK(served >= 400);
    for (auto& each : slow) CHECK(each.wait_closed(20s));
    const std::string long_text(70'000, 'x');
    CHECK(
        wait_until(Deadline::after(10s), [&] { return dashboard.get("/healthz").status == 200; }));
    CHECK(http(dashboard.port(), "PUT", "/api/v1/destinations/x",
               {{"X-Restream-Token", dashboard.token()}}, long_text)
              .brief() == "413 too_large");
    CHECK(dashboard.get("/healthz", {{"X-Long", long_text.substr(0, 9000)}}).brief() ==
          "431 too_large");
    for (const char* bad :
         {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "PRI * HTTP/2.0\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET / HTTP/9.9\r\n\r\n"}) {
        HttpLine rude(dashboard.port());
        rude.send(bad);
        const std::string answer = rude.read_until("\r\n\r\n", 12s);
        CHECK_MESSAGE((answer.empty() || answer.starts_with("HTTP/1.1 4")), answer);
    }
    CHECK(dashboard.get("/healthz").status == 200);
    line.check_untouched();
}

TEST_SUITE_END();

}  // namespace restream::test
