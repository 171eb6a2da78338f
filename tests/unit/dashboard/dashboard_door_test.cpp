// Who the dashboard lets in, and how often.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/rate_limit.hpp"
#include "dashboard/door.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
constexpr const char* scrape_token = "scrape";
constexpr std::uint32_t owner = 1000;
constexpr std::uint32_t stranger = 1001;
const SteadyTime start{};

Request request(Method method = Method::get, std::string path = "/api/v1/status") {
    Request made;
    made.method = method;
    made.path = std::move(path);
    made.host = "127.0.0.1:5000";
    made.address = "127.0.0.1";
    made.user = owner;
    return made;
}

DoorRules rules() {
    DoorRules made;
    made.token = Secret(token);
    made.scrape_token = Secret(scrape_token);
    made.owner = owner;
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

TEST_CASE("dashboard: with TLS only a page that came over TLS may ask, and cookies are secure") {
    DoorRules all = rules();
    all.has_tls = true;
    all.url = "https://127.0.0.1:5000";
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request asked = request(Method::get, "/");
    asked.authorization = "Basic YW55Om9wZW4gc2VzYW1lOiAx";
    for (const bool is_referer : {false, true}) {
        const auto told_from = [&](const char* from) {
            Request made = asked;
            (is_referer ? made.referer : made.origin) = from;
            return refusal_of(door, made);
        };
        CHECK(told_from("https://127.0.0.1:5000") == "");
        CHECK(told_from("http://127.0.0.1:5000") == "403 foreign_origin");
        CHECK(told_from("https://127.0.0.1") == "403 foreign_origin");
    }
    const auto cookie = door.cookie_for(asked);
    REQUIRE(cookie);
    CHECK(cookie->ends_with("; HttpOnly; SameSite=Strict; Secure"));
    asked.host = "evil.example";
    CHECK(door.refuse(asked, start)->body.find("open https://127.0.0.1:5000") != std::string::npos);
}

TEST_CASE("dashboard: the port that goes without saying is not said") {
    struct Row {
        int port;
        bool has_tls;
        const char* host;
        const char* refused;
    };
    const Row rows[] = {
        {443, true, "studio.local", ""},
        {443, true, "studio.local:443", ""},
        {443, true, "[::1]", ""},
        {443, true, "192.168.1.5", ""},
        {443, true, "[fe80::7]", ""},
        {443, true, "evil.example", "403 foreign_host"},
        {443, true, "studio.local:80", "403 foreign_host"},
        {443, true, "studio.local:", "403 foreign_host"},
        {443, true, "", "403 foreign_host"},
        {443, false, "studio.local", "403 foreign_host"},
        {80, false, "studio.local", ""},
        {80, false, "192.168.1.5", ""},
        {80, true, "studio.local", "403 foreign_host"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.port);
        CAPTURE(row.host);
        DoorRules all = rules();
        all.port = row.port;
        all.has_tls = row.has_tls;
        all.hosts = {"studio.local"};
        all.is_any_address = true;
        Door door(all);
        Request asked = request();
        asked.host = row.host;
        CHECK(refusal_of(door, asked) == row.refused);
    }
}

TEST_CASE("dashboard: who asks for a password says where everybody on the way reads it") {
    struct Row {
        const char* address;
        bool has_tls;
        bool is_said;
    };
    const Row rows[] = {{"192.168.1.7", false, true}, {"2001:db8::", false, true},
                        {"192.168.1.7", true, false}, {"127.0.0.1", false, false},
                        {"127.0.0.9", false, false},  {"::1", false, false}};
    for (const Row& row : rows) {
        CAPTURE(row.address);
        DoorRules all = rules();
        all.password = Secret("open sesame: 1");
        all.has_tls = row.has_tls;
        Door door(all);
        Request asked = request();
        asked.address = row.address;
        const auto refused = door.refuse(asked, start);
        REQUIRE(refused);
        CHECK(refused->status == 401);
        CHECK((refused->body.find("not encrypted") != std::string::npos) == row.is_said);
    }
}

TEST_CASE("dashboard: no page of another site may ask, although its browser sends no Origin") {
    Door door(rules());
    struct Row {
        const char* referer;
        const char* refused;
    };
    const Row rows[] = {
        {"http://127.0.0.1:5000", ""},
        {"http://127.0.0.1:5000/", ""},
        {"http://127.0.0.1:5000/x?y#z", ""},
        {"HTTP://127.0.0.1:5000/", ""},
        {"https://127.0.0.1:5000/", ""},
        {"http://evil.example/", "403 foreign_origin"},
        {"http://evil.example/http://127.0.0.1:5000/", "403 foreign_origin"},
        {"http://evil.example?http://127.0.0.1:5000/", "403 foreign_origin"},
        {"http://127.0.0.1:5000.evil.example/", "403 foreign_origin"},
        {"http://127.0.0.1:5000@evil.example/", "403 foreign_origin"},
        {"http://127.0.0.1:50000/", "403 foreign_origin"},
        {"http://127.0.0.1:5001/", "403 foreign_origin"},
        {"http://127.0.0.1/", "403 foreign_origin"},
        {"http://localhost:5000/", "403 foreign_origin"},
        {"127.0.0.1:5000", "403 foreign_origin"},
        {"//127.0.0.1:5000/", "403 foreign_origin"},
        {"about:blank", "403 foreign_origin"},
        {"null", "403 foreign_origin"},
        {" ", "403 foreign_origin"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.referer);
        for (const char* path : {"/", "/api/v1/status", "/login", "/healthz"}) {
            Request asked = request(Method::get, path);
            asked.referer = row.referer;
            CHECK(refusal_of(door, asked) == row.refused);
            asked.origin = "http://127.0.0.1:5000";
            CHECK(refusal_of(door, asked) == row.refused);
            asked.fetch_site = "same-origin";
            CHECK(refusal_of(door, asked) == row.refused);
        }
    }
}

TEST_CASE("dashboard: what starts a command needs the token, although it only looks") {
    Door door(rules());
    for (const char* path : {"/api/v1/doctor", "/api/v1/explain", "/api/v1/services"}) {
        CAPTURE(path);
        Request asked = request(Method::get, path);
        CHECK(refusal_of(door, asked) == "403 token_missing");
        asked.is_head = true;
        CHECK(refusal_of(door, asked) == "403 token_missing");
        asked.token = "x";
        CHECK(refusal_of(door, asked) == "403 token_wrong");
        asked.token = token;
        CHECK(refusal_of(door, asked) == "");
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
            asked.referer = "http://evil.example/";
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
    // Who has one address of this machine has them all; another machine is another one.
    for (const char* same : {"127.0.0.2", "127.255.255.254", "::1"}) {
        asked.address = same;
        CHECK(refusal_of(door, asked) == "429 too_many");
    }
    Request elsewhere = asked;
    elsewhere.user.reset();
    elsewhere.address = "192.168.1.7";
    CHECK(refusal_of(door, elsewhere) == "");
    asked.address = "127.0.0.1";
    CHECK(refusal_of(door, asked, start + 11s) == "");
}

TEST_CASE(
    "dashboard: what others of this machine, or from elsewhere, try keeps the owner out of "
    "nothing") {
    DoorRules all = rules();
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request other = request();
    other.user = stranger;
    other.authorization = "Basic YW55Om5v";
    for (int i = 0; i < 500; ++i) refusal_of(door, other);
    CHECK(refusal_of(door, other) == "429 too_many");
    other.user.reset();
    for (int i = 0; i < 500; ++i) {
        other.address = fmt::format("10.0.0.{}", i % 250);
        refusal_of(door, other);
    }
    Request asked = request();
    asked.authorization = "Basic YW55Om9wZW4gc2VzYW1lOiAx";
    CHECK(refusal_of(door, asked) == "");
    // All of this machine is one where the system does not say whose process asks.
    asked.user.reset();
    CHECK(asker_of(asked.user, "127.0.0.1") == asker_of(asked.user, "127.9.9.9"));
    CHECK(asker_of(asked.user, "127.0.0.1") == asker_of(asked.user, "::1"));
    CHECK(asker_of(asked.user, "10.0.0.1") != asker_of(asked.user, "10.0.0.2"));
    CHECK(asker_of(owner, "127.0.0.1") != asker_of(stranger, "127.0.0.1"));
}

TEST_CASE(
    "dashboard: rotating addresses guess no more passwords than a hundred, and then one a "
    "second") {
    DoorRules all = rules();
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request asked = request();
    asked.user.reset();
    asked.authorization = "Basic YW55Om5v";
    int looked_at = 0;
    for (int i = 0; i < 1000; ++i) {
        asked.address = fmt::format("10.0.{}.{}", i / 250, i % 250);
        if (refusal_of(door, asked) == "401 password") ++looked_at;
    }
    CHECK(looked_at == 100);
    CHECK(refusal_of(door, asked, start + 1500ms) == "401 password");
    CHECK(refusal_of(door, asked, start + 1500ms) == "429 too_many");
}

TEST_CASE("dashboard: a browser that gave the password once is not kept out by others' guesses") {
    DoorRules all = rules();
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request browser = request(Method::get, "/");
    browser.authorization = "Basic YW55Om9wZW4gc2VzYW1lOiAx";
    CHECK(refusal_of(door, browser) == "");
    const auto cookie = door.cookie_for(browser);
    REQUIRE(cookie);
    CHECK(cookie->find("; HttpOnly; SameSite=Strict") != std::string::npos);
    browser.cookie = "theme=dark; " + cookie->substr(0, cookie->find(';'));
    CHECK_FALSE(door.cookie_for(browser));
    Request guesser = request(Method::get, "/");
    guesser.authorization = "Basic YW55Om5v";
    for (int i = 0; i < 20; ++i) refusal_of(door, guesser);
    CHECK(refusal_of(door, guesser) == "429 too_many");
    CHECK(refusal_of(door, browser) == "");
    // A cookie that another user of this machine came to know is none.
    for (const auto& user :
         {std::optional<std::uint32_t>(stranger), std::optional<std::uint32_t>()}) {
        Request thief = browser;
        thief.authorization = "";
        thief.user = user;
        CHECK(refusal_of(door, thief) == "401 password");
    }
    for (const char* bad : {"restream-5000=", "restream-5000=0", "restream-5000", "restream-5001=x",
                            "; ; =", "xrestream-5000=1"}) {
        CAPTURE(bad);
        Request asked = request();
        asked.cookie = bad;
        CHECK(refusal_of(door, asked) == "401 password");
    }
}

TEST_CASE("dashboard: without a password only its owner is let in") {
    Door door(rules());
    for (const auto& user : {std::optional<std::uint32_t>(stranger),
                             std::optional<std::uint32_t>(0), std::optional<std::uint32_t>()}) {
        for (const char* path :
             {"/", "/api/v1/status", "/api/v1/events", "/metrics", "/assets/app.js"}) {
            CAPTURE(path);
            Request asked = request(Method::get, path);
            asked.user = user;
            CHECK(refusal_of(door, asked) == "403 not_owner");
            asked.token = token;
            asked.method = Method::post;
            CHECK(refusal_of(door, asked) == "403 not_owner");
            asked.authorization = "Bearer scrape";
            CHECK(refusal_of(door, asked) ==
                  (std::string_view(path) == "/metrics" ? "" : "403 not_owner"));
        }
        Request asked = request(Method::get, "/healthz");
        asked.user = user;
        CHECK(refusal_of(door, asked) == "");
    }
}

TEST_CASE("dashboard: the scrape token opens /metrics and nothing else, also beside a password") {
    DoorRules all = rules();
    all.password = Secret("open sesame: 1");
    Door door(all);
    Request asked = request(Method::get, "/metrics");
    asked.authorization = "bearer scrape";
    CHECK(refusal_of(door, asked) == "");
    for (const char* bad : {"Bearer scrap", "Bearer scrape2", "Bearer  scrape", "Bearer SCRAPE"}) {
        CAPTURE(bad);
        asked.authorization = bad;
        CHECK(refusal_of(door, asked) == "403 token_wrong");
    }
    asked.authorization = "Bearer scrape";
    asked.path = "/api/v1/status";
    CHECK(refusal_of(door, asked) == "401 password");
}

TEST_CASE("dashboard: a link lets one browser in, once, within ten minutes") {
    const TemporaryFolder folder;
    DoorRules all = rules();
    all.login_code = folder.path() / "code";
    Door door(all);
    Request asked = request(Method::get, "/login");
    asked.user = stranger;
    const auto log_in = [&](const std::string& query) {
        asked.query = query;
        CHECK(refusal_of(door, asked) == "");
        return door.log_in(asked, start);
    };
    CHECK(log_in("code=").status == 403);
    folder.write("code", "\n");
    CHECK(log_in("code=").status == 403);
    folder.write("code", "0123\n");
    for (const char* bad :
         {"", "code", "code=", "code=012", "code=01234", "Code=0123", "a=b&code=0123"}) {
        CHECK(log_in(bad).status == 403);
    }
    CHECK(folder.has("code"));
    const Answer answer = log_in("code=0123");
    CHECK(answer.status == 303);
    REQUIRE(answer.headers.size() == 2);
    const std::string cookie = answer.headers[1].second;
    CHECK_FALSE(folder.has("code"));
    Request later = request();
    later.user = stranger;
    CHECK(refusal_of(door, later) == "403 not_owner");
    later.cookie = cookie.substr(0, cookie.find(';'));
    CHECK(refusal_of(door, later) == "");
    CHECK(log_in("code=0123").status == 403);
    folder.write("code", "0123\n");
    CHECK(log_in("code=0123").status == 429);
    std::filesystem::last_write_time(folder.path() / "code",
                                     std::filesystem::file_time_type::clock::now() - 11min);
    CHECK(door.log_in(asked, start + 1h).status == 403);
    CHECK_FALSE(folder.has("code"));
}

TEST_CASE("dashboard: of too many logins the oldest one ends") {
    Logins logins({});
    const std::string first = logins.begin(owner);
    const std::string second = logins.begin(owner);
    CHECK(first.size() == 64);
    CHECK(first != second);
    for (std::size_t i = 1; i < Logins::most_sessions; ++i) logins.begin(owner);
    CHECK_FALSE(logins.way_of(first, owner));
    CHECK(logins.way_of(second, owner));
    CHECK_FALSE(logins.way_of("", owner));
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
    // A pause fills no bucket beyond its brim.
    for (int i = 0; i < 3; ++i) CHECK(limit.take("a", start + 1h));
    CHECK_FALSE(limit.take("a", start + 1h));
}

TEST_CASE("dashboard: looking whether somebody may ask takes nothing from him") {
    RateLimit limit({0, 1});
    for (int i = 0; i < 5; ++i) CHECK(limit.has("a", start));
    CHECK(limit.take("a", start));
    CHECK_FALSE(limit.has("a", start));
    CHECK_FALSE(limit.take("a", start));
}

TEST_CASE("dashboard: of too many addresses, the one that asked longest ago is forgotten") {
    // Nothing flows in: who may ask again was forgotten.
    RateLimit limit({0, 1});
    CHECK(limit.take("first", start));
    CHECK(limit.take("second", start + 1ms));
    SteadyTime now = start + 1s;
    const auto fill_to = [&](std::size_t count) {
        for (std::size_t i = 2; i < count; ++i) {
            CHECK(limit.take(std::to_string(i), now += 1ms));
        }
    };
    fill_to(RateLimit::most_addresses);
    // All have room. Asking in vain is asking, too: now the second is the oldest.
    CHECK_FALSE(limit.take("first", now += 1ms));
    CHECK(limit.take("one more", now += 1ms));
    CHECK_FALSE(limit.take("first", now += 1ms));
    CHECK_FALSE(limit.take("2", now += 1ms));
    CHECK(limit.take("second", now += 1ms));
}

TEST_SUITE_END();

}  // namespace restream::tests
