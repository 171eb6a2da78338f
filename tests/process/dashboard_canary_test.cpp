// Canary: keys and passwords that are known words, given to a dashboard in every way, and a search
// for them in all that it says.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "process/canary.hpp"
#include "process/dashboard_scene.hpp"
#include "process/free_port.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_canary");

namespace {

const std::string variable = "RESTREAM_TEST_CANARY";

/// A dashboard with a password, beside an ingest with a publish key and a platform; whatever it
/// answers is searched.
struct Searched {
    World world{IngestServer::embedded};
    TagServer platform;
    int closed_port = free_port();
    HttpHeaders password = {{"Authorization", basic_authorization(canary + "password")}};
    std::optional<Dashboard> dashboard;

    Searched() {
        world.configure("[dashboard]\npassword = \"" + canary + "password\"\n",
                        "publish_key = \"" + canary + "publish\"");
        world.add("env", platform.url(), "", "key = { env = \"" + variable + "\" }\n");
        dashboard.emplace(world, "127.0.0.1", Call{.variables = {{variable, canary + "env"}}});
    }
    HttpAnswer searched(const std::string& what, HttpAnswer answer) const {
        CHECK_MESSAGE(!has_canary(answer.body), what, answer.body);
        for (const auto& [name, value] : answer.headers) {
            CHECK_MESSAGE(!has_canary(value), what, name);
        }
        return answer;
    }
    HttpAnswer get(const std::string& path) const {
        HttpHeaders headers = password;
        headers.emplace_back("X-Restream-Token", dashboard->token());
        return searched(path, dashboard->get(path, headers));
    }
    HttpAnswer change(const std::string& method, const std::string& path,
                      const json& body = {}) const {
        const std::string whole = "/api/v1/" + path;
        return searched(method + " " + path, dashboard->change(method, whole, body, password));
    }
    void add(const std::string& name, const json& body) const {
        const auto added = change("PUT", "destinations/" + name, body);
        CHECK_MESSAGE(added.status == 201, name, added.body);
    }
    std::string url_of_nobody(const std::string& scheme) const {
        return fmt::format("{}://127.0.0.1:{}", scheme, closed_port);
    }
    /// With a key in each place in which one can be.
    void add_all() const {
        add("good", {{"url", platform.url()}, {"key", canary + "good"}});
        add("inurl", {{"url", platform.url() + "/" + canary + "inurl"}});
        add("query", {{"url", platform.url() + "?token=" + canary}, {"key", canary + "query"}});
        add("twice", {{"url", platform.url()},
                      {"backup_url", platform.url() + "?token=" + canary},
                      {"backup", "both"},
                      {"key", canary + "twice"}});
        add("refused", {{"url", platform.url()}, {"key", "bad-" + canary}});
        add("down", {{"url", url_of_nobody("rtmp") + "/live"}, {"key", canary + "down"}});
        add("user", {{"url", fmt::format("rtmp://{0}name:{0}word@127.0.0.1:{1}/live", canary,
                                         closed_port)}});
        add("srt", {{"url", fmt::format("{}?passphrase={}phrase&streamid={}", url_of_nobody("srt"),
                                        canary, canary)}});
    }
    void look_at_everything() const {
        for (const char* path :
             {"/", "/metrics", "/healthz", "/api/v1/status", "/api/v1/ingest",
              "/api/v1/destinations", "/api/v1/services", "/api/v1/doctor", "/api/v1/explain",
              "/api/v1/audit", "/api/v1/destinations/good/log", "/api/v1/destinations/refused/log",
              "/api/v1/destinations/srt/log", "/api/v1/destinations/user/log"}) {
            CHECK_MESSAGE(get(path).status == 200, path);
        }
        CHECK(get("/api/v1/thumbnail").status / 100 != 5);
    }
};

}  // namespace

