// How connections end, as precisely as it can be known.
#include <doctest/doctest.h>

#include <set>

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

/// "127.0.0.1:PORT: " stands in front.
bool names_peer(const RtmpEnding& ending, int port) {
    return ending.detail.starts_with("127.0.0.1:" + std::to_string(port) + ": ");
}

}  // namespace

TEST_CASE("ending: nobody listens") {
    const ClosedPort closed;
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, closed.port()));
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::connection_refused);
    CHECK(names_peer(ending, closed.port()));
}

TEST_CASE("ending: the name has no address") {
    Loop loop;
    auto asked = request(RtmpRole::play, 1935, "no.such.host.invalid");
    asked.how_to_look_up = [](const std::string&) { return LookedUp{{}, "Host not found"}; };
    ClientConnection client(loop, asked);
    CHECK(ending_of(loop, client) ==
          RtmpEnding{Cause::name_not_found, "no.such.host.invalid: Host not found"});
}

TEST_CASE("ending: no answer to TCP's connect") {
    Listener silent;
    silent.fall_silent();
    Loop loop;
    auto asked = request(RtmpRole::publish, silent.port());
    asked.connect_deadline = 30ms;
    ClientConnection client(loop, asked);
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::connect_timed_out);
    CHECK(names_peer(ending, silent.port()));
}

TEST_CASE("ending: a reset before anything was said tells nothing about TLS") {
    for (const bool is_tls : {false, true}) {
        const Listener listener;
        Loop loop;
        const auto asked = is_tls ? tls_request(RtmpRole::publish, listener.port())
                                  : request(RtmpRole::publish, listener.port());
        ClientConnection client(loop, asked);
        loop.run_once(Deadline::after(-1s));  // one step: it begins to connect
        Fd peer = listener.accept();
        REQUIRE(peer.is_open());
        reset(peer);
        const auto ending = ending_of(loop, client);
        CHECK(ending.cause == Cause::reset);
        CHECK(names_peer(ending, listener.port()));
    }
}

TEST_CASE("ending: a server that falls silent, at every step") {
    struct Row {
        Step at;
        RtmpRole role;
        Cause cause;
        const char* words;
    };
    const Row rows[] = {
        {Step::handshake, RtmpRole::play, Cause::handshake_timed_out, "RTMP's handshake in 0.4 s"},
        {Step::handshake, RtmpRole::publish, Cause::handshake_timed_out, "RTMP's handshake"},
        {Step::connect, RtmpRole::play, Cause::answer_timed_out, "no answer to connect in"},
        {Step::connect, RtmpRole::publish, Cause::answer_timed_out, "no answer to connect in"},
        {Step::create, RtmpRole::play, Cause::answer_timed_out, "no answer to createStream in"},
        {Step::create, RtmpRole::publish, Cause::answer_timed_out, "no answer to createStream in"},
        {Step::begin, RtmpRole::publish, Cause::answer_timed_out, "no answer to publish in"},
    };
    // All at once: each may take its time, and the test does not.
    constexpr auto deadline = 400ms;
    Loop loop;
    std::vector<std::unique_ptr<PeerServer>> servers;
    std::vector<std::unique_ptr<ClientConnection>> clients;
    const auto begun = SteadyClock::now();
    for (const Row& row : rows) {
        servers.push_back(std::make_unique<PeerServer>(
            PeerServer::Script{.act = Act::fall_silent, .at = row.at}));
        auto asked = request(row.role, servers.back()->port());
        asked.connect_deadline = deadline;
        clients.push_back(std::make_unique<ClientConnection>(loop, asked));
    }
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        CAPTURE(rows[i].words);
        const auto ending = ending_of(loop, *clients[i]);
        CHECK(SteadyClock::now() - begun >= deadline);
        CHECK(ending.cause == rows[i].cause);
        CHECK(names_peer(ending, servers[i]->port()));
        CHECK(ending.detail.find(rows[i].words) != std::string::npos);
    }
}

