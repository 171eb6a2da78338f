// The dashboard without sockets: who is let in, what a path means, what is told.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/paths.hpp"
#include "dashboard/config_watch.hpp"
#include "dashboard/documents.hpp"
#include "dashboard/door.hpp"
#include "dashboard/metrics.hpp"
#include "dashboard/rate.hpp"
#include "dashboard/route.hpp"
#include "state/dashboard_record.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SteadyTime start{};

Request request(Method method = Method::get, std::string path = "/api/v1/status") {
    Request made;
    made.method = method;
    made.path = std::move(path);
    made.host = "127.0.0.1:5000";
    made.address = "127.0.0.1";
    return made;
}

DoorRules rules() {
    DoorRules made;
    made.token = Secret(token);
    return made;
}

/// "403 foreign_host"; empty where it is let in.
std::string refusal_of(Door& door, const Request& asked, SteadyTime now = start) {
    const auto refused = door.refuse(asked, now);
    if (!refused) return "";
    const json body = json::parse(refused->body);
    CHECK(body["error"]["message"].get<std::string>() != "");
    CHECK(body["error"]["remedy"].get<std::string>() != "");
    return fmt::format("{} {}", refused->status, body["error"]["code"].get<std::string>());
}

}  // namespace

TEST_CASE("dashboard: is asked under its own names only") {
    DoorRules all = rules();
    all.hosts = {"studio.local", "192.168.1.5", "fe80::1"};
    Door door(all);
    for (const char* good :
         {"127.0.0.1:5000", "localhost:5000", "LOCALHOST:5000", "[::1]:5000", "studio.local:5000",
          "Studio.Local:5000", "192.168.1.5:5000", "[fe80::1]:5000"}) {
        CAPTURE(good);
        Request asked = request();
        asked.host = good;
        CHECK(refusal_of(door, asked) == "");
    }
    for (const char* bad :
         {"", "127.0.0.1", "localhost", "127.0.0.1:5001", "127.0.0.1:50000", "evil.example:5000",
          "127.0.0.1.evil.example:5000", "localhost.evil.example:5000",
          "127.0.0.1:5000.evil.example", "user@127.0.0.1:5000", "127.0.0.1:5000/",
          " 127.0.0.1:5000", "127.0.0.1:5000 ", "[::1]", "::1:5000", "0.0.0.0:5000",
          "192.168.1.6:5000", "xn--localhost:5000", "127.0.0.1:5000, evil.example"}) {
        CAPTURE(bad);
        Request asked = request();
        asked.host = bad;
        CHECK(refusal_of(door, asked) == "403 foreign_host");
    }
}

TEST_CASE("dashboard: on every address, any address is good, and still no foreign name") {
    DoorRules all = rules();
    all.is_any_address = true;
    Door door(all);
    for (const char* good : {"192.168.1.5:5000", "[fe80::7]:5000", "10.0.0.1:5000"}) {
        CAPTURE(good);
        Request asked = request();
        asked.host = good;
        CHECK(refusal_of(door, asked) == "");
    }
    for (const char* bad : {"evil.example:5000", "192.168.1.5:5001", "192.168.1.5", "1.2.3:5000",
                            "192.168.1.0/24:5000"}) {
        CAPTURE(bad);
        Request asked = request();
        asked.host = bad;
        CHECK(refusal_of(door, asked) == "403 foreign_host");
    }
}

TEST_CASE("dashboard: no page of another site may ask, not even look") {
    Door door(rules());
    struct Row {
        const char* origin;
        const char* fetch_site;
        const char* refused;
    };
    const Row rows[] = {
        {"", "", ""},
        {"http://127.0.0.1:5000", "", ""},
        {"http://127.0.0.1:5000", "same-origin", ""},
        {"https://127.0.0.1:5000", "", ""},
        {"", "none", ""},
        {"", "same-origin", ""},
        {"http://evil.example", "", "403 foreign_origin"},
        {"http://localhost:5000", "", "403 foreign_origin"},
        {"http://127.0.0.1:5001", "", "403 foreign_origin"},
        {"http://127.0.0.1", "", "403 foreign_origin"},
        {"null", "", "403 foreign_origin"},
        {"file://", "", "403 foreign_origin"},
        {"", "cross-site", "403 foreign_origin"},
        {"", "same-site", "403 foreign_origin"},
        {"", "whatever", "403 foreign_origin"},
        {"http://127.0.0.1:5000", "cross-site", "403 foreign_origin"},
        {"http://127.0.0.1:5000.evil.example", "", "403 foreign_origin"},
        {"http://evil.example/http://127.0.0.1:5000", "", "403 foreign_origin"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.origin);
        CAPTURE(row.fetch_site);
        Request asked = request();
        asked.origin = row.origin;
        asked.fetch_site = row.fetch_site;
        CHECK(refusal_of(door, asked) == row.refused);
    }
}

