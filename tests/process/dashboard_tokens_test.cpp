// New tokens while the dashboard runs: `restream dashboard --rotate-token`.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "as_nobody.hpp"
#include "process/dashboard_scene.hpp"
#include "process/free_port.hpp"
#include "state/audit_log.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_door");

namespace {

/// "WHAT: RESULT, WAY" of each line of the audit log.
std::string changes_of(const World& world) {
    std::string lines;
    for (const auto& each : last_changes(world.layout(), 100)) {
        lines += fmt::format("{}: {}, {}\n", each.what, each.result, way_in_name(each.who.way));
    }
    return lines;
}

}  // namespace

TEST_CASE("dashboard: new tokens count at once, and end old cookies, links and readers") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1:9/live", "k");
    const Dashboard dashboard(world);
    const std::string old_token = dashboard.token();
    const auto scrape = [&] {
        const std::string text = content_of(world.layout().scrape_token());
        return HttpHeaders{{"Authorization", "Bearer " + text.substr(0, text.find('\n'))}};
    };
    const HttpHeaders old_scrape = scrape();
    const auto link = [&] {
        const std::string url =
            json::parse(world.must({"dashboard", "--link", "--json"}).output)["url"];
        return url.substr(url.find("/login"));
    };
    const std::string cookie = dashboard.get(link()).headers.at("set-cookie");
    const HttpHeaders with_cookie = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
    const std::string unused = link();
    EventReader reader(dashboard, with_cookie);
    CHECK_FALSE(reader.wait("status", [](const json&) { return true; }).is_null());
    const auto disable = [&](const std::string& token) {
        return http(dashboard.port(), "POST", "/api/v1/destinations/one/disable",
                    {{"X-Restream-Token", token}})
            .brief();
    };
    CHECK(disable(old_token) == "200");

    const json told = json::parse(world.must({"dashboard", "--rotate-token", "--json"}).output);
    CHECK(told["action"] == "rotated");
    CHECK(told["pid"] == dashboard.run().pid());
    CHECK(disable(old_token) == "403 token_wrong");
    CHECK(dashboard.token() != old_token);
    CHECK(disable(dashboard.token()) == "200");
    CHECK(has(dashboard.get("/").body, dashboard.token()));
    CHECK(dashboard.get("/metrics", old_scrape).brief() == "403 token_wrong");
    CHECK(dashboard.get("/metrics", scrape()).status == 200);
    CHECK(dashboard.get(unused).brief() == "403 login");
    // The stream of an old login ends; a new one begins where its reader may come in.
    CHECK(reader.wait_closed(20s));
    EventReader again(dashboard);
    CHECK_FALSE(again.wait("status", [](const json&) { return true; }).is_null());
    CHECK(changes_of(world) ==
          "dashboard --link: ok, command_line\n"
          "log in: ok, link\n"
          "dashboard --link: ok, command_line\n"
          "disable one: ok, token\n"
          "dashboard --rotate-token: ok, command_line\n"
          "disable ***: token_wrong, none\n"
          "disable one: ok, token\n"
          "log in: token_wrong, none\n"
          "log in: login, none\n");
    const Outcome text = world.must({"dashboard", "--rotate-token"});
    CHECK_MESSAGE(has(text.output, "dashboard: has new tokens, http://"), text.describe());
    CHECK(world.run({"dashboard", "--rotate-token", "--stop"}).status == 2);
    CHECK(world.run({"dashboard", "--rotate-token", "--background"}).status == 2);
}

TEST_CASE("dashboard: another user's cookie is worth nothing after new tokens") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can ask as another user");
        return;
    }
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const auto ask = [&](const std::string& path, const HttpHeaders& headers) {
        const AsNobody as_nobody;
        return http(dashboard.port(), "GET", path, headers);
    };
    const std::string url =
        json::parse(world.must({"dashboard", "--link", "--json"}).output)["url"];
    const HttpAnswer let_in = ask(url.substr(url.find("/login")), {});
    REQUIRE(let_in.status == 303);
    const std::string cookie = let_in.headers.at("set-cookie");
    const HttpHeaders with_cookie = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
    CHECK(ask("/api/v1/status", with_cookie).status == 200);
    world.must({"dashboard", "--rotate-token"});
    CHECK(ask("/api/v1/status", with_cookie).brief() == "403 not_owner");
    CHECK(changes_of(world) ==
          "dashboard --link: ok, command_line\n"
          "log in: ok, link\n"
          "dashboard --rotate-token: ok, command_line\n"
          "log in: not_owner, none\n");
    CHECK(last_changes(world.layout(), 1)[0].who.uid == AsNobody::user);
}

TEST_CASE("dashboard: on a terminal it prints a link, and opens the page without it") {
    const World world(IngestServer::embedded);
    const auto folder = world.home() / "desktop";
    const auto opened = folder / "opened";
    std::filesystem::create_directory(folder);
    write_file(folder / "xdg-open", fmt::format("#!/bin/sh\nprintf '%s|' \"$@\" > {0}.new\n"
                                                "mv {0}.new {0}\n",
                                                opened.string()));
    std::filesystem::permissions(folder / "xdg-open", std::filesystem::perms::owner_all);
    const int port = free_port();
    const std::string url = fmt::format("http://127.0.0.1:{}", port);
    const auto on_terminal = [&](const std::string& more) {
        CommandLine line = world.command(
            {}, {.variables = {{"DISPLAY", ":9"},
                               {"SSH_CONNECTION", ""},
                               {"PATH", fmt::format("{}:{}", folder.string(), ::getenv("PATH"))}}});
        line.arguments = {"-qec",
                          fmt::format("{} dashboard --listen 127.0.0.1:{}{}", line.program.string(),
                                      port, more),
                          "/dev/null"};
        line.program = "/usr/bin/script";
        return line;
    };
    const std::string begin_of_link = url + "/login?code=";
    for (const bool is_wanted : {true, false}) {
        CommandRun run(on_terminal(is_wanted ? "" : " --no-browser"));
        std::string link;
        REQUIRE(wait_until(Patience(20s), [&] {
            const std::string told = run.output();
            const auto at = told.find(begin_of_link);
            const auto end = at == std::string::npos ? at : told.find_first_of(" \r\n", at);
            if (end != std::string::npos) link = told.substr(at, end - at);
            return !link.empty();
        }));
        if (is_wanted) {
            CHECK(wait_until(Patience(20s), [&] { return content_of(opened) == url + "|"; }));
            std::filesystem::remove(opened);
        }
        const std::string path = link.substr(url.size());
        CHECK(http(port, "GET", path).status == 303);
        CHECK(http(port, "GET", path).status == 403);
        world.must({"dashboard", "--stop"});
        CHECK(run.wait().status == 0);
    }
    CHECK(content_of(opened).empty());
}

TEST_SUITE_END();

}  // namespace restream::test
