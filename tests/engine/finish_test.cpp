// The goodbye, and going without one, at every moment.
#include <doctest/doctest.h>

#include "engine/peer_server.hpp"
#include "engine/scene.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
using Act = PeerServer::Act;
using Cause = RtmpEnding::Cause;
using Step = PeerServer::Step;

namespace {

constexpr RtmpRole roles[] = {RtmpRole::play, RtmpRole::publish};
constexpr Step steps[] = {Step::handshake, Step::connect, Step::create, Step::begin};

}  // namespace

TEST_CASE("finish: before there is a connection it ends at once") {
    Listener silent;
    silent.fall_silent();
    for (const RtmpRole role : roles) {
        Loop loop;
        ClientConnection client(loop, request(role, silent.port()));
        client.finish(long_enough());
        REQUIRE(client.ending());
        CHECK(*client.ending() == RtmpEnding{Cause::stopped});
    }
}

TEST_CASE("finish: at every step, with a server that answers no more, it ends by the deadline") {
    for (const RtmpRole role : roles) {
        for (const Step at : steps) {
            CAPTURE(int(role));
            CAPTURE(int(at));
            const PeerServer server({.act = Act::fall_silent, .at = at});
            Loop loop;
            ClientConnection client(loop, request(role, server.port()));
            CHECK(run_until(loop, [&] { return server.seen().has_acted; }));
            loop.run_once(Deadline::after(2ms));
            const auto begun = SteadyClock::now();
            client.finish(Deadline::after(40ms));
            CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
            CHECK(SteadyClock::now() - begun < 5s);
        }
    }
}

TEST_CASE("finish: after any number of turns it ends as stopped, long before a long deadline") {
    for (const RtmpRole role : roles) {
        for (int turns = 0; turns < 12; ++turns) {
            const PeerServer server({.tags = video_tags(3, 5000)});
            Loop loop;
            ClientConnection client(loop, request(role, server.port()));
            for (int i = 0; i < turns; ++i) loop.run_once(Deadline::after(2ms));
            const auto begun = SteadyClock::now();
            client.finish(long_enough());
            CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
            CHECK(SteadyClock::now() - begun < 5s);
        }
    }
}

TEST_CASE("finish: the goodbye comes behind all that waits") {
    PeerServer server({.receive_bytes = 262'144});
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    server.stop_reading();
    const auto tags = video_tags(30, 100'000);
    for (const Tag& tag : tags) client.send(tag);
    CHECK(!client.is_ready());
    client.finish(long_enough());
    loop.run_once(Deadline::after(5ms));
    CHECK(!client.ending());
    server.go_on_reading();
    CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
    const auto seen = server.seen();
    CHECK(are_equal(seen.tags, tags));
    CHECK(seen.has_left);
    CHECK(!seen.is_broken);
}

TEST_CASE("finish: a server that does not mind the half-close is waited for until the deadline") {
    const PeerServer server({.minds_the_end = false});
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    const auto begun = SteadyClock::now();
    client.finish(Deadline::after(50ms));
    CHECK(server.wait_for([](const auto& seen) { return seen.has_left && seen.has_ended; }));
    CHECK(!client.ending());
    CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
    CHECK(SteadyClock::now() - begun >= 50ms);
}

TEST_CASE("finish: a peer that vanished is waited for until the deadline") {
    PeerServer server;
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    server.vanish();
    const auto begun = SteadyClock::now();
    client.finish(Deadline::after(30ms));
    CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
    CHECK(SteadyClock::now() - begun >= 30ms);
    CHECK(SteadyClock::now() - begun < 5s);
}

TEST_CASE("finish: a second one may only be sooner") {
    const PeerServer server({.minds_the_end = false});
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    client.finish(Deadline::after(60s));
    client.finish(Deadline::after(10ms));
    client.finish(Deadline::after(60s));
    CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
}

TEST_CASE("finish: a deadline that has passed still says goodbye") {
    const PeerServer server;
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    client.finish(Deadline::after(-1s));
    REQUIRE(client.ending());
    CHECK(*client.ending() == RtmpEnding{Cause::stopped});
    CHECK(server.wait_for([](const auto& seen) { return seen.has_left && seen.has_ended; }));
}

TEST_CASE("finish: a player whose server sends on and on ends nevertheless") {
    const auto tags = video_tags(100, 500'000);
    const PeerServer server({.tags = tags});
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::play, server.port()));
    CHECK(run_until(
        loop, [&] { return !std::holds_alternative<ClientConnection::Nothing>(client.poll()); }));
    client.finish(long_enough());
    CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
    CHECK(server.seen().has_left);
}

TEST_CASE("finish: an ending that was there before it stays") {
    const ClosedPort closed;
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, closed.port()));
    const auto ending = ending_of(loop, client);
    client.finish(long_enough());
    CHECK(client.ending() == ending);
    CHECK(ending.cause == Cause::connection_refused);
}

TEST_CASE("gone: destroyed after any number of turns, it leaves nothing behind") {
    const auto before = count_descriptors();
    for (const RtmpRole role : roles) {
        for (int turns = 0; turns < 12; ++turns) {
            const PeerServer server({.tags = video_tags(3, 5000)});
            Loop loop;
            {
                const ClientConnection client(loop, request(role, server.port()));
                for (int i = 0; i < turns; ++i) loop.run_once(Deadline::after(2ms));
            }
            loop.run_once(Deadline::after(1ms));  // what it had begun finds nobody
        }
    }
    CHECK(count_descriptors() == before);
}

TEST_CASE("gone: the server sees the end of a connection that was dropped") {
    const PeerServer server;
    Loop loop;
    {
        ClientConnection client(loop, request(RtmpRole::publish, server.port()));
        REQUIRE(accepted(loop, client));
    }
    CHECK(server.wait_for([](const auto& seen) { return seen.has_ended; }));
    CHECK(!server.seen().has_left);
}