TEST_CASE("dashboard: what changes something needs the token, looking does not") {
    Door door(rules());
    for (const Method method : {Method::post, Method::put, Method::remove}) {
        Request asked = request(method);
        CHECK(refusal_of(door, asked) == "403 token_missing");
        for (const std::string& bad :
             {std::string("x"), std::string(token) + "0", std::string(token).substr(1),
              std::string(64, '0'), std::string(token) + '\0', std::string("Bearer ") + token}) {
            asked.token = bad;
            CHECK(refusal_of(door, asked) == "403 token_wrong");
        }
        asked.token = token;
        CHECK(refusal_of(door, asked) == "");
    }
    CHECK(refusal_of(door, request()) == "");
    // No path knows it: that is told to anybody.
    CHECK(refusal_of(door, request(Method::other)) == "");
}

TEST_CASE("dashboard: a page of another site cannot use up what ours may ask") {
    Door door(rules());
    Request foreign = request();
    foreign.origin = "http://evil.example";
    for (int i = 0; i < 400; ++i) CHECK(refusal_of(door, foreign) == "403 foreign_origin");
    CHECK(refusal_of(door, foreign) == "429 too_many");
    for (int i = 0; i < 400; ++i) CHECK(refusal_of(door, request()) == "");
    CHECK(refusal_of(door, request()) == "429 too_many");
    CHECK(refusal_of(door, request(), start + 1s) == "");
}