TEST_CASE("ending: a player waits for its publisher beyond the deadline of connecting") {
    const PeerServer server({.act = Act::fall_silent, .at = Step::begin});
    Loop loop;
    auto asked = request(RtmpRole::play, server.port());
    asked.connect_deadline = 300ms;
    asked.longest_silence = 300ms;
    const ClientConnection client(loop, asked);
    const Deadline later = Deadline::after(400ms);
    while (!later.has_passed()) loop.run_once(later);
    CHECK(!client.ending());
}

TEST_CASE("ending: a server that closes or resets, at every step") {
    for (const RtmpRole role : roles) {
        for (const Step at : {Step::handshake, Step::connect, Step::create, Step::begin}) {
            for (const Act act : {Act::close, Act::reset}) {
                CAPTURE(int(role));
                CAPTURE(int(at));
                CAPTURE(int(act));
                const PeerServer server({.act = act, .at = at});
                Loop loop;
                ClientConnection client(loop, request(role, server.port()));
                const auto begun = SteadyClock::now();
                const auto ending = ending_of(loop, client);
                CHECK(SteadyClock::now() - begun < 5s);
                CAPTURE(ending.detail);
                const std::set<Cause> fitting = {Cause::closed, Cause::reset, Cause::app_refused,
                                                 Cause::name_refused};
                CHECK(fitting.contains(ending.cause));
                CHECK(!ending.detail.empty());
                CHECK(!client.was_accepted());
            }
        }
    }
}

TEST_CASE("ending: what a server said before it closed is what is told") {
    for (const RtmpRole role : roles) {
        for (const Act act : {Act::refuse, Act::refuse_and_go}) {
            const PeerServer server({.act = act});
            Loop loop;
            ClientConnection client(loop, request(role, server.port()));
            const auto ending = ending_of(loop, client);
            CHECK(ending.cause == Cause::name_refused);
            CHECK(ending.detail.find("NetStream.Publish.BadName") != std::string::npos);
        }
    }
}

TEST_CASE("ending: the peer's close is seen at once while nothing is sent") {
    for (const RtmpRole role : roles) {
        for (const bool is_reset : {false, true}) {
            PeerServer server;
            Loop loop;
            ClientConnection client(loop, request(role, server.port()));
            REQUIRE(accepted(loop, client));
            is_reset ? server.reset() : server.close();
            REQUIRE(run_until(loop, [&] { return client.ending().has_value(); }));
            CHECK(!client.is_accepted());
            CHECK(client.was_accepted());
            CHECK(client.ending()->cause == (is_reset ? Cause::reset : Cause::closed));
            CHECK(names_peer(*client.ending(), server.port()));
        }
    }
}

TEST_CASE("ending: a publisher that writes into a reset ends with it") {
    PeerServer server;
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, server.port()));
    REQUIRE(accepted(loop, client));
    server.reset();
    // No turn of the loop between: the write is what finds out.
    for (const Tag& tag : video_tags(5, 1000)) client.send(tag);
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::reset);
}

TEST_CASE("ending: all that arrived comes before it") {
    const auto tags = video_tags(20, 10'000);
    PeerServer server({.tags = tags});
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::play, server.port()));
    REQUIRE(accepted(loop, client));
    server.close();
    std::vector<Tag> played;
    const Deadline last = long_enough();
    while (!last.has_passed()) {
        loop.run_once(Deadline::after(1ms));
        if (!played.empty() && played.size() < tags.size()) CHECK(!client.ending());
        auto event = client.poll();
        if (std::holds_alternative<RtmpEnding>(event)) break;
        if (auto* tag = std::get_if<Tag>(&event)) played.push_back(std::move(*tag));
    }
    CHECK(are_equal(played, tags));
    CHECK(ending_of(loop, client).cause == Cause::closed);
}

