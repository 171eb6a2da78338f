// The ingest and RTMP destinations against real servers on loopback.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "media/peers.hpp"
#include "media/rtmp_sink.hpp"
#include "media/rtmp_source.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

Milliseconds since(SteadyTime begin) {
    return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
}

std::unique_ptr<TagSource> must_open(const SourceRequest& request, const Cancel& cancel) {
    auto opened = open_rtmp_source(request, cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) {
        FAIL("the source did not open: ", describe(*end));
    }
    return std::move(std::get<std::unique_ptr<TagSource>>(opened));
}

std::unique_ptr<Sink> must_open(const SinkRequest& request, const Cancel& cancel) {
    auto opened = open_rtmp_sink(request, cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) {
        FAIL("the sink did not open: ", describe(*end));
    }
    return std::move(std::get<std::unique_ptr<Sink>>(opened));
}

SessionEnd must_fail(const SinkRequest& request, const Cancel& cancel) {
    auto opened = open_rtmp_sink(request, cancel);
    REQUIRE(std::holds_alternative<SessionEnd>(opened));
    return std::get<SessionEnd>(opened);
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

/// Reads until there is an AVC keyframe; how the source ended otherwise.
std::optional<SessionEnd> read_to_keyframe(TagSource& source) {
    while (true) {
        auto next = source.read();
        if (auto* end = std::get_if<SessionEnd>(&next)) return *end;
        const Tag& tag = std::get<Tag>(next);
        if (tag.type != TagType::video) continue;
        const auto facts = video_facts(tag.bytes());
        if (facts && facts->is_keyframe) return std::nullopt;
    }
}

}  // namespace

TEST_CASE("source: an empty playpath plays what an empty stream key publishes, to its end") {
    const TempFolder folder;
    Nginx nginx(folder);
    Peer publisher = publish(nginx.url("live"), folder);
    const Cancel cancel;
    const auto source = must_open({nginx.url("live"), 10s, {}}, cancel);
    CHECK_FALSE(read_to_keyframe(*source));
    publisher.kill();
    const auto begin = SteadyClock::now();
    std::optional<SessionEnd> end;
    while (!end) {
        auto next = source->read();
        if (auto* found = std::get_if<SessionEnd>(&next)) end = *found;
    }
    CHECK(end->code == EndCode::ingest_gone);
    CHECK(since(begin) < 1s);
}

TEST_CASE("source: tags come as they are sent, none waits for a full buffer") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live/key"), folder);
    const Cancel cancel;
    const auto source = must_open({nginx.url("live/key"), 10s, {}}, cancel);
    REQUIRE_FALSE(read_to_keyframe(*source));
    // 10 pictures a second and 43 AAC frames: in no pause are more than a few messages handed out
    // at once.
    const auto begin = SteadyClock::now();
    Milliseconds longest_pause(0);
    int messages = 0;
    for (auto last = begin; since(begin) < 1500ms; last = SteadyClock::now()) {
        const auto next = source->read();
        REQUIRE(std::holds_alternative<Tag>(next));
        ++messages;
        longest_pause = std::max(longest_pause, since(last));
    }
    CHECK(messages > 30);
    CHECK(longest_pause < 250ms);
}

TEST_CASE(
    "source: that nobody publishes is told after a second, and Cancel ends the wait at once") {
    const TempFolder folder;
    Nginx nginx(folder);
    Cancel cancel;
    std::promise<void> told;
    int times = 0;
    const auto begin = SteadyClock::now();
    auto opening = std::async(std::launch::async, [&] {
        return open_rtmp_source({nginx.url("live"), 10s,
                                 [&] {
                                     if (++times == 1) told.set_value();
                                 }},
                                cancel);
    });
    REQUIRE(told.get_future().wait_for(3s) == std::future_status::ready);
    CHECK(since(begin) >= 1s);
    CHECK(since(begin) < 1300ms);
    const auto asked = SteadyClock::now();
    cancel.request();
    const auto opened = opening.get();
    CHECK(since(asked) < 150ms);
    REQUIRE(std::holds_alternative<SessionEnd>(opened));
    CHECK(std::get<SessionEnd>(opened).code == EndCode::stopped);
    CHECK(times == 1);
}

TEST_CASE("source: opens when the publisher comes later") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Cancel cancel;
    std::promise<void> told;
    auto opening = std::async(std::launch::async, [&] {
        return open_rtmp_source({nginx.url("live"), 10s, [&] { told.set_value(); }}, cancel);
    });
    REQUIRE(told.get_future().wait_for(3s) == std::future_status::ready);
    const Peer publisher = publish(nginx.url("live"), folder);
    auto opened = opening.get();
    REQUIRE(std::holds_alternative<std::unique_ptr<TagSource>>(opened));
    CHECK_FALSE(read_to_keyframe(*std::get<std::unique_ptr<TagSource>>(opened)));
}