TEST_CASE("dashboard canary: no key in an answer, event, log, record, argv or environment") {
    const Searched all;
    EventReader events(*all.dashboard, all.password);
    CHECK(all.change("POST", "ingest/start").status == 200);
    std::optional<TagPublisher> publisher;
    publish_numbers(publisher, all.world.ingest_url(), canary + "publish");
    all.add_all();
    for (const char* name : {"good", "inurl", "query", "twice", "env"}) {
        const auto enabled = all.change("POST", fmt::format("destinations/{}/enable", name));
        CHECK_MESSAGE(enabled.json()["exit_status"] == 0, name, enabled.body);
    }
    for (const char* name : {"refused", "down", "user", "srt"}) {
        const auto enabled = all.change("POST", fmt::format("destinations/{}/enable", name));
        CHECK_MESSAGE(enabled.json()["exit_status"] == 5, name, enabled.body);
    }
    // They did arrive: what is looked for was there to be found.
    for (const char* key : {"good", "inurl", "query", "twice", "env"}) {
        CHECK_MESSAGE(all.platform.wait_for([&](const auto& sessions) {
            return std::ranges::any_of(
                sessions, [&](const auto& each) { return has(each.name, canary + key); });
        }),
                      key);
    }
    all.look_at_everything();
    const int dashboard = all.dashboard->run().pid();
    check_processes(
        [&](const Descendant& each) { return each.pid == dashboard || is_relay_of("env")(each); });
    CHECK_MESSAGE(files_with_canary(all.world.state()).empty(),
                  files_with_canary(all.world.state()));
    const auto is_told_of_all = [](const json& status) {
        return std::ranges::any_of(status["destinations"], [](const json& each) {
            return each["name"] == "refused" && each["state"] == "rejected";
        });
    };
    CHECK_FALSE(events.wait("status", is_told_of_all).is_null());
    CHECK_FALSE(has_canary(events.text()));
    CHECK_FALSE(has_canary(all.dashboard->run().output() + all.dashboard->run().error()));
    // The only one that is ever told.
    CHECK(all.dashboard->change("POST", "/api/v1/ingest/reveal-publish-key", {}, all.password)
              .json()["key"] == canary + "publish");
    CHECK(all.dashboard->get("/").brief() == "401 password");
    CHECK(all.change("POST", "stop").status == 200);
}

TEST_CASE("dashboard canary: what is refused is told without what was sent") {
    const Searched all;
    all.add("one", {{"url", all.platform.url()}, {"key", canary + "one"}});
    struct Row {
        const char* path;
        json body;
    };
    const Row rows[] = {
        {"destinations/one", {{"key", canary + " with a blank"}}},
        {"destinations/one", {{"key", {canary}}}},
        {"destinations/one", {{"hold_s", canary}}},
        {"destinations/one", {{"url", "srt://127.0.0.1:99999?passphrase=" + canary}}},
        {"destinations/one", {{"url", "http://127.0.0.1/" + canary}}},
        {"destinations/one", {{"url", "rtmp://" + canary + ":" + canary + "@/live"}}},
        {"destinations/one", {{"backup_url", "rtmp://127.0.0.1:0/" + canary}}},
        {"destinations/one", {{"url", "rtmp://127.0.0.1/a/b c" + canary}}},
        {"destinations/one", {{canary, 1}}},
        {"destinations/one/key", {{"key", canary + "\n" + canary}}},
        {"destinations/one/key", {{"key", canary + std::string(5000, 'x')}}},
        {"destinations/one/key", {{"key", nullptr}, {canary, canary}}},
    };
    for (const Row& row : rows) {
        const std::string sent = row.body.dump();
        CAPTURE(sent);
        CHECK(all.change("PUT", row.path, row.body).brief() == "400 invalid");
    }
    const auto half = http(all.dashboard->port(), "PUT", "/api/v1/destinations/one",
                           {{"X-Restream-Token", all.dashboard->token()}, all.password[0]},
                           "{\"key\": \"" + canary);
    CHECK(all.searched("half a body", half).brief() == "400 invalid");
    // Files that others have spoiled: in answers, in events, and in what commands then say.
    EventReader events(*all.dashboard, all.password);
    const auto is_told = [](const json& problem) { return !problem["error"].is_null(); };
    for (const std::string& bad : {"key = " + canary, "key = \"" + canary + " with a blank\"",
                                   "url = \"srt://127.0.0.1:99999?passphrase=" + canary + "\""}) {
        CAPTURE(bad);
        all.world.add("bad", "rtmp://127.0.0.1/live", "", bad + "\n");
        CHECK_FALSE(events.wait("problem", is_told).is_null());
        CHECK(all.get("/api/v1/status").status == 200);
        CHECK(all.change("POST", "destinations/one/enable").brief() == "500 config");
        std::filesystem::remove(all.world.config() / "destinations.d" / "bad.toml");
        CHECK_FALSE(events.wait("problem", std::not_fn(is_told)).is_null());
    }
    CHECK_FALSE(has_canary(events.text()));
    CHECK_FALSE(has_canary(all.dashboard->run().output() + all.dashboard->run().error()));
    CHECK_MESSAGE(files_with_canary(all.world.state()).empty(),
                  files_with_canary(all.world.state()));
}

TEST_SUITE_END();

}  // namespace restream::test