TEST_CASE("ending: a player that is sent nothing more has stalled") {
    PeerServer server({.tags = video_tags(1, 100)});
    Loop loop;
    auto asked = request(RtmpRole::play, server.port());
    asked.longest_silence = 60ms;
    ClientConnection client(loop, asked);
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::stalled);
    CHECK(names_peer(ending, server.port()));
    CHECK(ending.detail.find("sent nothing for ") != std::string::npos);
}

TEST_CASE("ending: a player is not stalled once its publisher left") {
    PeerServer server({.tags = video_tags(1, 100), .says_publisher_left = true});
    Loop loop;
    auto asked = request(RtmpRole::play, server.port());
    asked.longest_silence = 30ms;
    ClientConnection client(loop, asked);
    bool has_left = false;
    CHECK(run_until(loop, [&] {
        has_left = std::holds_alternative<ClientConnection::PublisherLeft>(client.poll());
        return has_left;
    }));
    const Deadline later = Deadline::after(100ms);
    while (!later.has_passed()) loop.run_once(later);
    CHECK(!client.ending());
}

TEST_CASE("ending: a publisher whose peer takes nothing more has stalled") {
    PeerServer server({.receive_bytes = 8192});
    Loop loop;
    auto asked = request(RtmpRole::publish, server.port());
    asked.write_deadline = 80ms;
    ClientConnection client(loop, asked);
    REQUIRE(accepted(loop, client));
    server.stop_reading();
    const auto begun = SteadyClock::now();
    for (const Tag& tag : video_tags(100, 100'000)) client.send(tag);
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::stalled);
    CHECK(SteadyClock::now() - begun >= 80ms);
    CHECK(names_peer(ending, server.port()));
    CHECK(ending.detail.find("took nothing for ") != std::string::npos);
}

TEST_CASE("ending: a peer that vanished has stalled, though the kernel takes what little is sent") {
    PeerServer server;
    Loop loop;
    auto asked = request(RtmpRole::publish, server.port());
    asked.write_deadline = 150ms;
    ClientConnection client(loop, asked);
    REQUIRE(accepted(loop, client));
    server.vanish();
    const auto begun = SteadyClock::now();
    const auto tag = video_tags(1, 500).front();
    CHECK(run_until(loop, [&] {
        if (client.is_ready()) client.send(tag);
        return client.ending().has_value();
    }));
    CHECK(SteadyClock::now() - begun >= 150ms);
    CHECK(SteadyClock::now() - begun < 5s);
    // In the same words, whether our clock or the system's runs out first.
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::stalled);
    CHECK(ending.detail.find("took nothing for ") != std::string::npos);
}

TEST_CASE("ending: a peer that vanished is noticed also while nothing is sent") {
    PeerServer servers[2];
    Loop loop;
    std::vector<std::unique_ptr<ClientConnection>> clients;
    for (std::size_t i = 0; i < 2; ++i) {
        auto asked = request(roles[i], servers[i].port());
        asked.write_deadline = asked.longest_silence = 800ms;  // the kernel counts in seconds
        clients.push_back(std::make_unique<ClientConnection>(loop, asked));
        REQUIRE(accepted(loop, *clients[i]));
        servers[i].vanish();
    }
    for (std::size_t i = 0; i < 2; ++i) {
        const auto ending = ending_of(loop, *clients[i]);
        CHECK(ending.cause == Cause::stalled);
        CHECK(names_peer(ending, servers[i].port()));
    }
}

TEST_CASE("ending: a publisher that is held for longer than its deadline has not stalled") {
    PeerServer server;
    Loop loop;
    auto asked = request(RtmpRole::publish, server.port());
    asked.write_deadline = 100ms;  // the kernel takes up to 40 ms to acknowledge
    ClientConnection client(loop, asked);
    REQUIRE(accepted(loop, client));
    for (int i = 0; i < 3; ++i) {
        client.send(video_tags(1, 1000).front());
        const Deadline later = Deadline::after(150ms);
        while (!later.has_passed()) loop.run_once(later);
        CHECK(!client.ending());
    }
    CHECK(server.seen().tags.size() == 3);
}
