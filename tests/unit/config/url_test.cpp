// URLs: what is right is kept, what is wrong is refused in words, what is secret is never shown.
#include "config/url.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace restream;

namespace {

std::string checked(const std::string& url) {
    const auto result = check_destination_url(url);
    if (const auto* problem = std::get_if<UrlProblem>(&result))
        return "problem: " + problem->message;
    return std::get<std::string>(result);
}

std::string problem_of(const std::variant<std::string, UrlProblem>& result) {
    const auto* problem = std::get_if<UrlProblem>(&result);
    return problem == nullptr ? "" : problem->message;
}

}  // namespace

TEST_CASE("url: a destination's URL is kept as it is written") {
    for (const char* url : {
             "rtmp://live.twitch.tv/app",
             "rtmps://rtmp-api.facebook.com:443/rtmp/",
             "rtmps://b.rtmps.youtube.com:443/live2?backup=1",
             "rtmp://127.0.0.1:1936/live",
             "rtmp://[::1]:1936/live",
             "rtmp://[2001:db8::7]/live",
             "rtmp://[::ffff:10.0.0.1]:1935/live",
             "rtmp://user:pass@host_1.example/app/key?x=1",
             "rtmp://host/app/inst/key",
             "srt://host:9000",
             "srt://host:9000?streamid=#!::r=live&passphrase=0123456789",
             "srt://host:9000?passphrase=a%26b%25c%20d+e%23fgh&latency=200ms&pbkeylen=32",
             "srt://host:9000?mode=caller&transtype=live&maxbw=-1&rcvlatency=1s",
             "file:/var/media/show.mkv",
             "file:/var/www/live/index.m3u8",
             "file:/var/media/my show %Y-%m-%d %H:%M:%S 100%%.ts",
         }) {
        CHECK(checked(url) == url);
    }
    CHECK(checked("RTMP://Live.Twitch.TV/App") == "rtmp://live.twitch.tv/App");
    CHECK(checked("file:///var/media/show.flv") == "file:/var/media/show.flv");
    // One that is written with two slashes would be refused where it is read again.
    CHECK(checked("file:////var/media/show.flv") == "file:/var/media/show.flv");
    CHECK(checked("file://///var//media/show.flv") == "file:/var//media/show.flv");
}

TEST_CASE("url: Kick's, which its dashboard shows without port and app, is repaired") {
    const std::string host = "rtmps://fa723fc1b171.global-contribute.live-video.net";
    const std::string right = host + ":443/app";
    CHECK(checked(host) == right);
    CHECK(checked(host + "/") == right);
    CHECK(checked(host + "/app") == right);
    CHECK(checked(host + ":443") == right);
    CHECK(checked(host + ":443/app") == right);
    CHECK(checked(host + ":443/app/") == right + "/");
    CHECK(checked(host + "/sk_1") == right + "/sk_1");
    CHECK(checked("rtmp://x.live-video.net") == "rtmp://x.live-video.net/app");
    CHECK(checked("rtmps://live-video.net.example/a") == "rtmps://live-video.net.example/a");
}

