// The dashboard's paths: what each means, what it is refused with.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "dashboard/route.hpp"

using namespace restream;
using nlohmann::json;

TEST_SUITE_BEGIN("dashboard");

TEST_CASE("dashboard: each path means one thing") {
    struct Row {
        Method method;
        const char* path;
        Page page;
        const char* name;
    };
    const Row good[] = {
        {Method::get, "/", Page::index, ""},
        {Method::get, "/assets/app.js", Page::asset, "app.js"},
        {Method::get, "/api/v1/status", Page::status, ""},
        {Method::get, "/api/v1/audit", Page::audit, ""},
        {Method::put, "/api/v1/destinations/youtube", Page::put_destination, "youtube"},
        {Method::put, "/api/v1/destinations/youtube/key", Page::put_key, "youtube"},
        {Method::get, "/api/v1/destinations/a-b_1/log", Page::log, "a-b_1"},
        {Method::remove, "/api/v1/destinations/x", Page::command, "x"},
        {Method::post, "/api/v1/ingest/restart", Page::command, ""},
    };
    for (const Row& row : good) {
        CAPTURE(row.path);
        const auto found = find_route(row.method, row.path);
        const auto* route = std::get_if<Route>(&found);
        REQUIRE(route != nullptr);
        CHECK(route->page == row.page);
        CHECK(route->name == row.name);
    }
}

TEST_CASE("dashboard: the token is for what changes something and for what has a command run") {
    for (const char* path :
         {"/", "/assets/app.js", "/healthz", "/metrics", "/login", "/api/v1/status",
          "/api/v1/events", "/api/v1/ingest", "/api/v1/destinations", "/api/v1/destinations/x/log",
          "/api/v1/thumbnail", "/nowhere", "/api/v1/doctor/fix"}) {
        CAPTURE(path);
        CHECK_FALSE(takes_token(Method::get, path));
        CHECK_FALSE(takes_token(Method::other, path));
        for (const Method method : {Method::post, Method::put, Method::remove}) {
            CHECK(takes_token(method, path));
        }
    }
    for (const char* path : {"/api/v1/services", "/api/v1/doctor", "/api/v1/explain"}) {
        CAPTURE(path);
        CHECK(takes_token(Method::get, path));
        CHECK_FALSE(takes_token(Method::other, path));
    }
}

TEST_CASE("dashboard: a command is named by its path, and told what it is about") {
    using Arguments = std::vector<std::string>;
    struct Row {
        Method method;
        const char* path;
        const char* verb;
        Arguments arguments;
        bool is_of_configured;
    };
    const Row rows[] = {
        {Method::post, "/api/v1/destinations/x/enable", "enable", {"x", "--json"}, true},
        {Method::post, "/api/v1/destinations/x/disable", "disable", {"x", "--json"}, false},
        {Method::post, "/api/v1/destinations/x/restart", "restart", {"x", "--json"}, true},
        {Method::remove, "/api/v1/destinations/x", "remove", {"x", "--yes", "--json"}, true},
        {Method::post, "/api/v1/enable", "enable", {"--all", "--json"}, false},
        {Method::post, "/api/v1/disable", "disable", {"--all", "--json"}, false},
        {Method::post, "/api/v1/start", "start", {"--json"}, false},
        {Method::post, "/api/v1/stop", "stop", {"--json"}, false},
        {Method::post, "/api/v1/restart", "restart", {"--json"}, false},
        {Method::post, "/api/v1/doctor/fix", "doctor", {"--fix", "--json"}, false},
        {Method::post, "/api/v1/ingest/start", "ingest", {"start", "--json"}, false},
        {Method::post, "/api/v1/ingest/stop", "ingest", {"stop", "--json"}, false},
        {Method::post, "/api/v1/ingest/reload", "ingest", {"reload", "--json"}, false},
        {Method::post, "/api/v1/ingest/restart", "ingest", {"restart", "--json"}, false},
        {Method::get, "/api/v1/doctor", "doctor", {"--json"}, false},
        {Method::get, "/api/v1/explain", "explain", {"--json"}, false},
        {Method::get, "/api/v1/services", "services", {"--json"}, false},
        {Method::get, "/api/v1/status", "", {}, false},
        {Method::put, "/api/v1/destinations/x", "", {}, false},
        {Method::put, "/api/v1/destinations/x/key", "", {}, true},
        {Method::get, "/api/v1/destinations/x/log", "", {}, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        const auto found = find_route(row.method, row.path);
        const auto* route = std::get_if<Route>(&found);
        REQUIRE(route != nullptr);
        CHECK(route->verb == row.verb);
        CHECK(route->arguments == row.arguments);
        CHECK(route->is_of_configured == row.is_of_configured);
    }
}

TEST_CASE("dashboard: what no path means is told with what would be right") {
    struct Bad {
        Method method;
        const char* path;
        int status;
    };
    const Bad bad[] = {
        {Method::get, "", 404},
        {Method::get, "//", 404},
        {Method::get, "/api/v1/status/", 404},
        {Method::get, "/API/v1/status", 404},
        {Method::get, "/assets/", 404},
        {Method::get, "/assets/../app.js", 404},
        {Method::put, "/api/v1/destinations/", 404},
        {Method::put, "/api/v1/destinations/You", 404},
        {Method::put, "/api/v1/destinations/..", 404},
        {Method::put, "/api/v1/destinations/a/b", 404},
        {Method::put, "/api/v1/destinations/con", 404},
        {Method::put, "/api/v1/destinations/--help", 404},
        {Method::put, "/api/v1/destinations/a%00", 404},
        {Method::put, "/api/v1/destinations/%61", 404},
        {Method::put, "/api/v1/destinations/one+backup", 404},
        {Method::put, "/api/v1/destinations/\xFF\xFE", 404},
        {Method::put, "/api/v1/destinations/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 404},
        {Method::put, "/api/v1/destinations/./key", 404},
        {Method::put, "/api/v1/destinations/a/key/key", 404},
        {Method::get, "http://127.0.0.1:5000/healthz", 404},
        {Method::get, "/healthz#", 404},
        {Method::get, "/%68ealthz", 404},
        {Method::get, "//healthz", 404},
        {Method::other, "*", 404},
        {Method::post, "/api/v1/destinations//enable", 404},
        {Method::get, "/api/v1/destinations/x/enable", 405},
        {Method::post, "/api/v1/status", 405},
        {Method::other, "/", 405},
        {Method::remove, "/api/v1/ingest/restart", 405},
        {Method::get, "/api/v1/enable", 405},
        {Method::get, "/api/v1/doctor/fix", 405},
        {Method::post, "/api/v1/doctor", 405},
    };
    for (const Bad& row : bad) {
        CAPTURE(row.path);
        const auto found = find_route(row.method, row.path);
        const auto* refused = std::get_if<Answer>(&found);
        REQUIRE(refused != nullptr);
        CHECK(refused->status == row.status);
        CHECK(json::parse(refused->body)["error"]["remedy"].get<std::string>() != "");
    }
    const auto found = find_route(Method::get, "/api/v1/destinations/x");
    CHECK(std::get<Answer>(found).headers == decltype(Answer::headers){{"Allow", "PUT, DELETE"}});
    CHECK(query_value("a=1&lines=20", "lines") == "20");
    for (const char* none : {"", "lines", "lines=", "xlines=2", "&&", "=2"}) {
        CHECK(query_value(none, "lines") == "");
    }
}

TEST_SUITE_END();
