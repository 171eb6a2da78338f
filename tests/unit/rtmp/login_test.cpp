// Logins and redirects: what a client does when a server refuses and says what it wants.
#include "rtmp/login.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtmp/connect_trail.hpp"
#include "rtmp/md5.hpp"
#include "rtmp/peer_words.hpp"

using namespace restream;
using Cause = RtmpEnding::Cause;

namespace {

const std::string need_auth = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ";
const std::string challenge =
    "[ AccessManager.Reject ] : [ authmod=adobe ] : "
    "?reason=needauth&user=me&salt=SALT&challenge=CHAL";
constexpr std::uint32_t own = 42;

std::string query_of(const RtmpLogin::Step& step) {
    REQUIRE(std::holds_alternative<RtmpLogin::Answer>(step));
    return std::get<RtmpLogin::Answer>(step).query.reveal();
}

Cause failure_of(const RtmpLogin::Step& step) {
    REQUIRE(std::holds_alternative<RtmpLogin::Failed>(step));
    CHECK(std::get<RtmpLogin::Failed>(step).detail.find("pa:ss") == std::string::npos);
    return std::get<RtmpLogin::Failed>(step).cause;
}

RtmpLogin login(const char* user_info = "me:pa%3Ass%401") { return RtmpLogin(Secret(user_info)); }

RtmpEndpoint endpoint(const char* url, const char* key = "key-1234") {
    return *publish_endpoint(url, Secret(key));
}

/// Where a redirect leads; "-" and why it does not, or "." where it is a refusal as any other.
std::string led(ConnectTrail& trail, const char* url, Cause cause = Cause::app_refused) {
    RtmpEnding ending{cause, "said"};
    if (trail.follow({"", url}, ending, own)) {
        const RtmpEndpoint& to = trail.endpoint();
        return to.address() + " " + to.app + " " + to.playpath.reveal() + " " + to.tc_url;
    }
    if (ending.cause == cause) return ".";
    CHECK(ending.cause == Cause::redirect_refused);
    return "-" + ending.detail;
}

}  // namespace

TEST_CASE("md5: the digests of RFC 1321, and of texts around the length of a block") {
    struct Case {
        std::string text;
        const char* hex;
        const char* base64;
    };
    for (const Case& each : std::vector<Case>{
             {"", "d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg=="},
             {"abc", "900150983cd24fb0d6963f7d28e17f72", "kAFQmDzST7DWlj99KOF/cg=="},
             {std::string(55, 'a'), "ef1772b6dff9a122358552954ad0df65", "7xdytt/5oSI1hVKVStDfZQ=="},
             {std::string(56, 'a'), "3b0c8ac703f828b04c6c197006d17218", "OwyKxwP4KLBMbBlwBtFyGA=="},
             {std::string(64, 'a'), "014842d480b571495a4a0363793f7367", "AUhC1IC1cUlaSgNjeT9zZw=="},
             {std::string(1000, 'x'), "398533d48111e9f664b1f64cb10c4b63",
              "OYUz1IER6fZksfZMsQxLYw=="}}) {
        CHECK(md5_hex(each.text) == each.hex);
        CHECK(md5_base64(each.text) == each.base64);
    }
}

TEST_CASE("login: Adobe's asks for the user, then sends a challenge, and gets a hash") {
    RtmpLogin two = login();
    CHECK(query_of(two.answer(need_auth, "live", own)) == "authmod=adobe&user=me");
    // Worked out with Python's hashlib.
    CHECK(query_of(two.answer(challenge, "live", own)) ==
          "authmod=adobe&user=me&challenge=0000002a&response=Hl2QhuLzhiwQAMod2+RILA==");
    CHECK(failure_of(two.answer(challenge, "live", own)) == Cause::login_refused);
    RtmpLogin opaque = login();
    CHECK(query_of(opaque.answer(challenge + "&opaque=OPQ", "live", own)) ==
          "authmod=adobe&user=me&challenge=0000002a&response=YS316m1iQaZVrnwbkL1jrw==&opaque=OPQ");
}