TEST_CASE("source: a blocked read obeys Cancel and the longest silence") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live"), folder);
    Cancel cancel;
    const auto source = must_open({nginx.url("live"), 10s, {}}, cancel);
    const Cancel never;
    const auto impatient = must_open({nginx.url("live"), 400ms, {}}, never);
    REQUIRE_FALSE(read_to_keyframe(*source));
    REQUIRE_FALSE(read_to_keyframe(*impatient));
    nginx.peer().freeze();
    const auto begin = SteadyClock::now();
    std::optional<SessionEnd> end;
    while (!end) {
        auto next = impatient->read();
        if (auto* found = std::get_if<SessionEnd>(&next)) end = *found;
    }
    CHECK(end->code == EndCode::ingest_gone);
    CHECK(since(begin) >= 390ms);
    CHECK(since(begin) < 1s);
    SteadyTime asked;
    std::jthread canceller([&] {
        std::this_thread::sleep_for(200ms);
        asked = SteadyClock::now();
        cancel.request();
    });
    end.reset();
    while (!end) {
        auto next = source->read();
        if (auto* found = std::get_if<SessionEnd>(&next)) end = *found;
    }
    canceller.join();
    CHECK(end->code == EndCode::stopped);
    CHECK(since(asked) < 150ms);
}

TEST_CASE("source: how it cannot be opened") {
    const TempFolder folder;
    Nginx nginx(folder);
    const SilentServer silent;
    const RudeServer web(folder, "200 hello");
    struct Row {
        std::string url;
        EndCode code;
    };
    const Row rows[] = {
        {fmt::format("rtmp://127.0.0.1:{}/live", free_port()), EndCode::ingest_down},
        {"rtmp://no-such-host.invalid/live", EndCode::ingest_down},
        {fmt::format("rtmp://127.0.0.1:{}/live", web.port()), EndCode::ingest_down},
        {fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), EndCode::ingest_down},
        {nginx.url("unknown"), EndCode::ingest_refused},
        {nginx.url("closed"), EndCode::ingest_refused},
        {nginx.url("asks"), EndCode::ingest_refused},
        {"http://127.0.0.1/live", EndCode::config_invalid},
        {"rtmp://127.0.0.1", EndCode::config_invalid},
        {"", EndCode::config_invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const Cancel cancel;
        const auto begin = SteadyClock::now();
        const auto opened = open_rtmp_source({row.url, 10s, {}}, cancel);
        REQUIRE(std::holds_alternative<SessionEnd>(opened));
        const SessionEnd& end = std::get<SessionEnd>(opened);
        CAPTURE(end.detail);
        CHECK(end_code_name(end.code) == end_code_name(row.code));
        CHECK_FALSE(end.detail.empty());
        CHECK(since(begin) < 6s);
    }
}

TEST_CASE("sink: tags that are published come out of the server as they went in") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live/in"), folder);
    const Cancel cancel;
    const auto source = must_open({nginx.url("live/in"), 10s, {}}, cancel);
    const auto sink = must_open(to(nginx.url("live/"), "out"), cancel);
    auto opening = std::async(std::launch::async, [&] {
        return open_rtmp_source({nginx.url("live/out"), 10s, {}}, cancel);
    });
    std::vector<Tag> sent;
    for (int i = 0; i < 80; ++i) {
        auto next = source->read();
        REQUIRE(std::holds_alternative<Tag>(next));
        sent.push_back(std::get<Tag>(next));
        REQUIRE_FALSE(sink->write(sent.back()));
    }
    auto opened = opening.get();
    REQUIRE(std::holds_alternative<std::unique_ptr<TagSource>>(opened));
    auto& echo = *std::get<std::unique_ptr<TagSource>>(opened);
    int matched = 0;
    for (int i = 0; i < 20; ++i) {
        auto next = echo.read();
        REQUIRE(std::holds_alternative<Tag>(next));
        const Tag& tag = std::get<Tag>(next);
        matched += static_cast<int>(std::ranges::count_if(sent, [&](const Tag& each) {
                                        return each.type == tag.type &&
                                               std::ranges::equal(each.bytes(), tag.bytes());
                                    }) > 0);
    }
    REQUIRE(sink->rtt_ms());
    CHECK(*sink->rtt_ms() < 100);
    CHECK(matched >= 18);  // all but what the server makes itself
    const auto begin = SteadyClock::now();
    sink->finish(Deadline::after(1s));
    CHECK(since(begin) < 200ms);
    // A clean goodbye frees the name at once.
    const auto again = must_open(to(nginx.url("live"), "out"), cancel);
}

