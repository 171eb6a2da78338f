// The audit log: who changed what, by which way, with which result.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "process/canary.hpp"
#include "process/dashboard_scene.hpp"
#include "process/patience.hpp"
#include "state/audit_log.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("audit");

namespace {

/// All lines of a world, by what `restream logs` prints.
json changes_of(const World& world) {
    const Outcome told = world.must({"logs", "--audit", "--json", "--lines", "1000"});
    return json::parse(told.output)["changes"];
}

/// "WHAT: RESULT" of each, one a line.
std::string briefly(const json& changes) {
    std::string lines;
    for (const auto& each : changes) {
        lines += fmt::format("{}: {}\n", each["what"].get<std::string>(),
                             each["result"].get<std::string>());
    }
    return lines;
}

std::string own_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "" : entry->pw_name;
}

const std::string nowhere = "rtmp://127.0.0.1:9/live";

}  // namespace

TEST_CASE("audit: each command that changes something leaves one line, with who, what and result") {
    const World world(IngestServer::embedded);
    // No systemd of this machine's user hears of it.
    const Call key{.input = canary + "\n",
                   .variables = {{"XDG_RUNTIME_DIR", world.home()},
                                 {"XDG_CONFIG_HOME", world.home() / "xdg"}}};
    struct Row {
        std::vector<std::string> arguments;
        int status;
        const char* told;  ///< nothing: no line
    };
    const Row rows[] = {
        {{"add", "main", "--url", nowhere, "--key-stdin"},
         0,
         "add main --url rtmp://127.0.0.1:9 --key-stdin: ok"},
        {{"add", "inurl", "--url", nowhere + "/" + canary},
         0,
         "add inurl --url rtmp://127.0.0.1:9: ok"},
        {{"add", "main", "--url", nowhere}, 2, "add *** --url rtmp://127.0.0.1:9: usage"},
        {{"add", "x", "--url", "ftp:" + canary}, 2, "add *** --url ***: usage"},
        {{"add", "x", "--service", canary + " word"}, 2, "add *** --service ***: usage"},
        {{"key", "main", "--key-stdin"}, 0, "key main --key-stdin: ok"},
        {{"key", "main", "--key-command", "echo " + canary}, 0, "key main --key-command: ok"},
        {{"key", "nobody", "--key-stdin"}, 2, "key *** --key-stdin: usage"},
        // A key of YouTube's form, in the place of something else.
        {{"key", "abcd-efgh-ijkl-mnop-qrst", "--key-stdin"}, 2, "key *** --key-stdin: usage"},
        {{"enable", "abcd-efgh-ijkl-mnop-qrst"}, 2, "enable ***: usage"},
        {{"add", "x", "--service", "abcd-efgh-ijkl-mnop-qrst"}, 2, "add *** --service ***: usage"},
        {{"enable", "main", "--no-start"}, 0, "enable main --no-start: ok"},
        {{"enable", "rtmp://host/live/" + canary}, 2, "enable ***: usage"},
        {{"enable", "main", "--wait-live", "--timeout", "6s"}, 1, "enable main: no"},
        {{"enable", "main", "--no-such-option"}, 2, nullptr},
        {{"restart", "main", "--timeout", "20s"}, 0, "restart main: ok"},
        {{"stop"}, 0, "stop: ok"},
        {{"start", "main", "--timeout", "20s"}, 0, "start main: ok"},
        {{"start", "--heal"}, 0, nullptr},
        {{"disable", "main", "inurl"}, 0, "disable main inurl: ok"},
        {{"disable", "--all", "--json"}, 0, "disable --all: ok"},
        {{"ingest", "reload"}, 0, "ingest reload: ok"},
        {{"ingest", "restart"}, 0, "ingest restart: ok"},
        {{"ingest", "stop"}, 0, "ingest stop: ok"},
        {{"ingest", "start", "--json"}, 0, "ingest start: ok"},
        {{"stop", "--ingest"}, 0, "stop --ingest: ok"},
        {{"service", "install"}, 0, "service install: ok"},
        {{"service", "remove"}, 0, "service remove: ok"},
        {{"dashboard", "--link"}, 1, "dashboard --link: no"},
        {{"dashboard", "--stop"}, 0, "dashboard --stop: ok"},
        {{"dashboard", "--rotate-token"}, 0, "dashboard --rotate-token: ok"},
        {{"doctor"}, -1, nullptr},
        {{"doctor", "--fix"}, -1, "doctor --fix: "},
        {{"remove", "inurl"}, 0, "remove inurl: ok"},
        {{"status"}, -1, nullptr},
        {{"ingest", "status"}, -1, nullptr},
        {{"service", "status"}, -1, nullptr},
        {{"services"}, -1, nullptr},
        {{"explain"}, -1, nullptr},
        {{"logs", "main"}, -1, nullptr},
    };
    std::size_t lines = 0;
    for (const Row& row : rows) {
        const Outcome outcome = world.run(row.arguments, key);
        CAPTURE(outcome.describe());
        CAPTURE(fmt::format("{}", fmt::join(row.arguments, " ")));
        if (row.status >= 0) CHECK(outcome.status == row.status);
        const json changes = changes_of(world);
        if (row.told == nullptr) {
            CHECK_MESSAGE(changes.size() == lines, briefly(changes));
            continue;
        }
        REQUIRE_MESSAGE(changes.size() == lines + 1, briefly(changes));
        ++lines;
        const json& last = changes.back();
        CHECK_MESSAGE(briefly(json::array({last})).starts_with(row.told), last.dump());
        CHECK(last["way"] == "command_line");
        CHECK(last["uid"] == ::geteuid());
        CHECK(last["user"] == own_name());
        CHECK(last["address"].is_null());
        CHECK(from_iso8601(last["at"].get<std::string>()).has_value());
    }
    CHECK_MESSAGE(files_with_canary(world.state()).empty(), files_with_canary(world.state()));
    struct stat info {};
    REQUIRE(::stat(world.layout().audit_log().c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    const Outcome text = world.must({"logs", "--audit", "-n", "1"});
    CHECK_MESSAGE(has(text.output, fmt::format("{} ({}), command line: remove inurl: ok\n",
                                               own_name(), ::geteuid())),
                  text.describe());
}

TEST_CASE("audit: before anything was changed there is nothing, and wrong usage is told") {
    const World world(IngestServer::embedded);
    const Outcome empty = world.must({"logs", "--audit"});
    CHECK(empty.output.empty());
    CHECK(has(empty.error, "nothing has been changed yet"));
    CHECK(json::parse(world.must({"logs", "--audit", "--json"}).output) ==
          json{{"schema", 1}, {"changes", json::array()}});
    for (const std::vector<std::string>& bad : {std::vector<std::string>{"--audit", "one"},
                                                {"--audit", "--ingest"},
                                                {"--audit", "--json", "--follow"},
                                                {"--json", "one"}}) {
        std::vector<std::string> arguments = {"logs"};
        arguments.insert(arguments.end(), bad.begin(), bad.end());
        CHECK(world.run(arguments).status == 2);
    }
}

TEST_CASE("audit: it is followed, over a rotation too") {
    const World world(IngestServer::embedded);
    world.must({"disable", "--all"});
    CommandRun follow = world.start({"logs", "--audit", "--follow"});
    CHECK(wait_until(Patience(10s), [&] { return has(follow.output(), "disable --all: ok\n"); }));
    world.must({"stop"});
    CHECK(wait_until(Patience(10s), [&] { return has(follow.output(), ": stop: ok\n"); }));
    fs::rename(world.layout().audit_log(), rotated_path(world.layout().audit_log(), 1));
    world.must({"ingest", "start"});
    CHECK(wait_until(Patience(10s), [&] { return has(follow.output(), ": ingest start: ok\n"); }));
    CHECK(follow.interrupt());
    CHECK(follow.wait().status == 0);
    CHECK(changes_of(world).size() == 3);
}

TEST_CASE("audit: commands at the same time leave whole lines, one each") {
    const World world(IngestServer::embedded);
    constexpr int count = 24;
    for (int i = 0; i < count; ++i) world.add(fmt::format("d{}", i), nowhere, "k");
    std::list<CommandRun> runs;
    for (int i = 0; i < count; ++i) {
        runs.push_back(world.start({"enable", fmt::format("d{}", i), "--no-start"}));
    }
    for (auto& run : runs) CHECK(run.wait(120s).status != -1);
    std::set<std::string> whats;
    const json changes = changes_of(world);
    for (const auto& each : changes) whats.insert(each["what"].get<std::string>());
    CHECK(changes.size() == count);
    CHECK(whats.size() == count);
    const std::string text = content_of(world.layout().audit_log());
    CHECK(std::ranges::count(text, '\n') == count);
}

TEST_CASE("audit: a log that can't be written is warned of, and the command does its work") {
    const World world(IngestServer::embedded);
    world.add("main", nowhere, "k");
    world.must({"enable", "main", "--no-start"});
    fs::remove(world.layout().audit_log());
    fs::create_directory(world.layout().audit_log());
    const Outcome outcome = world.run({"disable", "main"});
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK_MESSAGE(has(outcome.error, "warning: the audit log has no line about this: "),
                  outcome.describe());
    CHECK_MESSAGE(has(outcome.error, world.layout().audit_log().string()), outcome.describe());
    CHECK(world.status("main")["wanted"] == false);
    // What fails says why in its own words, and in those alone.
    const Outcome failed = world.run({"enable", "nobody"});
    CHECK_MESSAGE(!has(failed.error, "audit"), failed.describe());
    fs::remove(world.layout().audit_log());
}

TEST_CASE("audit: what is changed by the dashboard is there with the address and the way in") {
    const World world(IngestServer::embedded);
    world.configure("[dashboard]\npassword = \"CANARY-sesame\"\n");
    const Dashboard dashboard(world);
    const HttpHeaders password = {{"Authorization", basic_authorization("CANARY-sesame")}};
    const HttpHeaders wrong = {{"Authorization", basic_authorization(canary)}};
    const std::string one = "/api/v1/destinations/one";
    const auto change = [&](const char* method, const std::string& path, const json& body = {}) {
        return dashboard.change(method, path, body, password).brief();
    };
    CHECK(dashboard.get("/").brief() == "401 password");  // no attempt
    CHECK(dashboard.get("/", wrong).brief() == "401 password");
    const HttpAnswer let_in = dashboard.get("/", password);
    CHECK(let_in.status == 200);
    const std::string cookie = let_in.headers.at("set-cookie");
    const HttpHeaders with_cookie = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
    CHECK(change("PUT", one, {{"url", nowhere}, {"key", canary}}) == "201");
    CHECK(dashboard
              .change("PUT", one, {{"backup_url", "rtmp://127.0.0.2:9/" + canary + "/x"}},
                      with_cookie)
              .brief() == "200");
    CHECK(change("PUT", one, {{"url", "rtmp://a b/" + canary}}) == "400 invalid");
    CHECK(change("PUT", one + "/key", {{"key", canary}}) == "200");
    CHECK(change("POST", "/api/v1/destinations/nobody/enable") == "404 not_found");
    CHECK(change("POST", "/api/v1/disable", {{"names", {"one"}}}) == "200");
    CHECK(change("POST", "/api/v1/ingest/reveal-publish-key") == "200");
    CHECK(
        http(dashboard.port(), "POST", "/api/v1/stop", {password[0], {"X-Restream-Token", canary}})
            .brief() == "403 token_wrong");
    CHECK(change("DELETE", one) == "200");
    const json changes = changes_of(world);
    CHECK(briefly(changes) ==
          "log in: password\n"
          "log in: ok\n"
          "add one: url rtmp://127.0.0.1:9, key: ok\n"
          "change one: backup_url rtmp://127.0.0.2:9; key dropped: ok\n"
          "change one: url: invalid\n"
          "key one: ok\n"
          "enable ***: not_found\n"
          "disable one: ok\n"
          "reveal publish key: ok\n"
          "stop: token_wrong\n"
          "remove one: ok\n");
    for (const auto& each : changes) {
        CAPTURE(each.dump());
        CHECK(each["address"] == "127.0.0.1");
        CHECK(each["uid"] == ::geteuid());
        const bool is_out = each["result"] == "password" || each["result"] == "token_wrong";
        CHECK(each["way"] == (is_out ? "none" : "password"));
    }
    // The same by the API, and nothing but a number is a limit.
    const json told = dashboard.get("/api/v1/audit?limit=2", password).json();
    CHECK(told["schema"] == 1);
    CHECK(briefly(told["changes"]) == "stop: token_wrong\nremove one: ok\n");
    CHECK(dashboard.get("/api/v1/audit?limit=many", password).brief() == "400 bad_request");
    CHECK(dashboard.get("/api/v1/audit?limit=1001", password).brief() == "400 bad_request");
    CHECK(dashboard.get("/api/v1/audit").brief() == "401 password");
    CHECK_MESSAGE(files_with_canary(world.state()).empty(), files_with_canary(world.state()));
}

TEST_CASE("audit: whoever guesses passwords can't fill the disk") {
    const World world(IngestServer::embedded);
    world.configure("[dashboard]\npassword = \"CANARY-sesame\"\n");
    const Dashboard dashboard(world);
    for (int i = 0; i < 60; ++i) {
        http(dashboard.port(), "POST", "/api/v1/stop",
             {{"Authorization", basic_authorization(std::to_string(i))}});
    }
    const json changes = changes_of(world);
    CHECK(changes.size() >= 10);
    CHECK(changes.size() <= 11);
    CHECK(changes.back()["what"] == "stop");
}

TEST_SUITE_END();

}  // namespace restream::test