TEST_CASE("login: Limelight's has a nonce, and hashes the app, too") {
    const std::string nonce = "[ authmod=llnw ] : ?reason=needauth&user=me&nonce=NON";
    RtmpLogin one = login();
    CHECK(query_of(one.answer("[ code=403 need auth; authmod=llnw ]", "live", own)) ==
          "authmod=llnw&user=me");
    CHECK(query_of(one.answer(nonce, "live", own)) ==
          "authmod=llnw&user=me&nonce=NON&cnonce=0000002a&nc=00000001&"
          "response=58b97487aa3c325eeccba1c2bab6be4c");
    RtmpLogin instance = login();
    CHECK(query_of(instance.answer(nonce, "live/x", own))
              .ends_with("response=06662f2f7ef1d2d393c5f271c22a1cf9"));
}

TEST_CASE("login: what it cannot answer has a reason of its own") {
    CHECK(failure_of(RtmpLogin().answer(need_auth, "live", own)) == Cause::login_needed);
    CHECK(failure_of(login().answer("[ code=403 need auth; authmod=token ]", "live", own)) ==
          Cause::login_needed);
    for (const char* reason : {"authfailed", "nosuchuser"}) {
        RtmpLogin one = login();
        const auto said = std::string("[ authmod=adobe ] : ?reason=") + reason + "&opaque=x";
        CHECK(failure_of(one.answer(said, "live", own)) == Cause::login_refused);
    }
    RtmpLogin twice = login();
    query_of(twice.answer(need_auth, "live", own));
    CHECK(failure_of(twice.answer(need_auth, "live", own)) == Cause::login_refused);
    for (const char* other : {"", "no such app", "[ AccessManager.Reject ] : [ need auth ]"}) {
        CHECK(std::holds_alternative<RtmpLogin::NotAsked>(login().answer(other, "live", own)));
    }
}

TEST_CASE("login: user info is decoded, and the user encoded again for the query") {
    CHECK(login("a%40b:c%3Ad%2Fe").user().reveal() == "a@b");
    CHECK(login("a%40b:c%3Ad%2Fe").password().reveal() == "c:d/e");
    CHECK(login("a:b:c").password().reveal() == "b:c");
    CHECK(login("a").password().is_empty());
    CHECK(login("100%:%4").user().reveal() == "100%");
    CHECK(login("100%:%4").password().reveal() == "%4");
    RtmpLogin odd = login("a%26b%3Fc%20d:x");
    CHECK(query_of(odd.answer(need_auth, "live", own)) == "authmod=adobe&user=a%26b%3Fc%20d");
}

TEST_CASE("connect trail: the answer to a login goes into app and tcUrl, behind their query") {
    ConnectTrail trail(endpoint("rtmp://me:pa%3Ass%401@h/live2?backup=1"));
    RtmpEnding ending{Cause::app_refused, "said"};
    REQUIRE(trail.follow({need_auth, ""}, ending, own));
    CHECK(trail.endpoint().app == "live2?backup=1&authmod=adobe&user=me");
    CHECK(trail.endpoint().tc_url == "rtmp://h/live2?backup=1&authmod=adobe&user=me");
    REQUIRE(trail.follow({challenge, ""}, ending, own));
    CHECK(trail.endpoint().app ==
          "live2?backup=1&authmod=adobe&user=me&challenge=0000002a&"
          "response=Hl2QhuLzhiwQAMod2+RILA==");
    CHECK(trail.endpoint().playpath == Secret("key-1234"));
    CHECK_FALSE(trail.follow({challenge, ""}, ending, own));
    CHECK(ending.cause == Cause::login_refused);
    // A key that is refused is no matter of a login.
    ConnectTrail other(endpoint("rtmp://me:x@h/live"));
    RtmpEnding key{Cause::name_refused, "authmod=adobe"};
    CHECK_FALSE(other.follow({need_auth, ""}, key, own));
    CHECK(key == RtmpEnding{Cause::name_refused, "authmod=adobe"});
}

