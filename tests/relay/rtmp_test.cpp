// The ingest and RTMP destinations against real servers on loopback.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "media/peers.hpp"
#include "process/patience.hpp"
#include "worker/rtmp_sink.hpp"
#include "worker/rtmp_source.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// Runs the loop until it is so; false if it isn't for so long, in counted time.
bool run_until(Loop& loop, Milliseconds longest, const std::function<bool()>& is_so) {
    CountedTime time;
    while (!is_so()) {
        if (time.passed() >= longest) return false;
        loop.run_once(Deadline::after(20ms));
    }
    return true;
}

/// What a source gave, taken as it arrives.
struct Heard {
    std::vector<Tag> tags;
    int publishers_left = 0;
    std::optional<SessionEnd> end;

    void take(TagSource& source) {
        while (!end) {
            auto event = source.poll();
            if (auto* tag = std::get_if<Tag>(&event))
                tags.push_back(std::move(*tag));
            else if (std::holds_alternative<TagSource::PublisherLeft>(event))
                ++publishers_left;
            else if (auto* found = std::get_if<SessionEnd>(&event))
                end = std::move(*found);
            else
                return;
        }
    }
    bool has_keyframe() const {
        return std::ranges::any_of(tags, [](const Tag& tag) {
            const auto facts = video_facts(tag.bytes());
            return tag.type == TagType::video && facts && facts->is_keyframe;
        });
    }
};

SourceRequest from(const std::string& url) {
    SourceRequest request;
    request.url = url;
    return request;
}

SinkRequest to(const std::string& url, const std::string& key) {
    SinkRequest request;
    request.destination = "test";
    request.url = url;
    request.key = Secret(key);
    return request;
}

Tag video_tag(std::uint32_t time, std::size_t size) {
    std::vector<std::uint8_t> payload(size, 0x55);
    payload[0] = 0x17;
    payload[1] = 1;
    return make_tag(TagType::video, RtmpTime(time), payload);
}

std::unique_ptr<Sink> must_open(const SinkRequest& request, Loop& loop) {
    auto sink = open_rtmp_sink(request, loop);
    run_until(loop, 5s, [&] { return sink->is_accepted() || sink->end(); });
    const auto end = sink->end();
    REQUIRE_MESSAGE(sink->is_accepted(), "the sink did not open: " << (end ? describe(*end) : ""));
    return sink;
}

SessionEnd must_end(Sink& sink, Loop& loop, Milliseconds longest = 3s) {
    REQUIRE(run_until(loop, longest, [&] { return sink.end().has_value(); }));
    return *sink.end();
}

}  // namespace

TEST_CASE("source: an empty playpath plays what an empty stream key publishes, to its end") {
    const TempFolder folder;
    Nginx nginx(folder);
    Peer publisher = publish(nginx.url("live"), folder);
    Loop loop;
    const auto source = open_rtmp_source(from(nginx.url("live")), loop);
    Heard heard;
    const auto listen = [&] {
        heard.take(*source);
        return heard.has_keyframe();
    };
    REQUIRE(run_until(loop, 5s, listen));
    CHECK_FALSE(source->has_no_publisher());
    publisher.kill();
    CHECK(run_until(loop, 1s, [&] {
        heard.take(*source);
        return heard.publishers_left == 1 || heard.end;
    }));
    // nginx-rtmp keeps its players: the next publisher is heard on the same connection.
    REQUIRE(heard.publishers_left == 1);
    CHECK(source->has_no_publisher());
    heard.tags.clear();
    const Peer next = publish(nginx.url("live"), folder);
    CHECK(run_until(loop, 5s, listen));
    CHECK_FALSE(heard.end);
    CHECK_FALSE(source->has_no_publisher());
}

TEST_CASE("source: an application with a slash in its name is played, with and without a key") {
    struct Row {
        const char* published;
        const char* played;
        int refused;  ///< connections that were refused before the one that plays
    };
    const TempFolder folder;
    Nginx nginx(folder);
    const auto refusals = [&nginx] {
        const std::string log = nginx.log();
        int count = 0;
        for (auto at = log.find("application not found"); at != std::string::npos;
             at = log.find("application not found", at + 1)) {
            ++count;
        }
        return count;
    };
    for (const Row& row : {Row{"live/cam/key", "live/cam/key", 0}, Row{"show/cam/", "show/cam/", 0},
                           Row{"show/cam/", "show/cam", 1}}) {
        CAPTURE(row.played);
        const Peer publisher = publish(nginx.url(row.published), folder);
        const OpenSource open = remembering_rtmp_source();
        const int before = refusals();
        // The second source knows what was accepted.
        for (int i = 0; i < 2; ++i) {
            Loop loop;
            const auto source = open(from(nginx.url(row.played)), loop);
            Heard heard;
            CHECK(run_until(loop, 5s, [&] {
                heard.take(*source);
                return heard.has_keyframe() || heard.end;
            }));
            CHECK(heard.has_keyframe());
        }
        CHECK(refusals() - before == row.refused);
    }
}

