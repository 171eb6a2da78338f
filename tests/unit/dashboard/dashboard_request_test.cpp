// What the dashboard reads from others, without sockets: HTTP's headers, and bodies.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/beast/http/parser.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "config/config.hpp"
#include "dashboard/body.hpp"
#include "dashboard/changes.hpp"
#include "dashboard/jobs.hpp"
#include "dashboard/metrics.hpp"
#include "dashboard/read_request_asio.hpp"
#include "system/fd.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

namespace http = boost::beast::http;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

constexpr const char* head = "GET /a?b=1 HTTP/1.1\r\nHost: h\r\n";

/// Nothing where HTTP's parser refuses it already.
std::optional<std::variant<Request, Answer>> read(const std::string& text) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    parser.put(boost::asio::buffer(text), error);
    if (error || !parser.is_done()) return std::nullopt;
    return read_request(parser.get(), "127.0.0.1");
}

}  // namespace

TEST_CASE("dashboard: a request is what its headers say") {
    const auto read_one = read(std::string(head) +
                               "origin: o\r\nSEC-FETCH-SITE: none\r\nX-Restream-Token: t\r\n"
                               "Authorization: Basic x\r\nContent-Length: 3\r\n\r\nabc");
    REQUIRE(read_one);
    const auto& request = std::get<Request>(*read_one);
    CHECK(request.method == Method::get);
    CHECK(request.path == "/a");
    CHECK(request.query == "b=1");
    CHECK(request.host == "h");
    CHECK(request.origin == "o");
    CHECK(request.fetch_site == "none");
    CHECK(request.token == "t");
    CHECK(request.body == "abc");
    CHECK_FALSE(request.is_head);
    const auto only_head = read("HEAD / HTTP/1.0\r\n\r\n");
    REQUIRE(only_head);
    CHECK(std::get<Request>(*only_head).method == Method::get);
    CHECK(std::get<Request>(*only_head).is_head);
    const auto chunked =
        read(std::string(head) + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    REQUIRE(chunked);
    CHECK(std::get<Request>(*chunked).body == "abc");
}

TEST_CASE("dashboard: a request that can be understood in two ways is refused") {
    for (const char* bad :
         {"Host: evil.example\r\n\r\n",
          "HOST: h\r\n\r\n",
          "Host:\r\n\r\n",
          "Origin: a\r\nOrigin: b\r\n\r\n",
          "X-Restream-Token: a\r\nx-restream-token: a\r\n\r\n",
          "Authorization: a\r\nAuthorization: b\r\n\r\n",
          "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n\r\n",
          "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
          "Content-Length: 1, 1\r\n\r\nx",
          "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
          "Content-Length: +1\r\n\r\nx",
          "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: gzip\r\n\r\n",
          "Transfer-Encoding: xchunked\r\n\r\n",
          "Transfer-Encoding: chunked, gzip\r\n\r\n",
          "Transfer-Encoding: identity\r\n\r\n",
          "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: evil.example\r\n\r\n"}) {
        CAPTURE(std::string(bad));
        const auto found = read(std::string(head) + bad);
        if (!found) continue;  // HTTP's parser has refused it
        const auto* refused = std::get_if<Answer>(&*found);
        REQUIRE(refused != nullptr);
        CHECK(refused->status == 400);
    }
    const auto old = read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    CHECK((!old || std::holds_alternative<Answer>(*old)));
}

TEST_CASE("dashboard: who has a network of addresses is counted as one") {
    const auto client = [](const char* text) {
        return client_of(boost::asio::ip::make_address(text));
    };
    CHECK(client("192.168.1.5") == "192.168.1.5");
    CHECK(client("::ffff:192.168.1.5") == "192.168.1.5");
    CHECK(client("2001:db8:1:2:3:4:5:6") == client("2001:db8:1:2::ffff"));
    CHECK(client("2001:db8:1:2::1") != client("2001:db8:1:3::1"));
    CHECK(client("::ffff:10.0.0.1") != client("::ffff:10.0.0.2"));
    CHECK(client("::1") == "::1");
    CHECK(client("::2") != "::1");
}

TEST_CASE("dashboard: a body says which members change, and which go") {
    const auto body = destination_body(
        R"({"url": "rtmp://h/live", "backup_url": null, "backup": "", "hold_s": 1.5, "key": "k"})");
    CHECK(body.texts.size() == 3);
    CHECK(body.texts.at("url") == "rtmp://h/live");
    CHECK(body.texts.at("backup_url") == std::nullopt);
    CHECK(body.texts.at("backup") == std::nullopt);
    CHECK(body.has_hold);
    CHECK(body.hold == Milliseconds(1500));
    CHECK(body.key == Secret("k"));
    CHECK(destination_body("{}").texts.empty());
    CHECK_FALSE(destination_body(R"({"key": null})").key);
    CHECK(destination_body(R"({"hold_s": null})").has_hold);
    CHECK(key_body(R"({"key": "k"})") == Secret("k"));
}

TEST_CASE("dashboard: what no body can be is told without a value of it") {
    const std::string deep(10'000, '[');
    for (const std::string& bad : {std::string(),
                                   std::string("null"),
                                   std::string("[]"),
                                   std::string("\"CANARY\""),
                                   std::string("{"),
                                   std::string("{} {}"),
                                   std::string("{\"url\": \"CANARY\",}"),
                                   std::string("// CANARY\n{}"),
                                   std::string("\0", 1),
                                   deep,
                                   deep + std::string(10'000, ']'),
                                   "{\"url\": " + deep,
                                   std::string(R"({"url": {}})"),
                                   std::string(R"({"url": ["CANARY"]})"),
                                   std::string(R"({"url": 7})"),
                                   std::string(R"({"url": true})"),
                                   std::string(R"({"url": "CANARY", "url": "rtmp://h/x"})"),
                                   std::string(R"({"key": "a", "key": "CANARY"})"),
                                   std::string(R"({"key": 7})"),
                                   std::string(R"({"key": false})"),
                                   std::string(R"({"key": "CANARY CANARY"})"),
                                   std::string(R"({"key": "CANARY\u0000"})"),
                                   std::string(R"({"key": "CANARY\n"})"),
                                   std::string("{\"key\": \"CANARY\xFF\"}"),
                                   std::string(R"({"key": "\ud800CANARY"})"),
                                   "{\"key\": \"" + std::string(5000, 'C') + "\"}",
                                   std::string(R"({"CANARY": 1})"),
                                   std::string(R"({"Key": "CANARY"})"),
                                   std::string(R"({"on_state": "CANARY"})"),
                                   std::string(R"({"url": "rtmp://h/***CANARY"})"),
                                   std::string(R"({"service": []})"),
                                   std::string(R"({"hold_s": "7"})"),
                                   std::string(R"({"hold_s": -1})"),
                                   std::string(R"({"hold_s": 86401})"),
                                   std::string(R"({"hold_s": 1e999})"),
                                   std::string(R"({"hold_s": NaN})"),
                                   std::string(R"({"hold_s": true})"),
                                   std::string(R"({"hold_s": [1]})"),
                                   std::string(R"({"hold_s": 99999999999999999999999})"),
                                   std::string(R"({"backup": 1})"),
                                   std::string(R"({"backup_url": {}})"),
                                   std::string(R"({"on_ingest_loss": 1.5})")}) {
        CAPTURE(bad.substr(0, 60));
        bool is_refused = false;
        try {
            destination_body(bad);
        } catch (const Error& error) {
            is_refused = true;
            CHECK(error.kind() == ErrorKind::usage);
            CHECK(std::string(error.what()).find("CANARY") == std::string::npos);
        }
        CHECK(is_refused);
    }
    for (const char* bad : {"{}", R"({"key": null})", R"({"key": ""})", R"({"key": "a b"})",
                            R"({"url": "rtmp://h/x"})", R"({"key": "k", "url": "rtmp://h/x"})"}) {
        CAPTURE(std::string(bad));
        CHECK_THROWS_AS(key_body(bad), Error);
    }
}

TEST_CASE("dashboard: a batch is for the names in its body; without a body, for all") {
    CHECK_FALSE(names_body(""));
    CHECK_FALSE(names_body("{}"));
    CHECK(names_body(R"({"names": ["one"]})") == std::vector<std::string>{"one"});
    CHECK(names_body(R"({"names": ["b", "a", "b"]})") == std::vector<std::string>{"b", "a", "b"});
    for (const char* bad : {"[]",
                            "null",
                            "7",
                            "{",
                            R"(["one"])",
                            R"({"names": []})",
                            R"({"names": null})",
                            R"({"names": "one"})",
                            R"({"names": {}})",
                            R"({"names": {"one": 1}})",
                            R"({"names": [1]})",
                            R"({"names": [null]})",
                            R"({"names": [["one"]]})",
                            R"({"names": [{}]})",
                            R"({"names": [""]})",
                            R"({"names": ["--all"]})",
                            R"({"names": ["-x"]})",
                            R"({"names": ["One"]})",
                            R"({"names": ["one+backup"]})",
                            R"({"names": ["one", "../two"]})",
                            R"({"names": ["one"], "names": ["two"]})",
                            R"({"names": ["one"], "more": 1})",
                            R"({"name": ["one"]})"}) {
        CAPTURE(std::string(bad));
        CHECK_THROWS_AS(names_body(bad), Error);
    }
}

TEST_CASE("dashboard: what is wrong with a body names its member") {
    const std::pair<const char*, const char*> rows[] = {
        {"url is not a URL", "url"},
        {"url: is needed", "url"},
        {"backup_url is the same as url; remove the line", "backup_url"},
        {"backup has no use without a second server", "backup"},
        {"backup must be a string or null", "backup"},
        {"service \"nobody\" is not known", "service"},
        {"hold is 90 days; write a duration", "hold_s"},
        {"hold_s must be a number of seconds, at most a day", "hold_s"},
        {"on_ingest_loss is \"x\"", "on_ingest_loss"},
        {"the stream key has a blank in it", "key"},
        {"key is missing: twitch needs its stream key", "key"},
        {"key must be a string", "key"},
        {"where to? give a service or a url", ""},
        {"the body must be a JSON object", ""},
        {"urls are many", ""},
        {"", ""},
    };
    for (const auto& [message, field] : rows) {
        CAPTURE(std::string(message));
        CHECK(field_of_message(message) == field);
    }
}

TEST_CASE("dashboard: a destination whose service needs a key is not added without one") {
    const TemporaryFolder folder;
    const TemporaryFolder state;
    const Registry registry{Layout(state.path())};
    registry.prepare();
    const auto put = [&](const std::string& name, const char* body) {
        return put_destination(folder.path(), registry, name, body).status;
    };
    const char* without_key[] = {
        R"({"service": "twitch"})",
        R"({"service": "twitch", "key": ""})",
        R"({"service": "twitch", "key": null})",
        R"({"service": "youtube", "backup": "off"})",
        R"({"service": "twitch", "url": "rtmps://live.twitch.tv:443/app"})",
        R"({"service": "rumble", "url": "rtmp://rtmp.rumble.example/live"})",
    };
    for (const char* body : without_key) {
        CAPTURE(std::string(body));
        CHECK_THROWS_WITH_AS(put("one", body), doctest::Contains("key is missing"), Error);
        CHECK_FALSE(load_config(folder.path()).find("one"));
    }
    CHECK(put("own-server", R"({"url": "rtmp://127.0.0.1/live"})") == 201);
    CHECK(put("archive", R"({"url": "file:/srv/video/evening.mkv"})") == 201);
    CHECK(put("in-url", R"({"service": "twitch", "url": "rtmp://live.twitch.tv/app/K"})") == 201);
    CHECK(put("twitch", R"({"service": "twitch", "key": "K"})") == 201);
    CHECK(put("twitch", R"({"hold_s": 7})") == 200);
    // Nor does one that has none move to such a service.
    const std::string before = read_file(folder.path() / "destinations.d/own-server.toml", 4096);
    CHECK_THROWS_AS(put("own-server", R"({"service": "twitch"})"), Error);
    CHECK(read_file(folder.path() / "destinations.d/own-server.toml", 4096) == before);
    CHECK(put("own-server", R"({"service": "twitch", "key": "K"})") == 200);
}

TEST_CASE("dashboard: a key can't be taken out by giving its destination another server") {
    const TemporaryFolder folder;
    const TemporaryFolder state;
    const Registry registry{Layout(state.path())};
    registry.prepare();
    const auto put = [&](const std::string& name, const char* body) {
        const Answer answer = put_destination(folder.path(), registry, name, body);
        CHECK(answer.body.find("CANARY") == std::string::npos);
        return json::parse(answer.body)["dropped"].get<std::vector<std::string>>();
    };
    using Names = std::vector<std::string>;
    CHECK(put("yt", R"({"service": "youtube", "key": "CANARY"})") == Names{});
    CHECK(put("own", R"({"url": "rtmp://one.example/live", "key": "CANARY"})") == Names{});
    const std::string before = read_file(folder.path() / "destinations.d/yt.toml", 4096);
    const char* bad[] = {
        R"({"url": "rtmp://evil.example/live2"})",
        R"({"url": "rtmp://a.rtmps.youtube.com/live2"})",
        R"({"backup_url": "rtmps://evil.example/live2"})",
        R"({"backup_url": "rtmps://evil.example/live2", "backup": "both", "key": null})",
        R"({"backup_url": "rtmps://evil.example/live2", "key": ""})",
        R"({"service": "twitch"})",
        R"({"service": "kick", "url": "rtmps://evil.example/app"})",
    };
    for (const char* body : bad) {
        CAPTURE(std::string(body));
        CHECK_THROWS_WITH_AS(put("yt", body), doctest::Contains("send the key again"), Error);
        CHECK(read_file(folder.path() / "destinations.d/yt.toml", 4096) == before);
    }
    // A server of one's own may do without.
    CHECK(put("yt", R"({"service": null, "url": "rtmp://evil.example/live2"})") == Names{"key"});
    CHECK(put("own", R"({"backup_url": "rtmp://evil.example/live"})") == Names{"key"});
    for (const char* name : {"yt", "own"}) {
        CHECK(std::holds_alternative<std::monostate>(load_config(folder.path()).at(name).key));
        CHECK_FALSE(std::filesystem::exists(folder.path() / "destinations.d" /
                                            (std::string(name) + ".key")));
    }
    CHECK(put("own", R"({"url": "rtmp://evil.example/x", "key": "CANARY"})") == Names{});
}

TEST_CASE("dashboard: of fields and a key that can't be replaced, none is changed") {
    const TemporaryFolder folder;
    const TemporaryFolder state;
    const Registry registry{Layout(state.path())};
    registry.prepare();
    // A key that its file's folder does not let in.
    const std::string before =
        "url = \"rtmp://127.0.0.1/live\"\nkey = { file = \"none/one.key\" }\n";
    folder.write("destinations.d/one.toml", before);
    CHECK_THROWS(
        put_destination(folder.path(), registry, "one", R"({"hold_s": 7, "key": "CANARY"})"));
    CHECK_THROWS(put_destination(folder.path(), registry, "one", R"({"hold_s": 7, "key": "a b"})"));
    CHECK(read_file(folder.path() / "destinations.d/one.toml", 4096) == before);
    CHECK(put_destination(folder.path(), registry, "one", R"({"hold_s": 7})").status == 200);
    CHECK(load_config(folder.path()).at("one").hold == std::chrono::seconds(7));
}

TEST_CASE("dashboard: a key goes where the destination says now, not where it said before") {
    const TemporaryFolder folder;
    const TemporaryFolder state;
    const Registry registry{Layout(state.path())};
    registry.prepare();
    folder.write("destinations.d/one.toml",
                 "url = \"rtmp://127.0.0.1/live\"\nkey = { file = \"a.key\" }\n");
    folder.write("destinations.d/a.key", "old\n");
    const Config seen = load_config(folder.path());
    folder.write("destinations.d/one.toml",
                 "url = \"rtmp://127.0.0.1/live\"\nkey = { file = \"b.key\" }\n");
    CHECK(put_key(seen.directory, registry, "one", R"({"key": "new"})").status == 200);
    CHECK(read_file(folder.path() / "destinations.d/a.key", 64) == "old\n");
    CHECK(read_file(folder.path() / "destinations.d/b.key", 64) == "new\n");
}

TEST_CASE("dashboard: a date is HTTP's") {
    CHECK(http_date(WallTime()) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(*from_iso8601("2026-01-31T20:14:03Z")) == "Sat, 31 Jan 2026 20:14:03 GMT");
    CHECK(http_date(*from_iso8601("2024-02-29T23:59:59Z")) == "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("dashboard: what waits for changes holds up nobody who looks") {
    Pipe gate = make_pipe();
    Lanes lanes;
    for (int i = 0; i < 200; ++i) {
        lanes.changes.post([&] { wait_readable(gate.read_end, Deadline::after(20s)); });
    }
    CHECK_FALSE(lanes.changes.post([] {}));
    bool has_looked = false;
    CHECK(lanes.looks.post([&] { has_looked = true; }));
    CHECK(lanes.looks.wait_idle(Deadline::after(10s)));
    CHECK(has_looked);
    CHECK_FALSE(lanes.wait_idle(Deadline::after(Milliseconds(1))));
    gate.write_end.close();
    CHECK(lanes.wait_idle(Deadline::after(10s)));
}

TEST_CASE("dashboard: metrics keep to Prometheus' names, units and text") {
    Status status;
    DestinationStatus one;
    one.name = "one";
    one.session = SessionFigures{};
    one.session->rtt_ms = 1;
    status.destinations = {one};
    const std::string text = to_prometheus(status, IngestView{}, "1\"\\\n2");
    CHECK(text.find("restream_build_info{version=\"1\\\"\\\\\\n2\"} 1\n") != std::string::npos);
    std::string family;
    std::string type;
    for (std::size_t at = 0; at < text.size();) {
        const std::string line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        CAPTURE(line);
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK(line.size() > 7 + family.size() + 1);
            CHECK(text.substr(at).starts_with("# TYPE " + family + " "));
            continue;
        }
        if (line.starts_with("# TYPE ")) {
            type = line.substr(7 + family.size() + 1);
            CHECK((type == "gauge" || type == "counter"));
            CHECK(family.starts_with("restream_"));
            CHECK(family.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
            CHECK(family.ends_with("_total") == (type == "counter"));
            for (const char* unit : {"_ms", "_kbps", "_milli", "_kilo", "_mbps", "_bits"}) {
                CHECK(family.find(unit) == std::string::npos);
            }
            continue;
        }
        CHECK(line.starts_with(family));
        CHECK((line[family.size()] == ' ' || line[family.size()] == '{'));
    }
}

TEST_CASE("dashboard: the board for Grafana shows metrics that there are") {
    const std::string metrics = to_prometheus(Status{}, IngestView{}, "1");
    const std::string board = read_file(share_directory() / "grafana-dashboard.json", 1024 * 1024);
    CHECK(json::accept(board));
    std::set<std::string> asked;
    const std::string letters = "abcdefghijklmnopqrstuvwxyz_";
    for (std::size_t at = 0; (at = board.find("restream_", at)) != std::string::npos;) {
        const auto end = board.find_first_not_of(letters, at);
        asked.insert(board.substr(at, end - at));
        at = end;
    }
    CHECK(asked.size() > 5);
    for (const auto& each : asked) {
        CHECK_MESSAGE(metrics.find("# TYPE " + each + " ") != std::string::npos, each);
    }
}

TEST_SUITE_END();

}  // namespace restream::tests
