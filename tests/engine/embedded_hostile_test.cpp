// The embedded server among peers that do not play by the rules: those that do lose nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <list>

#include "engine/embedded_scene.hpp"
#include "engine/raw_client.hpp"
#include "server/line_budget.hpp"
#include "system/random.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using std::chrono::seconds;

namespace {

void send_text(const Fd& socket, std::string_view text) { (void)write_all(socket, text); }

/// C0 and C1 of a handshake, or the first bytes of them.
std::string hello(std::size_t bytes = 1537) {
    std::string text(bytes, '\0');
    text[0] = 3;
    return text;
}

/// A publisher and a player before the test's trouble; lives_on() after it.
struct Good {
    explicit Good(int port) : clients(port), player(clients.play()), publisher(clients.publish()) {
        REQUIRE(clients.wait_accepted(player));
        REQUIRE(clients.wait_accepted(publisher));
        lives_on();
    }
    void lives_on() {
        const std::size_t before = player.tags.size();
        clients.send(publisher, {keyframe(static_cast<std::uint32_t>(before))});
        CHECK(clients.wait([&] { return player.tags.size() > before; }));
        CHECK(player.tags.back().time.ms() == before);
        CHECK(!player.ending);
        CHECK(!publisher.ending);
    }

    Clients clients;
    TestClient& player;
    TestClient& publisher;
};

}  // namespace

TEST_CASE("embedded server: silent connections lock nobody out") {
    EmbeddedSettings settings = test_settings();
    settings.most_connections = 16;
    const RunningServer server(settings);
    Good good(server.port());
    std::list<Fd> silent;
    for (int i = 0; i < 100; ++i) silent.push_back(connect_to(server.port()));
    TestClient& late = good.clients.play();
    CHECK(good.clients.wait_accepted(late));
    RawPublisher other(server.port(), "other");
    good.lives_on();
    // The oldest gave way.
    CHECK(is_closed_by_peer(silent.front(), long_enough()));
    CHECK(server.publishes([](const auto& record) { return record.connections == 16; }));
}

TEST_CASE("embedded server: where all publish or play, one more is turned away") {
    EmbeddedSettings settings = test_settings();
    settings.most_connections = 3;
    const RunningServer server(settings);
    Good good(server.port());
    TestClient& third = good.clients.play();
    CHECK(good.clients.wait_accepted(third));
    const Fd fourth = connect_to(server.port());
    CHECK(is_closed_by_peer(fourth, long_enough()));
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "too_many_connections";
    }));
    good.lives_on();
    CHECK(!third.ending);
}

TEST_CASE("embedded server: who does not come to the point is closed") {
    EmbeddedSettings settings = test_settings();
    settings.connection.handshake = Milliseconds(150);
    settings.connection.wish = Milliseconds(400);
    const RunningServer server(settings);
    Good good(server.port());
    struct Case {
        const char* what;
        std::string says;
        const char* code;  ///< what is remembered of it; empty: nothing
        CutOff::Role role = CutOff::Role::stranger;
    };
    const auto client = CutOff::Role::client;
    const std::vector<Case> cases = {
        {"nothing", "", ""},
        {"half a handshake", hello(700), "handshake_timed_out"},
        {"a handshake without its end", hello(), "handshake_timed_out"},
        {"a handshake, then nothing", hello() + std::string(1536, 'x'), "nothing_asked", client},
        {"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http"},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "tls"},
        {"noise", std::string(5000, '\xff'), "other_protocol"},
        {"a version of the past", std::string("\x06") + hello(), "rtmpe"},
        {"a message that is too long",
         hello() + std::string(1536, 'x') + std::string("\x03\0\0\0\xff\xff\xff\x14\0\0\0\0", 12),
         "bad_rtmp", client},
        {"nonsense for a command",
         hello() + std::string(1536, 'x') + std::string("\x03\0\0\0\0\0\x04\x14\0\0\0\0zzzz", 16),
         "bad_rtmp", client},
        {"chunks without a beginning", hello() + std::string(1536, 'x') + std::string(50, '\xc5'),
         "bad_rtmp", client},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        const Fd peer = connect_to(server.port());
        send_text(peer, each.says);
        CHECK(is_closed_by_peer(peer, long_enough()));
        good.lives_on();
        const auto is_it = [&each](const CutOff& one) {
            return one.code == each.code && one.role == each.role && one.address == "127.0.0.1" &&
                   one.when > WallTime{};
        };
        if (std::string_view(each.code).empty()) {
            CHECK(server.publishes([](const auto& record) {
                return record.silent_visits == 1 && record.cut_offs.empty();
            }));
        } else {
            CHECK(server.publishes(
                [&](const auto& record) { return std::ranges::any_of(record.cut_offs, is_it); }));
        }
    }
    // Byte by byte is no better.
    const Fd slow = connect_to(server.port());
    const std::string greeting = hello();
    std::size_t said = 0;
    CHECK(wait_until(long_enough(), [&] {
        send_text(slow, std::string_view(greeting).substr(said++ % 1537, 1));
        return is_closed_by_peer(slow, Deadline::after(Milliseconds(1)));
    }));
    good.lives_on();
    CHECK(server.publishes([](const auto& record) { return record.connections == 2; }));
}