TEST_CASE("connect trail: a redirect is followed once, with the key") {
    struct Case {
        const char* from;
        const char* to;
        std::string led;
    };
    for (const Case& each : std::vector<Case>{
             {"rtmp://h/live", "rtmp://b.example/live",
              "rtmp://b.example:1935 live key-1234 rtmp://b.example/live"},
             {"rtmp://h/live", "rtmp://b.example:1936/app/inst/",
              "rtmp://b.example:1936 app/inst key-1234 rtmp://b.example:1936/app/inst"},
             {"rtmp://h/live", "rtmps://b.example/live?t=1",
              "rtmps://b.example:443 live?t=1 key-1234 rtmps://b.example/live?t=1"},
             {"rtmps://h/live", "rtmps://b.example/live",
              "rtmps://b.example:443 live key-1234 rtmps://b.example/live"},
             {"rtmp://h/live", "rtmp://b.example/live/key-1234?t=1",
              "rtmp://b.example:1935 live key-1234?t=1 rtmp://b.example/live"},
             {"rtmp://h/live", "rtmp://b.example",
              "rtmp://b.example:1935 live key-1234 rtmp://b.example/live"},
             {"rtmp://127.0.0.1/live", "rtmp://127.0.0.1:1936/live",
              "rtmp://127.0.0.1:1936 live key-1234 rtmp://127.0.0.1:1936/live"},
             {"rtmps://h/live", "rtmp://b.example/live",
              "-to rtmp://b.example:1935: it is not encrypted, and the configured URL is"},
             {"rtmps://h/live", "rtmp://h/live",
              "-to rtmp://h:1935: it is not encrypted, and the configured URL is"},
             {"rtmp://h/live", "rtmp://127.0.0.1/live",
              "-to rtmp://127.0.0.1:1935: it is this machine"},
             {"rtmp://h/live", "rtmp://localhost/live",
              "-to rtmp://localhost:1935: it is this machine"},
             {"rtmp://h/live", "rtmp://[::1]/live", "-to rtmp://[::1]:1935: it is this machine"},
             {"rtmp://h/live", "http://b.example/live", "."},
             {"rtmp://h/live", "b.example", "."},
             {"rtmp://h/live", "rtmp://", "."}}) {
        CAPTURE(each.to);
        ConnectTrail trail(endpoint(each.from));
        CHECK(led(trail, each.to) == each.led);
    }
    ConnectTrail trail(endpoint("rtmp://h/live"));
    CHECK(led(trail, "rtmp://b.example/live", Cause::name_refused).starts_with("rtmp://b.example"));
    CHECK(led(trail, "rtmp://c.example/live") == "-to rtmp://c.example:1935: a second redirect");
}

TEST_CASE("connect trail: user and password go to the configured host alone") {
    ConnectTrail elsewhere(endpoint("rtmp://me:x@h/live"));
    CHECK(led(elsewhere, "rtmp://you:y@b.example/live").starts_with("rtmp://b.example:1935 live"));
    RtmpEnding ending{Cause::app_refused, "said"};
    CHECK_FALSE(elsewhere.follow({need_auth, ""}, ending, own));
    CHECK(ending.cause == Cause::login_needed);
    ConnectTrail same(endpoint("rtmp://me:x@h/live"));
    CHECK(led(same, "rtmp://h:1936/live").starts_with("rtmp://h:1936 live"));
    ending = {Cause::app_refused, "said"};
    CHECK(same.follow({need_auth, ""}, ending, own));
    CHECK(same.endpoint().app == "live?authmod=adobe&user=me");
}

TEST_CASE("peer words: neither user nor password nor the answer to a login is shown") {
    const SecretMask mask(endpoint("rtmp://me%40x:pa%3Ass%401@h/live?response=AbCdEfGh"));
    CHECK(mask.apply("me@x pa:ss@1 me%40x pa%3Ass%401 AbCdEfGh") == "*** *** *** *** ***");
}