TEST_CASE("url: what no destination can have is refused, with what would be right") {
    struct Case {
        std::string url;
        const char* says;
    };
    const Case cases[] = {
        {"", "is empty"},
        {"youtube", "has no scheme"},
        {"://host/app", "has no scheme"},
        {"/var/media/show.mkv", "has no scheme"},
        {"-h", "has no scheme"},
        {"rtmp", "has no scheme"},
        {"a scheme that is long://x/y", "has no scheme"},
        {"localhost:1935/live", "has no \"//\""},
        {"rtmp:host/app", "has no \"//\""},
        {"rtmp:/host/app", "has no \"//\""},
        {"rtmp://", "has no host"},
        {"rtmp:///app", "has no host"},
        {"rtmp://:1935/app", "has no host"},
        {"rtmp://user@/app", "has no host"},
        {"rtmp://host", "has no app"},
        {"rtmp://host/", "has no app"},
        {"rtmp://host//", "has no app"},
        {"rtmp://host?app", "has no app"},
        {"rtmp://host:/app", "bad port"},
        {"rtmp://host:0/app", "bad port"},
        {"rtmp://host:65536/app", "bad port"},
        {"rtmp://host:99999999999999999999/app", "bad port"},
        {"rtmp://host:-1/app", "bad port"},
        {"rtmp://host:+1/app", "bad port"},
        {"rtmp://host:19 35/app", "has a blank"},
        {"rtmp://host:1935x/app", "bad port"},
        {"rtmp://host:[LAN-IP]/app", "bad port"},
        {"rtmp://ho st/app", "has a blank"},
        {"rtmp://host/app key", "has a blank"},
        {"rtmp://host/app\n", "control characters"},
        {"rtmp://host/app\t", "control characters"},
        {std::string("rtmp://host/a\0b", 15), "control characters"},
        {"rtmp://host/\x1b[2J", "control characters"},
        {"rtmp://host\x7f/app", "control characters"},
        {"rtmp://ho$t/app", "has a host that can't be"},
        {"rtmp://h\xC3\xB6st/app", "has a host that can't be"},
        {"rtmp://host..example/app", "has a host that can't be"},
        {"rtmp://.example/app", "has a host that can't be"},
        {"rtmp://us#er@host/app", "has a \"#\" before the host"},
        {"rtmp://host#x/app", "has a host that can't be"},
        {"rtmp://::1/app", "bad port"},
        {"rtmp://[::1/app", "bad IPv6"},
        {"rtmp://[::1]x/app", "bad IPv6"},
        {"rtmp://[]/app", "bad IPv6"},
        {"rtmp://[LAN-IP]:1935/live", "bad IPv6"},
        {"rtmp://[1:2:3]/app", "bad IPv6"},
        {"rtmp://[1:2:3:4:5:6:7:8:9]/app", "bad IPv6"},
        {"rtmp://[1::2::3]/app", "bad IPv6"},
        {"rtmp://[12345::]/app", "bad IPv6"},
        {"rtmp://host/" + std::string(3000, 'a'), "longer than 1000"},
        {"rtmp://" + std::string(300, 'a') + "/app", "has a host that can't be"},
        {"http://host/app", "has the scheme \"http\""},
        {"rtmpe://host/app", "has the scheme \"rtmpe\""},
        {"rtsp://host/app", "rtmp, rtmps, srt or file"},
        {"udp://host:1", "has the scheme \"udp\""},
        {"pipe://x", "has the scheme \"pipe\""},
        {"concat://x", "has the scheme"},
        {"srt://host", "has no port"},
        {"srt://:9000", "has no host"},
        {"srt://host:9000/path", "can't have a path"},
        {"srt://:9000?mode=listener", "has no host"},
        {"srt://host:9000?mode=listener", "mode=caller"},
        {"srt://host:9000?latency=200", "latency=200ms"},
        {"srt://host:9000?latency=200000", "latency=200ms"},
        {"srt://host:9000?rcvlatency=120", "rcvlatency=120ms"},
        {"srt://host:9000?latency=soon", "latency=200ms"},
        {"srt://host:9000?latency=2m", "at most"},
        {"srt://host:9000?passphrase=100%sure-of-it", "%25"},
        {"srt://host:9000?passphrase=0123456789&more", "%26"},
        {"srt://host:9000?pasphrase=0123456789", "passphrase"},
        {"srt://host:9000?pbkeylen=long", "write a number"},
        {"srt://host:9000?passphrase=0123%00456789", "control characters"},
        {"srt://host:9000?passphrase=short", "10 to 79"},
        {"srt://host:9000?passphrase=" + std::string(80, 'a'), "10 to 79"},
        {"file:", "absolute path"},
        {"file:///", "must end in"},
        {"file:show.mkv", "absolute path"},
        {"file:./show.mkv", "absolute path"},
        {"file:~/show.mkv", "absolute path"},
        {"file://host/show.mkv", "absolute path"},
        {"file:/var/media", "must end in"},
        {"file:/var/media/", "must end in"},
        {"file:/var/media/show.avi", "must end in"},
        {"file:/var/media/show.m3u", "must end in .flv, .m3u8, .mkv, .mp4 or .ts"},
        {"file:/var/media/.m3u8", "must end in"},
        {"file:/var/media/.mkv", "must end in"},
        {"file:/var/media/show.mkv/", "must end in"},
        {"file:/var/media/my%20show.mkv", "\"%\" that is no time pattern"},
        {"file:/var/media/%D.mkv", "\"%\" that is no time pattern"},
        {"file:/var/media/%n.mkv", "\"%\" that is no time pattern"},
        {"file:/var/%", "must end in"},
        {"file:/var/media/a\nb.mkv", "control characters"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.url);
        const std::string problem = problem_of(check_destination_url(one.url));
        CAPTURE(problem);
        CHECK(problem.find(one.says) != std::string::npos);
    }
}

TEST_CASE("url: a problem never quotes what may be secret") {
    for (const char* url : {"http://user:CANARY@host/CANARY", "rtmp://CANARY@ho$t/CANARY",
                            "rtmp://host:1x/app/CANARY", "rtmp://CANARY#CANARY@host/app",
                            "srt://host?passphrase=CANARY", "srt://host:1/x?streamid=CANARY",
                            "rtmp://host/app/CANARY b"}) {
        CAPTURE(url);
        const std::string problem = problem_of(check_destination_url(url));
        CHECK_FALSE(problem.empty());
        CHECK(problem.find("CANARY") == std::string::npos);
    }
}

