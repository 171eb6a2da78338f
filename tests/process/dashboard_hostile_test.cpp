// Clients that ask too much, too often or too long cost no relay a message.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "process/dashboard_scene.hpp"
#include "process/patience.hpp"
#include "state/command_lock.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_hostile");

namespace {

/// What a bucket of one address holds, and what flows into it: docs/api.md.
constexpr int burst = 400;
constexpr int per_second = 200;

struct Answers {
    int served = 0;   ///< 200
    int refused = 0;  ///< told so: 429 or 503
    int cut = 0;      ///< not a word
    int other = 0;

    void count(const std::string& answer) {
        const auto is = [&](int status) {
            return answer.starts_with(fmt::format("HTTP/1.1 {} ", status));
        };
        ++(is(200) ? served : is(429) || is(503) ? refused : answer.empty() ? cut : other);
    }
};

}  // namespace

TEST_CASE("dashboard: a body or a chunk without an end is refused at its bound") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const std::string chunked = "PUT /api/v1/destinations/x HTTP/1.1\r\n" + dashboard.host_line() +
                                "Transfer-Encoding: chunked\r\n\r\n";
    const std::string long_text(100'000, 'a');
    // What HTTP's parser itself does not bound.
    for (const std::string& endless : {chunked + "1;" + long_text, chunked + "0\r\nA: " + long_text,
                                       chunked + "0\r\n" + long_text}) {
        HttpLine rude(dashboard.port());
        rude.send(endless);
        CHECK(rude.read_until("too_large").starts_with("HTTP/1.1 413 "));
    }
    CHECK(http(dashboard.port(), "PUT", "/api/v1/destinations/x",
               {{"X-Restream-Token", dashboard.token()}}, long_text)
              .brief() == "413 too_large");
    CHECK(dashboard.get("/healthz", {{"X-Long", long_text.substr(0, 9000)}}).brief() ==
          "431 too_large");
    CHECK(dashboard.get("/healthz").status == 200);
}

TEST_CASE("dashboard: of 500 pages at once the newest 32 get events, and nobody locks others out") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    std::list<HttpLine> readers;
    for (int i = 0; i < 500; ++i) {
        readers.emplace_back(dashboard.port())
            .send("GET /api/v1/events HTTP/1.1\r\n" + dashboard.host_line() + "\r\n");
    }
    Answers answers;
    readers.remove_if([&](HttpLine& each) {
        const std::string answer = each.read_until("\r\n\r\n");
        answers.count(answer);
        return !answer.starts_with("HTTP/1.1 200 ");
    });
    CHECK(answers.other == 0);
    // Only who comes when the address's bucket is empty.
    CHECK(answers.refused <= 500 - burst);
    // Who finds 256 others before him is not even told.
    CHECK(answers.served >= 256);
    const auto count_connected = [&] { return dashboard.count_sockets() - 1; };
    CHECK(wait_until(Patience(10s), [&] { return count_connected() == 32; }));
    // One who comes now is told everything, and still there are no more.
    EventReader page(dashboard);
    CHECK_FALSE(page.wait("status", [](const json&) { return true; }).is_null());
    CHECK(wait_until(Patience(10s), [&] { return count_connected() == 32; }));
    CHECK(dashboard.get("/healthz").status == 200);
}

TEST_CASE("dashboard: too many changes at once are told to come again, and all others are done") {
    const World world(IngestServer::embedded);
    const Dashboard dashboard(world);
    const std::string body = R"({"url": "rtmp://127.0.0.1/live"})";
    const std::string put = fmt::format(
        "PUT /api/v1/destinations/one HTTP/1.1\r\n{}X-Restream-Token: {}\r\n"
        "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
        dashboard.host_line(), dashboard.token(), body.size(), body);
    // 32 wait for the lock, 64 for one of them to have done.
    constexpr int room = 32 + 64;
    std::list<HttpLine> lines;
    std::list<std::string> refusals;
    {
        const CommandLock lock(world.layout(), "test");
        for (int i = 0; i < room + 4; ++i) lines.emplace_back(dashboard.port()).send(put);
        const auto has_refused = [&] {
            for (auto at = lines.begin(); at != lines.end();) {
                const std::string answer = at->read_until("", Milliseconds(0));
                const bool is_refused = has(answer, "\r\n\r\n{");
                if (is_refused) refusals.push_back(answer);
                at = is_refused ? lines.erase(at) : std::next(at);
            }
            return refusals.size() >= 4;
        };
        CHECK(wait_until(Patience(4s), has_refused));
        CHECK(dashboard.get("/api/v1/status").status == 200);
    }
    for (const auto& each : refusals) {
        CHECK_MESSAGE(each.starts_with("HTTP/1.1 503 "), each);
        const json error = json::parse(each.substr(each.find("\r\n\r\n")))["error"];
        CHECK(error["code"] == "busy");
        CHECK_FALSE(error["remedy"].get<std::string>().empty());
    }
    int done = 0;
    for (auto& each : lines) {
        const std::string answer = each.read_until("", 20s);
        CHECK_MESSAGE((answer.starts_with("HTTP/1.1 20") || has(answer, "\"busy\"")), answer);
        done += answer.starts_with("HTTP/1.1 20");
    }
    CHECK(done >= 32);
    CHECK(dashboard.change("PUT", "/api/v1/destinations/one", {{"hold_s", 9}}).status == 200);
}

