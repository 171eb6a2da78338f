// What the dashboard writes into the audit log.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "dashboard/audit.hpp"
#include "state/audit_log.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

const SteadyTime start{};

Request asks(Method method, std::string path, std::string body = "") {
    Request made;
    made.method = method;
    made.path = std::move(path);
    made.body = std::move(body);
    made.host = "127.0.0.1:5000";
    made.address = "192.168.1.7";
    return made;
}

}  // namespace

TEST_CASE("dashboard audit: a change is told in a command's words, and with no secret") {
    struct Row {
        Method method;
        const char* path;
        const char* body;
        bool is_known;
        const char* told;
    };
    const Row rows[] = {
        {Method::post, "/api/v1/destinations/x/enable", "", true, "enable x"},
        {Method::remove, "/api/v1/destinations/x", "", true, "remove x"},
        {Method::post, "/api/v1/stop", "", true, "stop"},
        {Method::post, "/api/v1/doctor/fix", "", true, "doctor --fix"},
        {Method::post, "/api/v1/ingest/reload", "", true, "ingest reload"},
        {Method::post, "/api/v1/ingest/reveal-publish-key", "", true, "reveal publish key"},
        {Method::put, "/api/v1/destinations/x/key", R"({"key": "CANARY"})", true, "key x"},
        {Method::put, "/api/v1/destinations/x",
         R"({"service": "twitch", "key": "CANARY", "hold_s": 3})", false,
         "add x: service twitch, hold, key"},
        {Method::put, "/api/v1/destinations/x",
         R"({"url": "rtmps://CANARY:CANARY@a.example:443/CANARY/CANARY?a=CANARY"})", true,
         "change x: url rtmps://a.example:443"},
        {Method::put, "/api/v1/destinations/x",
         R"({"url": "srt://a.example:9000?passphrase=CANARY&streamid=CANARY"})", true,
         "change x: url srt://a.example:9000"},
        {Method::put, "/api/v1/destinations/x", R"({"url": "file:/CANARY/CANARY.flv"})", true,
         "change x: url file:"},
        {Method::put, "/api/v1/destinations/x", R"({"url": "http://a.example/CANARY"})", true,
         "change x: url"},
        {Method::put, "/api/v1/destinations/x", R"({"url": "CANARY:1935/CANARY"})", true,
         "change x: url"},
        {Method::put, "/api/v1/destinations/x", R"({"service": "CANARY key"})", true,
         "change x: service"},
        {Method::put, "/api/v1/destinations/x", R"({"backup_url": null})", true,
         "change x: backup_url"},
        {Method::put, "/api/v1/destinations/x", R"({"CANARY": 1})", true, "change x"},
        {Method::put, "/api/v1/destinations/x", "{\"key\": \"CANARY", true, "change x"},
        {Method::post, "/api/v1/CANARY\n", "", true, "unknown request"},
        {Method::put, "/api/v1/destinations/CANARY%0a/key", "", true, "unknown request"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CAPTURE(row.body);
        CHECK(asked_words(asks(row.method, row.path, row.body), {row.is_known, true}) == row.told);
    }
}

TEST_CASE("dashboard audit: what was refused may be a key of YouTube's form, and is not told") {
    struct Row {
        Method method;
        const char* path;
        const char* body;
        bool is_known;
        const char* told;
    };
    const Row rows[] = {
        {Method::put, "/api/v1/destinations/abcd-efgh-ijkl-mnop-qrst", R"({"service": "twitch"})",
         false, "add ***: service"},
        {Method::put, "/api/v1/destinations/abcd-efgh-ijkl-mnop-qrst/key", R"({"key": "CANARY"})",
         false, "key ***"},
        {Method::post, "/api/v1/destinations/abcd-efgh-ijkl-mnop-qrst/enable", "", false,
         "enable ***"},
        {Method::remove, "/api/v1/destinations/abcd-efgh-ijkl-mnop-qrst", "", false, "remove ***"},
        {Method::put, "/api/v1/destinations/x", R"({"service": "abcd-efgh-ijkl-mnop-qrst"})", true,
         "change x: service"},
        {Method::put, "/api/v1/destinations/x", R"({"backup": "abcd-efgh-ijkl-mnop-qrst"})", true,
         "change x: backup"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CHECK(asked_words(asks(row.method, row.path, row.body), {row.is_known, false}) == row.told);
    }
}

TEST_CASE("dashboard audit: who asked, what was dropped and what came of it are in the line") {
    const TemporaryFolder folder;
    const Layout layout(folder.path());
    Audit audit(layout, {});
    Request request = asks(Method::put, "/api/v1/destinations/x", R"({"backup_url": null})");
    request.way = WayIn::password;
    Answer answer;
    answer.body =
        R"({"schema": 1, "name": "x", "is_alive": false, "dropped": ["key", "streamid"]})";
    audit.note(request, true, answer);
    audit.note(request, true, refusal(400, "invalid", "CANARY", "CANARY", "url"));
    const auto changes = last_changes(layout, 10);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].who == Actor{WayIn::password, std::nullopt, "", "192.168.1.7"});
    CHECK(changes[0].what == "change x: backup_url; key, streamid dropped");
    CHECK(changes[0].result == "ok");
    CHECK(changes[1].result == "invalid");
    CHECK(folder.read("logs/audit.jsonl").find("CANARY") == std::string::npos);
}