TEST_CASE("sink: how it cannot be opened") {
    const TempFolder folder;
    Nginx nginx(folder);
    const SilentServer silent;
    const RudeServer web(folder, "200 hello");
    const Cancel cancel;
    const auto first = must_open(to(nginx.url("live"), "taken"), cancel);
    struct Row {
        std::string url;
        EndCode code;
    };
    const Row rows[] = {
        {fmt::format("rtmp://127.0.0.1:{}/live", free_port()), EndCode::connection_refused},
        {fmt::format("rtmps://127.0.0.1:{}/live", free_port()), EndCode::connection_refused},
        {"rtmp://no-such-host.invalid/live", EndCode::name_not_found},
        {"rtmps://no-such-host.invalid/live", EndCode::name_not_found},
        {fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), EndCode::connect_timed_out},
        {fmt::format("rtmps://127.0.0.1:{}/live", silent.port()), EndCode::connect_timed_out},
        {fmt::format("rtmps://127.0.0.1:{}/live", web.port()), EndCode::tls_failed},
        {fmt::format("rtmp://127.0.0.1:{}/live", web.port()), EndCode::failed},
        {nginx.url("unknown"), EndCode::app_refused},
        {nginx.url("live"), EndCode::publish_refused},
        {nginx.url("asks"), EndCode::publish_refused},
        {"rtmpt://127.0.0.1/live", EndCode::config_invalid},
        {"rtmp://127.0.0.1/", EndCode::config_invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        SinkRequest request = to(row.url, "taken");
        request.connect_deadline = 700ms;
        const auto begin = SteadyClock::now();
        const SessionEnd end = must_fail(request, cancel);
        CAPTURE(end.detail);
        CHECK(end_code_name(end.code) == end_code_name(row.code));
        CHECK(since(begin) < 1200ms);
        CHECK(end.detail.find("taken") == std::string::npos);
    }
}

TEST_CASE("sink: certificates and host names are checked") {
    const TempFolder folder;
    Nginx nginx(folder);
    make_certificate(folder, "other.example");
    const Cancel cancel;
    const auto url = [](const char* host, int port) {
        return fmt::format("rtmps://{}:{}/live", host, port);
    };
    {
        const TlsFront front = tls_front(folder, nginx.port());
        const SessionEnd end = must_fail(to(url("localhost", front.port), "k"), cancel);
        CHECK(end_code_name(end.code) == "tls_failed");
    }
    {
        const TlsFront front = tls_front(folder, nginx.port());
        SinkRequest request = to(url("localhost", front.port), "k");
        request.ca_file = (folder / "cert.pem").string();
        const SessionEnd end = must_fail(request, cancel);
        CHECK(end_code_name(end.code) == "tls_failed");
        CHECK(end.detail.find("does not match hostname") != std::string::npos);
    }
    make_certificate(folder, "localhost");
    for (const char* host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        const TlsFront front = tls_front(folder, nginx.port());
        SinkRequest request = to(url(host, front.port), "k");
        request.ca_file = (folder / "cert.pem").string();
        const auto sink = must_open(request, cancel);
        CHECK_FALSE(sink->write(video_tag(0, 5000)));
        CHECK(sink->rtt_ms());
        const auto begin = SteadyClock::now();
        sink->finish(Deadline::after(1s));
        CHECK(since(begin) < 300ms);
    }
}