TEST_CASE("dashboard: a key reaches no server that it was not given for, whatever is changed") {
    const Line line;
    const Dashboard dashboard(line.world);
    const TagServer platform;
    const TagServer thief;
    const std::string key = "KEY-CANARY";
    const auto change = [&](const char* method, const std::string& path, const json& body = {}) {
        const HttpAnswer answer = dashboard.change(method, "/api/v1/destinations/" + path, body);
        CHECK_MESSAGE(answer.status / 100 == 2, path, answer.body);
        return answer.body;
    };
    struct Row {
        const char* name;
        bool is_live;  ///< when it is changed
        json body;
    };
    const Row rows[] = {
        {"url", false, {{"url", thief.url()}}},
        {"live", true, {{"url", thief.url()}}},
        {"backup", false, {{"backup_url", thief.url()}, {"backup", "both"}}},
        {"null", true, {{"url", thief.url()}, {"key", nullptr}, {"service", nullptr}}},
    };
    std::size_t stolen = 0;
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        const std::string name = row.name;
        change("PUT", name, {{"url", platform.url()}, {"key", key}});
        if (row.is_live) change("POST", name + "/enable");
        CHECK(json::parse(change("PUT", name, row.body))["dropped"] == json{"key"});
        change("POST", name + (row.is_live ? "/restart" : "/enable"));
        CHECK(thief.wait_for([&](const auto& sessions) { return sessions.size() > stolen; }));
        stolen = thief.sessions().size();
        change("DELETE", name);
    }
    for (const auto& session : thief.sessions()) CHECK(session.name.empty());
    // With the key of the new server, it goes there.
    change("PUT", "own", {{"url", platform.url()}, {"key", key}});
    CHECK(json::parse(change("PUT", "own", {{"url", thief.url()}, {"key", "ANOTHER"}}))["dropped"]
              .empty());
    change("POST", "own/enable");
    CHECK(thief.wait_for([](const auto& sessions) { return sessions.back().name == "ANOTHER"; }));
    line.check_untouched();
}

TEST_CASE("dashboard: 500 half requests and 10,000 whole ones cost no relay a message") {
    const int whole = is_short() ? 2'000 : 10'000;
    Line line;
    const Dashboard dashboard(line.world);
    std::list<HttpLine> slow;
    for (int i = 0; i < 500; ++i) slow.emplace_back(dashboard.port()).send("GET / HT");
    CHECK(dashboard.get("/healthz").status == 200);
    Answers answers;
    const auto begun = SteadyClock::now();
    for (int i = 0; i < whole; ++i) {
        const auto answer = dashboard.get(i % 10 == 0 ? "/api/v1/status" : "/healthz");
        answers.count(answer.status == 0 ? "" : fmt::format("HTTP/1.1 {} ", answer.status));
    }
    const std::chrono::duration<double> took = SteadyClock::now() - begun;
    CHECK(answers.served + answers.refused == whole);
    CHECK(answers.served >= burst);
    CHECK(answers.served <= burst + per_second * took.count() + 1);
    for (auto& each : slow) CHECK(each.wait_closed(20s));
    line.check_untouched();
}

TEST_CASE("dashboard: what is no HTTP is told so, or cut off, and costs no relay a message") {
    Line line;
    const Dashboard dashboard(line.world);
    struct Row {
        std::string_view sent;
        std::string_view told;  ///< empty: cut off
    };
    const Row rows[] = {
        {"\r\n\r\n", "HTTP/1.1 400 "},
        {"GET\r\n\r\n", "HTTP/1.1 400 "},
        {"\x16\x03\x01\x02\x00\x01", "HTTP/1.1 400 "},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n1", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400 "},
        {"GET  / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"GET /\x01 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\nA\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 403 "},
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 403 "},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.sent));
        HttpLine rude(dashboard.port());
        rude.send(row.sent);
        const std::string answer = rude.read_until("\r\n\r\n", 12s);
        CHECK_MESSAGE(answer.substr(0, 13) == row.told, answer);
    }
    CHECK(dashboard.get("/healthz").status == 200);
    line.check_untouched();
}

TEST_SUITE_END();

}  // namespace restream::test