TEST_CASE("dashboard: a link of another site opens the page, and nothing else") {
    Door door(rules());
    struct Row {
        const char* path;
        const char* mode;
        const char* destination;
        Method method;
        const char* refused;
    };
    const Row rows[] = {
        {"/", "navigate", "document", Method::get, ""},
        {"/", "navigate", "iframe", Method::get, "403 foreign_origin"},
        {"/", "navigate", "", Method::get, "403 foreign_origin"},
        {"/", "no-cors", "document", Method::get, "403 foreign_origin"},
        {"/", "cors", "empty", Method::get, "403 foreign_origin"},
        {"/", "navigate", "document", Method::post, "403 foreign_origin"},
        {"/api/v1/status", "navigate", "document", Method::get, "403 foreign_origin"},
        {"/metrics", "navigate", "document", Method::get, "403 foreign_origin"},
        {"/assets/app.js", "no-cors", "script", Method::get, "403 foreign_origin"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CAPTURE(row.mode);
        for (const char* site : {"cross-site", "same-site"}) {
            Request asked = request();
            asked.path = row.path;
            asked.method = row.method;
            asked.fetch_site = site;
            asked.fetch_mode = row.mode;
            asked.fetch_dest = row.destination;
            CHECK(refusal_of(door, asked) == row.refused);
            asked.origin = "http://evil.example";
            CHECK(refusal_of(door, asked) == "403 foreign_origin");
        }
    }
}

TEST_CASE("dashboard: a password is asked of everybody, and cannot be guessed quickly") {
    DoorRules all = rules();
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request asked = request();
    CHECK(refusal_of(door, asked) == "401 password");
    asked.authorization = "Basic YW55Om9wZW4gc2VzYW1lOiAx";  // any:open sesame: 1
    CHECK(refusal_of(door, asked) == "");
    asked.method = Method::post;
    CHECK(refusal_of(door, asked) == "403 token_missing");
    asked.method = Method::get;
    asked.path = "/healthz";
    asked.authorization = "";
    CHECK(refusal_of(door, asked) == "");
    asked.path = "/";
    for (int i = 0; i < 10; ++i) {
        asked.authorization = "Basic YW55Om5v";
        CHECK(refusal_of(door, asked) == "401 password");
    }
    CHECK(refusal_of(door, asked) == "429 too_many");
    asked.authorization = "Basic YW55Om9wZW4gc2VzYW1lOiAx";
    CHECK(refusal_of(door, asked) == "429 too_many");
    asked.address = "127.0.0.2";
    CHECK(refusal_of(door, asked) == "");
    asked.address = "127.0.0.1";
    CHECK(refusal_of(door, asked, start + 11s) == "");
}

TEST_CASE("dashboard: the password of a Basic header is what follows the first colon") {
    CHECK(basic_password("Basic dTpw") == Secret("p"));
    CHECK(basic_password("basic dTpwOnE=") == Secret("p:q"));
    CHECK(basic_password("Basic Og==") == Secret(""));
    for (const char* bad : {"", "Basic", "Basic ", "Basic dQ==", "Bearer dTpw", "dTpw",
                            "Basic d!pw", "Basic  dTpw", "Basic dTpw\n"}) {
        CAPTURE(bad);
        CHECK_FALSE(basic_password(bad));
    }
}

TEST_CASE("dashboard: who asks too often is told to wait, others are not") {
    RateLimit limit({10, 3});
    for (int i = 0; i < 3; ++i) CHECK(limit.take("a", start));
    CHECK_FALSE(limit.take("a", start));
    CHECK(limit.take("b", start));
    CHECK_FALSE(limit.take("a", start + 99ms));
    CHECK(limit.take("a", start + 200ms));
    for (int i = 0; i < 5000; ++i) limit.take(std::to_string(i), start + 1s);
    CHECK(limit.take("a", start + 1s));
}

TEST_CASE("dashboard: a document in one line says the same") {
    const json document = {{"a", "line\nbreak  and   blanks"}, {"b", {1, 2, {{"c", nullptr}}}}};
    const std::string line = in_one_line(document.dump(2) + "\n");
    CHECK(line.find('\n') == std::string::npos);
    CHECK(json::parse(line) == document);
}

TEST_CASE("dashboard: a destination's secrets are in no document") {
    const TemporaryFolder folder;
    folder.write("destinations.d/one.toml",
                 "url = \"srt://u5er:pa55w0rd@127.0.0.1:9000?passphrase=CANARY1234&latency=20\"\n");
    folder.write("destinations.d/two.toml", "url = \"rtmp://127.0.0.1/live/CANARY\"\n");
    folder.write("destinations.d/three.toml",
                 "url = \"rtmp://127.0.0.1/live\"\nkey = \"CANARY\"\nhold = \"90s\"\n");
    folder.write("restream.toml", "[destination.four]\nurl = \"rtmp://127.0.0.1/live\"\n");
    const std::string text = destinations_document(load_config(folder.path()));
    for (const char* secret : {"CANARY", "pa55w0rd", "u5er"}) {
        CHECK_MESSAGE(text.find(secret) == std::string::npos, text);
    }
    const json all = json::parse(text)["destinations"];
    REQUIRE(all.size() == 4);
    CHECK(all[0]["name"] == "four");
    CHECK(all[0]["is_editable"] == false);
    CHECK(all[0]["file"] == "restream.toml");
    CHECK(all[2]["key"] == "text");
    CHECK(all[2]["hold_s"] == 90);
    CHECK(all[2]["is_editable"] == true);
}

TEST_CASE("dashboard: the configuration is read again where a file of it has changed") {
    const TemporaryFolder folder;
    ConfigWatch watch(folder.path(), share_directory());
    CHECK(watch.current()->destinations.empty());
    const auto first = watch.generation();
    CHECK(watch.current() == watch.current());
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live\"\n");
    CHECK(watch.current()->destinations.size() == 1);
    CHECK(watch.generation() != first);
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live\"\nnonsense = 1\n");
    CHECK_THROWS(watch.current());
    CHECK_THROWS(watch.current());
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/other\"\n");
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/other");
}