TEST_CASE("url: the ingest's is rtmp or rtmps with an app, the stream key may be empty") {
    CHECK(std::get<std::string>(check_ingest_url("rtmp://localhost:1935/live")) ==
          "rtmp://localhost:1935/live");
    CHECK(problem_of(check_ingest_url("rtmps://host/live/key")).empty());
    CHECK(problem_of(check_ingest_url("rtmp://host")).find("has no app") != std::string::npos);
    CHECK(problem_of(check_ingest_url("srt://host:1")).find("scheme \"srt\"") != std::string::npos);
    CHECK(problem_of(check_ingest_url("file:/a.flv")).find("scheme \"file\"") != std::string::npos);
}

TEST_CASE("url: what is shown has every secret masked") {
    struct Case {
        const char* url;
        const char* shown;
        Playpath playpath = Playpath::is_last_segment;
    };
    const Case cases[] = {
        {"rtmp://host/app", "rtmp://host/app"},
        {"rtmp://host/app/", "rtmp://host/app/"},
        {"rtmp://host/app/CANARY", "rtmp://host/app/***"},
        {"rtmp://host/app/CANARY/", "rtmp://host/app/***/"},
        {"rtmp://host/app/inst/CANARY", "rtmp://host/app/inst/***"},
        {"rtmp://host/app/app", "rtmp://host/app/***"},
        {"rtmp://host/app/inst", "rtmp://host/app/inst", Playpath::is_elsewhere},
        {"rtmp://host/app/CANARY/CANARY", "rtmp://host/app/***", Playpath::is_after_first},
        {"rtmp://host//app//CANARY/", "rtmp://host//app//***/", Playpath::is_after_first},
        {"rtmp://host/app", "rtmp://host/app", Playpath::is_after_first},
        {"rtmp://u:CANARY@host:1935/app", "rtmp://***@host:1935/app"},
        {"rtmp://CANARY@CANARY@host/app", "rtmp://***@host/app"},
        {"rtmps://host/live2?backup=1", "rtmps://host/live2?backup=***"},
        {"rtmp://host/live2?backup=1/CANARY", "rtmp://host/live2?backup=***"},
        {"rtmp://host/app/CANARY?a=CANARY&b=CANARY", "rtmp://host/app/***?a=***&b=***"},
        {"rtmp://host/app?CANARY", "rtmp://host/app?***"},
        {"rtmp://host/app?CANARY==", "rtmp://host/app?***"},
        {"rtmp://host/app?CANARY=", "rtmp://host/app?***"},
        {"rtmp://host/app?a=1&&=CANARY", "rtmp://host/app?a=***&&***"},
        {"rtmp://host/app?CAN/ARY=1", "rtmp://host/app?***"},
        {"rtmp://host/app?", "rtmp://host/app?"},
        {"srt://host:1?streamid=CANARY&passphrase=CANARY",
         "srt://host:1?streamid=***&passphrase=***"},
        {"srt://host:1?streamid=#!::u=CANARY,r=CANARY", "srt://host:1?streamid=***"},
        {"file:/var/media/a/b.mkv", "file:/var/media/a/b.mkv"},
        {"CANARY", "***"},
        {"", "***"},
        {"rtmp://ho st/CANARY", "***"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.url);
        CHECK(masked_url(one.url, one.playpath) == one.shown);
    }
}

TEST_CASE("url: addresses, networks and listening places") {
    for (const char* good : {"192.168.1.7", "0.0.0.0/0", "10.0.0.0/8", "::1", "2001:db8::/32",
                             "::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1/128"}) {
        CHECK_MESSAGE(is_address_or_network(good), good);
    }
    for (const char* bad :
         {"", "all", "localhost", "192.168.1", "192.168.1.256", "192.168.1.7/33", "192.168.1.7/",
          "192.168.1.7/-1", "1.2.3.4.5", "01234.1.1.1", ":::", "1::2::3", "1:2", "g::", "::/129",
          "1.2.3.4::", "192.168.1.7;", "192.168.1.7 ", "1:2:3:4:5:6:7:8::"}) {
        CHECK_MESSAGE(!is_address_or_network(bad), bad);
    }
    CHECK(is_loopback("127.0.0.1"));
    CHECK(is_loopback("127.9.9.9"));
    CHECK(is_loopback("::1"));
    CHECK(is_loopback("localhost"));
    for (const char* host : {"0.0.0.0", "::", "128.0.0.1", "127.example", "", "host"}) {
        CHECK_MESSAGE(!is_loopback(host), host);
    }
    CHECK(parse_host_and_port("[::1]:1935")->host == "::1");
    CHECK(parse_host_and_port("0.0.0.0:1936")->port == 1936);
    for (const char* bad : {"", "1935", ":1935", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "*:1935",
                            "::1:1935", "a@b:1", "host:1935/live", "127.0.0.1:1935;", "a b:1"}) {
        CHECK_MESSAGE(!parse_host_and_port(bad), bad);
    }
}