TEST_CASE("source: a server that refuses every application sees one connection a try") {
    const TempFolder folder;
    Nginx nginx(folder);
    const OpenSource open = remembering_rtmp_source();
    for (int i = 0; i < 4; ++i) {
        Loop loop;
        const auto source = open(from(nginx.url("no/such/app")), loop);
        Heard heard;
        REQUIRE(run_until(loop, 5s, [&] {
            heard.take(*source);
            return heard.end.has_value();
        }));
        CHECK(heard.end->code == EndCode::ingest_refused);
    }
    const std::string log = nginx.log();
    int count = 0;
    for (auto at = log.find("application not found"); at != std::string::npos;
         at = log.find("application not found", at + 1)) {
        ++count;
    }
    CHECK(count == 3 + 3);
}

TEST_CASE("source: tags come as they are sent, none waits for a full buffer") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live/key"), folder);
    Loop loop;
    const auto source = open_rtmp_source(from(nginx.url("live/key")), loop);
    Heard heard;
    REQUIRE(run_until(loop, 5s, [&] {
        heard.take(*source);
        return heard.has_keyframe();
    }));
    // 10 pictures a second and 43 AAC frames: more than 30 in 1.5 s, without a long pause.
    CountedTime time;
    const std::size_t enough = heard.tags.size() + 30;
    while (heard.tags.size() < enough) {
        const std::size_t known = heard.tags.size();
        REQUIRE(run_until(loop, 250ms, [&] {
            heard.take(*source);
            return heard.tags.size() > known || heard.end;
        }));
        REQUIRE_FALSE(heard.end);
    }
    CHECK(time.passed() < 1500ms);
}

TEST_CASE("source: that nobody publishes is known after a second, and who comes later is heard") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    const auto begin = SteadyClock::now();
    const auto source = open_rtmp_source(from(nginx.url("live")), loop);
    Heard heard;
    REQUIRE(run_until(loop, 3s, [&] {
        heard.take(*source);
        return source->has_no_publisher();
    }));
    CHECK(SteadyClock::now() - begin >= 1s);
    CHECK_FALSE(heard.end);
    const Peer publisher = publish(nginx.url("live"), folder);
    CHECK(run_until(loop, 5s, [&] {
        heard.take(*source);
        return heard.has_keyframe();
    }));
    CHECK_FALSE(source->has_no_publisher());
}

TEST_CASE("source: an ingest that falls silent is gone after the longest silence") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live"), folder);
    Loop loop;
    SourceRequest request = from(nginx.url("live"));
    // Longer than a publisher on a busy machine is silent.
    request.longest_silence = 1500ms;
    const auto source = open_rtmp_source(request, loop);
    Heard heard;
    REQUIRE(run_until(loop, 5s, [&] {
        heard.take(*source);
        return heard.has_keyframe();
    }));
    nginx.peer().freeze();
    const auto begin = SteadyClock::now();
    const bool has_ended = run_until(loop, 3s, [&] {
        heard.take(*source);
        return heard.end.has_value();
    });
    nginx.peer().thaw();
    REQUIRE(has_ended);
    CHECK(end_code_name(heard.end->code) == "ingest_gone");
    CHECK(heard.end->detail.find("nothing for") != std::string::npos);
    CHECK(SteadyClock::now() - begin >= 1s);
}