TEST_CASE("embedded server: a message that never ends ends its publisher") {
    EmbeddedSettings settings = test_settings();
    settings.connection.endless_message = Milliseconds(300);
    settings.connection.least_bytes_per_s = 100'000;
    const RunningServer server(settings);
    Good good(server.port());
    RawPublisher slow(server.port(), "slow"), quick(server.port(), "quick");
    // 8 MB of video are announced on both; one sends a byte now and then.
    const std::vector<std::uint8_t> begin = {0x06, 0, 0, 0, 0x7a, 0x12, 0, 0x09, 1, 0, 0, 0};
    slow.send_raw(begin);
    quick.send_raw(begin);
    const std::vector<std::uint8_t> byte = {0x17}, some(4000, 0);
    bool quick_is_closed = false;
    CHECK(wait_until(long_enough(), [&] {
        slow.send_raw(byte);
        quick.send_raw(some);
        quick_is_closed |= is_closed_by_peer(quick.fd(), Deadline::after(Milliseconds(1)));
        return is_closed_by_peer(slow.fd(), Deadline::after(Milliseconds(1)));
    }));
    CHECK(!quick_is_closed);
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "too_slow" &&
               record.cut_offs[0].role == CutOff::Role::publisher;
    }));
    good.lives_on();
}

TEST_CASE("embedded server: a publisher's nonsense ends it alone") {
    const RunningServer server;
    Good good(server.port());
    const std::vector<std::vector<std::uint8_t>> cases = {
        {0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0x09, 1, 0, 0, 0},  // 16 MB
        {0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0},  // chunks of no size
        std::vector<std::uint8_t>(1000, 0xff),                // chunk streams without a beginning
    };
    for (const auto& each : cases) {
        RawPublisher bad(server.port(), "bad");
        bad.send(keyframe(0));
        bad.send_raw(each);
        CHECK(is_closed_by_peer(bad.fd(), long_enough()));
        good.lives_on();
    }
    CHECK(server.publishes([&](const auto& record) {
        return record.publications.size() == 1 && record.cut_off_count == cases.size();
    }));
    // Each was remembered, and one line of the log says who and why.
    const auto record = server.record();
    REQUIRE(record.cut_offs.size() == 1);
    CHECK(record.cut_offs[0].role == CutOff::Role::publisher);
    CHECK(record.cut_offs[0].code == "bad_rtmp");
    CHECK(record.cut_offs[0].times == cases.size());
    CHECK(record.cut_offs[0].software == "FMLE/3.0 (compatible; FMSc/1.0)");
    CHECK(record.cut_offs[0].detail.starts_with("chunk stream 63 begins with a header of type 3"));
    std::size_t told = 0;
    for (const std::string& line : server.log()) {
        const bool is_whole = line.starts_with(
            "cut off a publisher: 127.0.0.1 (FMLE/3.0 (compatible; FMSc/1.0)): it sent bytes that "
            "are not valid RTMP: ");
        told += is_whole ? 1 : 0;
    }
    CHECK(told == cases.size());
}

TEST_CASE("embedded server: a flood of strangers takes neither memory nor the log") {
    const RunningServer server;
    Good good(server.port());
    RawPublisher bad(server.port(), "bad");
    const std::vector<std::uint8_t> nonsense(1000, 0xff);
    bad.send_raw(nonsense);
    CHECK(is_closed_by_peer(bad.fd(), long_enough()));
    for (int i = 0; i < 300; ++i) {
        const Fd scanner = connect_to(server.port());
        if (i % 2 == 0) send_text(scanner, "GET / HTTP/1.1\r\n\r\n");
    }
    CHECK(server.publishes([](const auto& record) {
        return record.cut_off_count == 151 && record.silent_visits >= 150;
    }));
    const auto record = server.record();
    CHECK(record.cut_offs.size() == 2);
    CHECK(record.cut_offs[0].times == 150);
    CHECK(record.cut_offs[1].code == "bad_rtmp");
    CHECK(server.log().size() <= LineBudget::most_at_once + 60);
    good.lives_on();
}

TEST_CASE("embedded server: without descriptors it waits, and takes the next one when there are") {
    const RunningServer server;
    Good good(server.port());
    REQUIRE(server.publishes([](const auto& record) { return record.connections == 2; }));
    Fd waiting;
    bool was_accepted = false;
    std::clock_t spent = 0;
    {
        // One for the client's end, none for the server's. UndefinedBehaviorSanitizer needs some,
        // too, when it meets a class for the first time: nothing of that kind here.
        const DescriptorLimit limit;
        waiting = connect_to(server.port());
        const std::clock_t begin = std::clock();
        was_accepted = wait_until(Deadline::after(Milliseconds(200)),
                                  [&] { return server.record().connections != 2; });
        spent = std::clock() - begin;
    }
    CHECK(!was_accepted);
    CHECK(spent < CLOCKS_PER_SEC / 10);  // it does not turn in circles
    CHECK(server.publishes([](const auto& record) { return record.connections == 3; }));
    good.lives_on();
}

TEST_CASE("embedded server: other paths are bounded, the ingest's own is free") {
    EmbeddedSettings settings = test_settings();
    settings.publications.most_other_paths = 2;
    const RunningServer server(settings);
    std::list<RawPublisher> others;
    others.emplace_back(server.port(), "a");
    others.emplace_back(server.port(), "b");
    CHECK_THROWS(RawPublisher(server.port(), "c"));
    Good good(server.port());
    CHECK(server.publishes([](const auto& record) { return record.publications.size() == 3; }));
}