TEST_CASE("sink: a server that stops reading ends it as stalled, and dropping it does not block") {
    const TempFolder folder;
    Nginx nginx(folder);
    make_certificate(folder, "localhost");
    const TlsFront front = tls_front(folder, nginx.port());
    const Cancel cancel;
    for (const bool is_tls : {false, true}) {
        CAPTURE(is_tls);
        SinkRequest request = to(nginx.url("live"), "k");
        request.write_deadline = 500ms;
        if (is_tls) {
            request.url = fmt::format("rtmps://localhost:{}/live", front.port);
            request.ca_file = (folder / "cert.pem").string();
            request.key = Secret("k2");
        }
        auto sink = must_open(request, cancel);
        nginx.peer().freeze();
        if (is_tls) front.peer.freeze();
        std::optional<SessionEnd> end;
        SteadyTime begin;
        for (std::uint32_t i = 0; i < 400 && !end; ++i) {
            begin = SteadyClock::now();
            end = sink->write(video_tag(i * 40, 100'000));
        }
        REQUIRE(end);
        CHECK(end_code_name(end->code) == "stalled");
        CHECK(since(begin) >= 500ms);
        CHECK(since(begin) < 800ms);
        begin = SteadyClock::now();
        sink->finish(Deadline::after(1s));
        sink.reset();
        CHECK(since(begin) < 50ms);
        nginx.peer().thaw();
    }
}

TEST_CASE(
    "sink: a goodbye into a stalled connection ends at its deadline; without it nothing is sent") {
    const TempFolder folder;
    Nginx nginx(folder);
    Cancel cancel;
    SinkRequest request = to(nginx.url("live"), "k");
    request.write_deadline = 300ms;
    auto sink = must_open(request, cancel);
    auto other = must_open(to(nginx.url("live"), "k2"), cancel);
    CHECK_FALSE(other->write(video_tag(0, 1000)));
    nginx.peer().freeze();
    // Fill the connection until the next tag would block, but never cut one.
    SteadyTime begin = SteadyClock::now();
    std::optional<SessionEnd> end;
    for (std::uint32_t i = 0; i < 4000 && !end; ++i) end = sink->write(video_tag(i, 2000));
    REQUIRE(end);
    begin = SteadyClock::now();
    sink->finish(Deadline::after(300ms));
    sink.reset();
    CHECK(since(begin) < 450ms);
    begin = SteadyClock::now();
    other.reset();
    CHECK(since(begin) < 50ms);
    nginx.peer().thaw();
}

TEST_CASE("sink: Cancel while it connects") {
    const SilentServer silent;
    Cancel cancel;
    SteadyTime asked;
    std::jthread canceller([&] {
        std::this_thread::sleep_for(200ms);
        asked = SteadyClock::now();
        cancel.request();
    });
    const SessionEnd end =
        must_fail(to(fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), "k"), cancel);
    canceller.join();
    CHECK(end.code == EndCode::stopped);
    CHECK(since(asked) < 150ms);
}

TEST_CASE("sink: a server that goes away is noticed by the next tags") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Cancel cancel;
    const auto sink = must_open(to(nginx.url("live"), "k"), cancel);
    REQUIRE_FALSE(sink->write(video_tag(0, 1000)));
    nginx.peer().kill();
    std::optional<SessionEnd> end;
    std::uint32_t writes = 0;
    const auto begin = SteadyClock::now();
    while (!end && since(begin) < 2s) {
        end = sink->write(video_tag(++writes * 40, 1000));
        std::this_thread::sleep_for(5ms);
    }
    REQUIRE(end);
    CHECK((end->code == EndCode::closed || end->code == EndCode::reset));
    CHECK(writes <= 3);
}

TEST_CASE("sink: a server that accepts and then closes ends it as closed") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Cancel cancel;
    const auto sink = must_open(to(nginx.url("closed"), "k"), cancel);
    std::optional<SessionEnd> end;
    const auto begin = SteadyClock::now();
    for (std::uint32_t i = 0; !end && since(begin) < 2s; ++i) {
        end = sink->write(video_tag(i * 5, 1000));
        std::this_thread::sleep_for(5ms);
    }
    REQUIRE(end);
    CHECK((end->code == EndCode::closed || end->code == EndCode::reset));
}

TEST_CASE("sink: without a key, one path segment is the app and the stream key is empty") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Cancel cancel;
    const auto sink = must_open(to(nginx.url("live"), ""), cancel);
    CHECK(nginx.log().find("publish: name='' ") != std::string::npos);
    const auto other = must_open(to(nginx.url("live/last?a=1"), ""), cancel);
    CHECK(nginx.log().find("publish: name='last' args='a=1'") != std::string::npos);
}

TEST_CASE("sink: Cancel leaves a half-sent message time to end, so that the goodbye can follow") {
    const TempFolder folder;
    Nginx nginx(folder);
    for (const bool comes_back : {true, false}) {
        CAPTURE(comes_back);
        Cancel cancel;
        const auto sink = must_open(to(nginx.url("live"), comes_back ? "slow" : "stuck"), cancel);
        nginx.peer().freeze();
        std::atomic<int> written = 0;
        auto writing = std::async(std::launch::async, [&] {
            std::optional<SessionEnd> end;
            while (!end && !cancel.is_requested()) {
                end = sink->write(video_tag(static_cast<std::uint32_t>(++written), 100'000));
            }
            return end;
        });
        // It is blocked when it has not finished a message for 100 ms.
        int before = -1;
        REQUIRE(wait_until(
            Deadline::after(5s), [&] { return std::exchange(before, written.load()) == before; },
            100ms));
        const auto asked = SteadyClock::now();
        cancel.request();
        if (comes_back) {
            std::this_thread::sleep_for(200ms);
            nginx.peer().thaw();
        }
        const auto end = writing.get();
        CHECK(since(asked) < 700ms);
        if (comes_back) {
            CHECK_FALSE(end);
            sink->finish(Deadline::after(1s));
            CHECK(wait_until(Deadline::after(2s), [&] {
                return nginx.log().find("deleteStream") != std::string::npos;
            }));
        } else {
            REQUIRE(end);
            CHECK(end->code == EndCode::stopped);
            nginx.peer().thaw();
        }
    }
}