TEST_CASE("source: how it cannot be opened") {
    const TempFolder folder;
    Nginx nginx(folder);
    const SilentServer silent;
    const RudeServer web(folder, "200 hello");
    struct Row {
        std::string url;
        EndCode code;
        Milliseconds connect_deadline = 10s;
    };
    const Row rows[] = {
        {fmt::format("rtmp://127.0.0.1:{}/live", free_port()), EndCode::ingest_down},
        {"rtmp://no-such-host.invalid/live", EndCode::ingest_down},
        {fmt::format("rtmp://127.0.0.1:{}/live", web.port()), EndCode::ingest_down},
        {fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), EndCode::ingest_down, 500ms},
        {nginx.url("unknown"), EndCode::ingest_refused},
        {nginx.url("closed"), EndCode::ingest_refused},
        {nginx.url("asks"), EndCode::ingest_refused},
        {"http://127.0.0.1/live", EndCode::config_invalid},
        {"rtmp://127.0.0.1", EndCode::config_invalid},
        {"", EndCode::config_invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        Loop loop;
        SourceRequest request = from(row.url);
        request.connect_deadline = row.connect_deadline;
        const auto source = open_rtmp_source(request, loop);
        Heard heard;
        REQUIRE(run_until(loop, 5s, [&] {
            heard.take(*source);
            return heard.end.has_value();
        }));
        CAPTURE(heard.end->detail);
        CHECK(end_code_name(heard.end->code) == end_code_name(row.code));
        CHECK_FALSE(heard.end->detail.empty());
        CHECK(heard.tags.empty());
    }
}

TEST_CASE("sink: tags that are published come out of the server as they went in") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live/in"), folder);
    Loop loop;
    const auto source = open_rtmp_source(from(nginx.url("live/in")), loop);
    const auto sink = must_open(to(nginx.url("live/"), "out"), loop);
    const auto echo = open_rtmp_source(from(nginx.url("live/out")), loop);
    Heard in;
    Heard out;
    std::size_t sent = 0;
    REQUIRE(run_until(loop, 8s, [&] {
        in.take(*source);
        for (; sent < in.tags.size(); ++sent) sink->write(in.tags[sent]);
        out.take(*echo);
        return out.tags.size() >= 40;
    }));
    const auto matched = std::ranges::count_if(out.tags, [&](const Tag& tag) {
        return std::ranges::any_of(in.tags, [&](const Tag& each) {
            return each.type == tag.type && std::ranges::equal(each.bytes(), tag.bytes());
        });
    });
    CHECK(matched >= std::ssize(out.tags) - 2);  // all but what the server makes itself
    REQUIRE(sink->rtt_ms());
    CHECK(*sink->rtt_ms() < 100);
    sink->finish(Deadline::after(10s));
    // Long before its deadline.
    CHECK(must_end(*sink, loop, 500ms).code == EndCode::stopped);
    // A clean goodbye frees the name at once.
    CHECK(must_open(to(nginx.url("live"), "out"), loop)->is_ready());
}

TEST_CASE("sink: how it cannot be opened") {
    const TempFolder folder;
    Nginx nginx(folder);
    const SilentServer silent;
    const RudeServer web(folder, "200 hello");
    Loop loop;
    const auto first = must_open(to(nginx.url("live"), "taken"), loop);
    struct Row {
        std::string url;
        EndCode code;
        Milliseconds connect_deadline = 10s;
    };
    const Row rows[] = {
        {fmt::format("rtmp://127.0.0.1:{}/live", free_port()), EndCode::connection_refused},
        {fmt::format("rtmps://127.0.0.1:{}/live", free_port()), EndCode::connection_refused},
        {"rtmp://no-such-host.invalid/live", EndCode::name_not_found},
        {"rtmps://no-such-host.invalid/live", EndCode::name_not_found},
        {fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), EndCode::handshake_timed_out,
         500ms},
        {fmt::format("rtmps://127.0.0.1:{}/live", silent.port()), EndCode::handshake_timed_out,
         500ms},
        {fmt::format("rtmps://127.0.0.1:{}/live", web.port()), EndCode::tls_failed},
        {fmt::format("rtmp://127.0.0.1:{}/live", web.port()), EndCode::not_rtmp},
        {nginx.url("unknown"), EndCode::app_refused},
        {nginx.url("live"), EndCode::already_published},
        {nginx.url("asks"), EndCode::publish_refused},
        {"rtmpt://127.0.0.1/live", EndCode::config_invalid},
        {"rtmp://127.0.0.1/", EndCode::config_invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        SinkRequest request = to(row.url, "taken");
        request.connect_deadline = row.connect_deadline;
        const auto sink = open_rtmp_sink(request, loop);
        const SessionEnd end = must_end(*sink, loop);
        CAPTURE(end.detail);
        CHECK(end_code_name(end.code) == end_code_name(row.code));
        CHECK_FALSE(sink->is_accepted());
        CHECK_FALSE(sink->is_ready());
        CHECK_FALSE(end.detail.empty());
        CHECK(end.detail.find("taken") == std::string::npos);
    }
}

TEST_CASE("sink: a refused key has the server's own code and words") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    const auto first = must_open(to(nginx.url("live"), "word"), loop);
    const auto second = open_rtmp_sink(to(nginx.url("live"), "word"), loop);
    const SessionEnd end = must_end(*second, loop);
    CHECK(end.detail.find("NetStream.Publish.BadName") != std::string::npos);
    CHECK(end.detail.find("word") == std::string::npos);
}