TEST_CASE("dashboard audit: whoever floods it with refusals gets few lines, and a count") {
    const TemporaryFolder folder;
    const Layout layout(folder.path());
    Audit audit(layout, {});
    const Answer wrong = refusal(401, "password", "the password is wrong", "another one");
    Request guess = asks(Method::get, "/");
    audit.note_refused(guess, wrong, start);
    CHECK(last_changes(layout, 10).empty());  // a browser asks without a password first
    guess.authorization = "Basic Q0FOQVJZ";
    for (int i = 0; i < 1000; ++i) {
        guess.address = fmt::format("10.0.{}.{}", i / 250, i % 250);
        audit.note_refused(guess, wrong, start + i * 100ms);
    }
    CHECK(last_changes(layout, 1000).size() == 10);
    audit.note_refused(guess, wrong, start + 3700s);
    const auto changes = last_changes(layout, 1000);
    REQUIRE(changes.size() == 11);
    CHECK(changes[0].what == "log in");
    CHECK(changes[0].who == Actor{WayIn::none, std::nullopt, "", "10.0.0.0"});
    CHECK(changes[0].result == "password");
    CHECK(changes[10].what == "log in (990 more before this)");
    // Who may not change something, and asked for it.
    const TemporaryFolder other;
    Audit fresh(Layout(other.path()), {});
    fresh.note_refused(asks(Method::post, "/api/v1/stop"),
                       refusal(403, "foreign_origin", "no", "no"), start);
    fresh.note_refused(asks(Method::get, "/api/v1/status"),
                       refusal(403, "foreign_origin", "no", "no"), start);
    const auto foreign = last_changes(Layout(other.path()), 10);
    REQUIRE(foreign.size() == 1);
    CHECK(foreign[0].what == "stop");
    CHECK(foreign[0].result == "foreign_origin");
    for (int i = 0; i < 50; ++i) fresh.note_login(guess, WayIn::password, start);
    CHECK(last_changes(Layout(other.path()), 100).size() == 11);
}

TEST_CASE("dashboard audit: a log that can't be written is told once, and stops nothing") {
    const TemporaryFolder folder;
    folder.write("logs/audit.jsonl/in-its-place", "");
    std::vector<std::string> told;
    Audit audit(Layout(folder.path()), [&](const std::string& words) { told.push_back(words); });
    for (int i = 0; i < 3; ++i) audit.note(asks(Method::post, "/api/v1/stop"), true, {});
    REQUIRE(told.size() == 1);
    CHECK_MESSAGE(told[0].find("audit.jsonl") != std::string::npos, told[0]);
}

TEST_SUITE_END();

}  // namespace restream::tests