TEST_CASE("dashboard: a change is seen that a file's size and time do not show") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "destinations.d/one.toml";
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live1\"\n");
    ConfigWatch watch(folder.path(), share_directory());
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/live1");
    const auto generation = watch.generation();
    CHECK(watch.generation() == generation);
    const auto time = std::filesystem::last_write_time(file);
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live2\"\n");
    std::filesystem::last_write_time(file, time);
    CHECK(watch.generation() != generation);
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/live2");
}

TEST_CASE("dashboard: its record reads back, and nothing else does") {
    const DashboardRecord record{this_process(), "http://127.0.0.1:5000"};
    const std::string text = to_json(record);
    CHECK(dashboard_record_from_json(text) == record);
    for (const std::string& bad :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
          std::string("{\"schema\":2}"), std::string("{\"schema\":1,\"url\":7,\"process\":{}}"),
          std::string("{\"schema\":1,\"url\":\"http://\",\"process\":{}}"),
          std::string("{\"schema\":1,\"url\":\"http://\"}"), text.substr(0, text.size() / 2)}) {
        CAPTURE(bad);
        CHECK_FALSE(dashboard_record_from_json(bad));
    }
}

TEST_CASE("dashboard: the token is made once, and a damaged one anew") {
    const TemporaryFolder folder;
    const Registry registry{Layout(folder.path())};
    registry.prepare();
    const Secret made = dashboard_token(registry.layout());
    CHECK(made.reveal().size() == 64);
    CHECK(dashboard_token(registry.layout()) == made);
    folder.write("run/dashboard.token", "short\n");
    const Secret anew = dashboard_token(registry.layout());
    CHECK(anew != made);
    CHECK(anew.reveal().size() == 64);
    CHECK(dashboard_token(registry.layout()) == anew);
}

TEST_CASE("dashboard: metrics name each family once, and hold no URL") {
    Status status;
    DestinationStatus one;
    one.name = "one";
    one.service = "twitch";
    one.url = "rtmp://host/app/***";
    one.wanted = true;
    one.state = State::live;
    one.session = SessionFigures{};
    one.session->bytes_sent = 12'345'678'901;
    one.session->queue_ms = 250;
    one.session->rtt_ms = 12.5;
    DestinationStatus two;
    two.name = "two";
    two.backup.emplace();
    two.backup->state = State::live;
    two.backup->session = SessionFigures{};
    two.backup->session->bytes_sent = 7;
    status.destinations = {one, two};
    const std::string text = to_prometheus(status, IngestView{}, "1.2.3");
    for (const char* line :
         {"restream_destination_wanted{destination=\"one\",service=\"twitch\"} 1\n",
          "restream_destination_live{destination=\"two\",service=\"\",server=\"backup\"} 1\n",
          "restream_session_sent_bytes_total{destination=\"two\",service=\"\",server=\"backup\"} "
          "7\n",
          "restream_build_info{version=\"1.2.3\"} 1\n",
          "restream_destination_live{destination=\"one\",service=\"twitch\",server=\"primary\"} "
          "1\n",
          "restream_destination_live{destination=\"two\",service=\"\",server=\"primary\"} 0\n",
          "restream_session_sent_bytes_total{destination=\"one\",service=\"twitch\",server="
          "\"primary\"} 12345678901\n",
          "restream_session_queue_seconds{destination=\"one\",service=\"twitch\",server="
          "\"primary\"} 0.25\n",
          "restream_session_rtt_seconds{destination=\"one\",service=\"twitch\",server=\"primary\"} "
          "0.0125\n",
          "restream_destination_state{destination=\"one\",service=\"twitch\",server=\"primary\","
          "state=\"live\"} "
          "1\n"}) {
        CHECK_MESSAGE(text.find(line) != std::string::npos, line, text);
    }
    CHECK(text.find("rtmp:") == std::string::npos);
    CHECK(text.find(
              "restream_session_queue_seconds{destination=\"two\",service=\"\",server=\"primary") ==
          std::string::npos);
    std::set<std::string> families;
    for (std::size_t at = 0; (at = text.find("# TYPE ", at)) != std::string::npos; ++at) {
        CHECK(families.insert(text.substr(at + 7, text.find(' ', at + 7) - at - 7)).second);
    }
    CHECK(families.size() > 15);
}

TEST_SUITE_END();

}  // namespace restream::tests