TEST_CASE("sink: certificates and host names are checked, and each failure has its name") {
    const TempFolder folder;
    Nginx nginx(folder);
    make_certificate(folder, "other.example");
    Loop loop;
    const auto url = [](const char* host, int port) {
        return fmt::format("rtmps://{}:{}/live", host, port);
    };
    for (const bool is_trusted : {false, true}) {
        CAPTURE(is_trusted);
        const TlsFront front = tls_front(folder, nginx.port());
        SinkRequest request = to(url("localhost", front.port), "k");
        if (is_trusted) request.ca_file = (folder / "cert.pem").string();
        const auto sink = open_rtmp_sink(request, loop);
        const SessionEnd end = must_end(*sink, loop);
        CAPTURE(end.detail);
        CHECK(end_code_name(end.code) == (is_trusted ? "tls_wrong_host" : "tls_untrusted"));
    }
    make_certificate(folder, "localhost");
    for (const char* host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        const TlsFront front = tls_front(folder, nginx.port());
        SinkRequest request = to(url(host, front.port), "k");
        request.ca_file = (folder / "cert.pem").string();
        const auto sink = must_open(request, loop);
        sink->write(video_tag(0, 5000));
        CHECK(run_until(loop, 3s, [&] { return sink->is_ready(); }));
        CHECK(sink->rtt_ms());
        sink->finish(Deadline::after(10s));
        CHECK(must_end(*sink, loop).code == EndCode::stopped);
    }
}

TEST_CASE("sink: a server that stops reading ends it as stalled, and dropping it does not block") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    SinkRequest request = to(nginx.url("live"), "k");
    request.write_deadline = 500ms;
    auto sink = must_open(request, loop);
    nginx.peer().freeze();
    for (std::uint32_t i = 0; i < 400; ++i) sink->write(video_tag(i * 40, 100'000));
    CHECK_FALSE(sink->is_ready());
    const SessionEnd end = must_end(*sink, loop, 1500ms);
    CAPTURE(end.detail);
    CHECK(end_code_name(end.code) == "stalled");
    // By whose clock ever, it is its deadline at least.
    const std::string words = "took nothing for ";
    const auto at = end.detail.find(words);
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(end.detail.substr(at + words.size())) >= 0.5);
    CountedTime time;
    sink.reset();
    CHECK(time.passed() < 50ms);
    nginx.peer().thaw();
}

TEST_CASE("sink: a server that goes away, and one that closes what it accepted, are seen at once") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    {
        const auto closed = open_rtmp_sink(to(nginx.url("closed"), "k"), loop);
        const SessionEnd end = must_end(*closed, loop);
        CHECK((end.code == EndCode::closed || end.code == EndCode::reset ||
               end.code == EndCode::publish_refused));
    }
    const auto sink = must_open(to(nginx.url("live"), "k"), loop);
    sink->write(video_tag(0, 1000));
    REQUIRE(run_until(loop, 3s, [&] { return sink->is_ready(); }));
    nginx.peer().kill();
    const SessionEnd end = must_end(*sink, loop, 1s);
    CHECK((end.code == EndCode::closed || end.code == EndCode::reset));
    CHECK(sink->is_accepted());
}

TEST_CASE("sink: without a key, one path segment is the app and the stream key is empty") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    const auto sink = must_open(to(nginx.url("live"), ""), loop);
    CHECK(nginx.log().find("publish: name='' ") != std::string::npos);
    const auto other = must_open(to(nginx.url("live/last?a=1"), ""), loop);
    CHECK(nginx.log().find("publish: name='last' args='a=1'") != std::string::npos);
}

TEST_CASE("sink: a goodbye behind what waits arrives once the server reads again") {
    const TempFolder folder;
    Nginx nginx(folder);
    Loop loop;
    const auto sink = must_open(to(nginx.url("live"), "slow"), loop);
    nginx.peer().freeze();
    for (std::uint32_t i = 0; i < 60; ++i) sink->write(video_tag(i * 40, 100'000));
    CHECK_FALSE(sink->is_ready());
    sink->finish(Deadline::after(10s));
    loop.run_once(Deadline::after(50ms));
    nginx.peer().thaw();
    CHECK(must_end(*sink, loop, 4s).code == EndCode::stopped);
    CHECK(wait_until(Patience(2s),
                     [&] { return nginx.log().find("deleteStream") != std::string::npos; }));
}
