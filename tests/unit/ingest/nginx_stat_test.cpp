// The statistics page of nginx-rtmp: as it was captured, and as it may arrive.
#include "ingest/nginx_stat.hpp"

#include <doctest/doctest.h>

#include <string>

#include "ingest/nginx_pulse.hpp"

using namespace restream;

namespace {

// Captured from libnginx-mod-rtmp 1.2.2, a publisher with an empty key; shortened.
constexpr std::string_view page = R"(<?xml version="1.0" encoding="utf-8" ?>
<rtmp>
<nginx_version>1.22.1</nginx_version>
<pid>5583</pid>
<uptime>37</uptime>
<server>
<application>
<name>live</name>
<live>
<stream>
<name></name>
<time>4248</time><bw_in>0</bw_in><bytes_in>70123</bytes_in>
<client><id>2</id><address>127.0.0.1</address><flashver>FMLE/3.0 (compatible; Lavf59.27</flashver><dropped>0</dropped><publishing/><active/></client>
<client><id>3</id><address>127.0.0.1</address><active/></client>
<meta><video><width>320</width><height>180</height><frame_rate>29.97</frame_rate><codec>H264</codec><profile>Baseline</profile><level>1.3</level></video><audio><codec>AAC</codec><profile>LC</profile><channels>1</channels><sample_rate>48000</sample_rate></audio></meta>
<nclients>2</nclients>
<publishing/>
<active/>
</stream>
<stream>
<name>k&lt;&amp;1</name>
<nclients>1</nclients>
</stream>
<nclients>3</nclients>
</live>
</application>
<application>
<name>other</name>
<live><nclients>0</nclients></live>
</application>
</server>
</rtmp>
)";

RtmpEndpoint at(std::string app, std::string playpath) {
    RtmpEndpoint endpoint;
    endpoint.app = std::move(app);
    endpoint.playpath = Secret(std::move(playpath));
    return endpoint;
}

}  // namespace

TEST_CASE("nginx stat: the publisher, its players and its tracks are found") {
    const auto stat = parse_nginx_stat(page);
    REQUIRE(stat);
    CHECK(stat->worker_pid == 5583);
    const auto* found = stat->find(at("live", ""));
    REQUIRE(found != nullptr);
    CHECK(found->has_publisher);
    CHECK(found->players() == 1);
    CHECK(found->bytes_received == 70123);
    REQUIRE(found->video);
    CHECK(found->video->codec == "h264");
    CHECK(found->video->width == 320);
    CHECK(found->video->height == 180);
    CHECK(found->video->frame_rate == doctest::Approx(29.97));
    REQUIRE(found->audio);
    CHECK(found->audio->codec == "aac");
    CHECK(found->audio->channels == 1);
    CHECK(found->audio->sample_rate_hz == 48000);
}

TEST_CASE("nginx stat: a name with escaped characters is found, and that only players are there") {
    const auto stat = parse_nginx_stat(page);
    REQUIRE(stat);
    const auto* found = stat->find(at("live", "k<&1"));
    REQUIRE(found != nullptr);
    CHECK_FALSE(found->has_publisher);
    CHECK(found->players() == 1);
    CHECK_FALSE(found->video);
    CHECK(stat->find(at("other", "")) == nullptr);
    CHECK(stat->find(at("live", "k")) == nullptr);
}

TEST_CASE("nginx stat: a publisher without sound has no audio") {
    // As it was captured from one that sends only a picture.
    const auto stat = parse_nginx_stat(
        "<rtmp><server><application><name>live</name><live><stream><name></name><meta>"
        "<video><width>320</width><codec>H264</codec></video>"
        "<audio><codec></codec><profile></profile></audio></meta><publishing/></stream></live>"
        "</application></server></rtmp>");
    REQUIRE(stat);
    const auto* found = stat->find(at("live", ""));
    REQUIRE(found != nullptr);
    CHECK(found->video);
    CHECK_FALSE(found->audio);
}

TEST_CASE("nginx stat: tracks inside tracks, without a codec, are none") {
    for (const std::string kind : {"video", "audio"}) {
        CAPTURE(kind);
        const std::string open = "<meta><" + kind + ">";
        const std::string close = "</" + kind + "></meta>";
        const auto stat = parse_nginx_stat("<rtmp><live><stream>" + open + open + close + close +
                                           "</stream></live></rtmp>");
        REQUIRE(stat);
        REQUIRE(stat->publications.size() == 1);
        CHECK_FALSE(stat->publications.front().video);
        CHECK_FALSE(stat->publications.front().audio);
    }
}

TEST_CASE("nginx stat: whatever the page holds, there is no picture and no sound without a codec") {
    for (const char* page :
         {"<rtmp><live><stream><meta><video><live><stream></stream></live></video></meta></stream>"
          "</live></rtmp>",
          "<rtmp><live><stream><meta><video><codec>H</codec></video></meta><video><codec/></video>"
          "</stream></live></rtmp>",
          "<rtmp><live><stream><meta><audio><codec>A</codec></audio></meta><audio><codec/></audio>"
          "</stream></live></rtmp>"}) {
        CAPTURE(page);
        const auto stat = parse_nginx_stat(page);
        REQUIRE(stat);
        for (const auto& each : stat->publications) {
            CHECK((!each.video || !each.video->codec.empty()));
            CHECK((!each.audio || !each.audio->codec.empty()));
        }
    }
}

