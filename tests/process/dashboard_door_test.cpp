// Where the dashboard listens, and to whom it answers.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "as_nobody.hpp"
#include "engine/raw_client.hpp"
#include "process/dashboard_scene.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_door");

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
        {{token[0], {"Referer", "http://evil.example/"}}, "403 foreign_origin"},
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
    CHECK(dashboard.get("/", {{"Referer", "http://evil.example/"}}).brief() ==
          "403 foreign_origin");
    for (const char* command : {"/api/v1/doctor", "/api/v1/explain", "/api/v1/services"}) {
        CHECK(dashboard.get(command).brief() == "403 token_missing");
        CHECK(dashboard.get(command, token).status == 200);
    }
    const auto page = dashboard.get("/");
    CHECK(page.status == 200);
    CHECK(page.body.find(dashboard.token()) != std::string::npos);
    CHECK(page.headers.at("content-security-policy").starts_with("default-src 'none'"));
    CHECK(page.headers.at("cache-control") == "no-store");
    CHECK_FALSE(page.headers.contains("access-control-allow-origin"));
    CHECK(std::filesystem::exists(world.config() / "destinations.d/one.toml"));
    CHECK(world.ingest()["state"] == "down");
}

TEST_CASE("dashboard: another user of this machine sees nothing, but with a link or a password") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can ask as another user");
        return;
    }
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1/live", "k");
    const Dashboard dashboard(world);
    const int port = dashboard.port();
    const std::string token = dashboard.token();
    const std::string scrape_token = content_of(world.layout().scrape_token());
    const auto ask = [&](const char* method, const std::string& path, const HttpHeaders& headers) {
        // Who makes a socket is whose it is.
        const AsNobody as_nobody;
        return http(port, method, path, headers);
    };
    CHECK(dashboard.get("/").status == 200);
    for (const char* path : {"/", "/api/v1/status", "/api/v1/destinations", "/api/v1/events",
                             "/api/v1/thumbnail", "/metrics", "/assets/main.js"}) {
        const HttpAnswer answer = ask("GET", path, {});
        CHECK_MESSAGE(answer.brief() == "403 not_owner", path, answer.body);
        CHECK(answer.body.find(token) == std::string::npos);
    }
    const HttpHeaders with_token = {{"X-Restream-Token", token}};
    CHECK(ask("DELETE", "/api/v1/destinations/one", with_token).brief() == "403 not_owner");
    CHECK(ask("POST", "/api/v1/ingest/reveal-publish-key", with_token).brief() == "403 not_owner");
    CHECK(ask("GET", "/healthz", {}).status == 200);
    const std::string bearer = "Bearer " + scrape_token.substr(0, scrape_token.find('\n'));
    CHECK(ask("GET", "/metrics", {{"Authorization", bearer}}).status == 200);
    CHECK(ask("GET", "/", {{"Authorization", bearer}}).brief() == "403 not_owner");
    // The link of the owner lets one browser in, once.
    const auto link =
        json::parse(world.must({"dashboard", "--link", "--json"}).output)["url"].get<std::string>();
    const std::string path = link.substr(link.find("/login"));
    CHECK(ask("GET", path.substr(0, path.size() - 1), {}).status == 403);
    const HttpAnswer let_in = ask("GET", path, {});
    CHECK(let_in.status == 303);
    CHECK(ask("GET", path, {}).status == 403);
    const std::string cookie = let_in.headers.at("set-cookie");
    const HttpHeaders with_cookie = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
    CHECK(ask("GET", "/", with_cookie).status == 200);
    CHECK(ask("DELETE", "/api/v1/destinations/one", with_cookie).brief() == "403 token_missing");
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
}

TEST_CASE("dashboard: where it can't listen is told before it does anything") {
    const World world(IngestServer::embedded);
    for (const char* listen :
         {"127.0.0.1", ":5000", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1",
          "127.0.0.1:50x", "nowhere:5000", "::1:5000", "[::1]", "http://127.0.0.1:5000",
          "0.0.0.0:5000", "[::]:5000", "198.51.100.1:5000"}) {
        const Outcome bad = world.run({"dashboard", "--listen", listen});
        CHECK_MESSAGE(bad.status == 2, bad.describe());
        CHECK_FALSE(bad.error.empty());
    }
    // A file that is wrong is another exit status than a wrong argument.
    for (const char* fields :
         {"listen = \"0.0.0.0:5000\"", "listen = \"127.0.0.1:65536\"", "listen = 5000",
          "hosts = [\"a b\"]", "password = \"\"", "nonsense = 1"}) {
        world.configure(fmt::format("[dashboard]\n{}\n", fields));
        for (const auto& run : {world.run({"dashboard"}), world.run({"dashboard", "--background"}),
                                world.run({"start"})}) {
            CHECK_MESSAGE(run.status == 3, fields, run.describe());
            CHECK_MESSAGE(has(run.error, "restream.toml:"), fields, run.error);
        }
    }
    for (const char* password : {"{ file = \"not-there\" }", "{ env = \"RESTREAM_TEST_UNSET\" }",
                                 "{ command = \"exit 1\" }"}) {
        world.configure(fmt::format("[dashboard]\npassword = {}\n", password));
        const Outcome own = world.run({"dashboard"});
        CHECK_MESSAGE(own.status == 3, own.describe());
        // Who starts it knows only that it did not start, and why.
        const Outcome started = world.run({"dashboard", "--background"});
        CHECK_MESSAGE(started.status == 5, started.describe());
        CHECK_MESSAGE(has(started.error, own.error.substr(own.error.find(": "))), started.error);
    }
    CHECK_FALSE(std::filesystem::exists(world.layout().dashboard_record()));
}

TEST_CASE("dashboard: over IPv6 it is asked under its address in brackets") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world, "[::1]");
    const auto ask = [&](const std::string& host) {
        HttpLine line(connect_to_ipv6(dashboard.port()));
        line.send("GET /api/v1/status HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        return line.read_until("");
    };
    CHECK(has(dashboard.run().output(), fmt::format("http://[::1]:{}", dashboard.port())));
    const std::string good = ask(fmt::format("[::1]:{}", dashboard.port()));
    CHECK_MESSAGE(good.starts_with("HTTP/1.1 200 "), good);
    CHECK(has(good, "\"destinations\""));
    for (const std::string& bad :
         {fmt::format("::1:{}", dashboard.port()), fmt::format("[::2]:{}", dashboard.port()),
          std::string("[::1]"), fmt::format("[::1]:{}", dashboard.port() % 65535 + 1)}) {
        const std::string refused = ask(bad);
        CHECK_MESSAGE(refused.starts_with("HTTP/1.1 403 "), bad, refused);
    }
    // What commands say of it is where it is.
    const Outcome second = world.run({"dashboard", "--background"});
    CHECK_MESSAGE(has(second.output, fmt::format("http://[::1]:{}", dashboard.port())),
                  second.describe());
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

TEST_SUITE_END();

}  // namespace restream::test