TEST_CASE("nginx stat: figures that can't be are not known") {
    for (const std::string figure : {"-1", "-0.5", "inf", "-inf", "nan", "NaN", "infinity", "1e999",
                                     "0x10", " 1", "1 ", "x", ""}) {
        CAPTURE(figure);
        const auto element = [&](const std::string& name) {
            return "<" + name + ">" + figure + "</" + name + ">";
        };
        const auto stat = parse_nginx_stat(
            "<rtmp>" + element("pid") + "<live><stream>" + element("bytes_in") + "<meta><video>" +
            element("width") + element("height") + element("frame_rate") +
            "<codec>H264</codec></video><audio>" + element("channels") + element("sample_rate") +
            "<codec>AAC</codec></audio></meta>" + element("nclients") + "</stream></live></rtmp>");
        REQUIRE(stat);
        CHECK(stat->worker_pid == 0);
        REQUIRE(stat->publications.size() == 1);
        const NginxPublication& found = stat->publications.front();
        CHECK(found.clients == 0);
        CHECK(found.bytes_received == 0);
        const MediaFacts media = media_facts_of(found);
        REQUIRE(media.video);
        CHECK(media.video->width == 0);
        CHECK(media.video->height == 0);
        CHECK_FALSE(media.video->fps);
        REQUIRE(media.audio);
        CHECK(media.audio->channels == 0);
        CHECK(media.audio->sample_rate_hz == 0);
    }
}

TEST_CASE("nginx stat: who publishes under another name is noticed") {
    const auto stat = parse_nginx_stat(page);
    REQUIRE(stat);
    CHECK(stat->is_published_elsewhere(at("live", "key")));
    CHECK_FALSE(stat->is_published_elsewhere(at("live", "")));
    CHECK_FALSE(stat->is_published_elsewhere(at("other", "")));
}

TEST_CASE("nginx stat: a page torn anywhere is nothing") {
    const std::string whole(page);
    const auto last = whole.rfind('>');
    for (std::size_t length = 0; length < last; ++length) {
        CAPTURE(length);
        CHECK_FALSE(parse_nginx_stat(whole.substr(0, length)));
    }
}

TEST_CASE("nginx stat: what is no such page is nothing") {
    std::string deep = "<rtmp>";
    for (int i = 0; i < 1000; ++i) deep += "<a>";
    for (const std::string& text : std::initializer_list<std::string>{
             "", "text", "<", ">", "<>", "</>", "</rtmp>", "<rtmp>", "<rtmp></rtm>", "<a></a>",
             "<html><body>404</body></html>", "<rtmp></rtmp><rtmp></rtmp>", "<rtmp><a></rtmp></a>",
             "<rtmp><?x?></rtmp>", "<rtmp><!-- --></rtmp>", "<rtmp><></rtmp>", deep,
             std::string("\0\0\0", 3), "<rtmp><server></server>"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_nginx_stat(text));
    }
}

TEST_CASE("nginx stat: odd elements and numbers are passed over") {
    for (const char* text :
         {"<rtmp/>", "<rtmp></rtmp>", "<rtmp><pid>x</pid></rtmp>",
          "<rtmp><pid>99999999999</pid></rtmp>", "<rtmp><pid>1 2</pid></rtmp>",
          "<rtmp><pid>-1</pid></rtmp>", "<rtmp><pid>+1</pid></rtmp>", "<rtmp><pid/></rtmp>",
          "<rtmp><live><stream/></live></rtmp>", "<rtmp><new a=\"b\"><c/></new></rtmp>",
          "<rtmp><stream><publishing/></stream></rtmp>"}) {
        CAPTURE(text);
        const auto stat = parse_nginx_stat(text);
        REQUIRE(stat);
        CHECK(stat->worker_pid == 0);
        CHECK_FALSE(stat->is_published_elsewhere(at("live", "")));
    }
}

TEST_CASE("nginx stat: only a whole answer with status 200 has a body") {
    CHECK(http_body("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody") == "body");
    CHECK(http_body("HTTP/1.0 200 OK\r\n\r\n") == "");
    for (const char* text : {"", "\r\n\r\n", "HTTP/1.1", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 200 OK\r\n",
                             "HTTP/1.1 404 Not Found\r\n\r\nx", "HTTP/1.1 2000 x\r\n\r\nx",
                             "HTTP/2 200 OK\r\n\r\nx", "SSH-2.0-x\r\n\r\n", "<rtmp></rtmp>"}) {
        CAPTURE(text);
        CHECK_FALSE(http_body(text));
    }
}

TEST_CASE("nginx pulse: a publisher whose bytes do not grow is silent, from the last growth on") {
    using std::chrono::milliseconds;
    NginxPulse pulse;
    NginxPublication publication;
    SteadyTime now{std::chrono::hours(1)};
    pulse.look(nullptr, now);
    CHECK_FALSE(pulse.is_silent());
    publication.has_publisher = true;
    const auto look = [&](std::uint64_t bytes) {
        publication.bytes_received += bytes;
        now += milliseconds(500);
        pulse.look(&publication, now);
        return pulse.is_silent();
    };
    for (int i = 0; i < 10; ++i) CHECK_FALSE(look(300'000));
    const SteadyTime last = now;
    CHECK_FALSE(look(0));
    CHECK_FALSE(look(0));
    CHECK(look(0));
    CHECK(pulse.since() == last);
    CHECK_FALSE(look(1));
    // A picture every 2 s, and nothing else.
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const bool is_silent = look(i % 4 == 0 ? 5000 : 0);
        if (i > 12) CHECK_FALSE(is_silent);
    }
    publication.bytes_received = 0;  // another publisher, that sends nothing at all
    for (int i = 0; i < 3; ++i) CHECK_FALSE(look(0));
    CHECK(look(0));
    publication.has_publisher = false;
    CHECK_FALSE(look(0));
}
