// What is published and played arrives as it was sent, over TCP and over TLS.
#include <doctest/doctest.h>

#include "engine/peer_server.hpp"
#include "engine/scene.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
using Cause = RtmpEnding::Cause;

namespace {

/// Once over TCP, once over each TLS.
struct Line {
    const char* name;
    bool is_tls;
    int newest_tls;
};
constexpr Line lines[] = {
    {"TCP", false, 0}, {"TLS 1.3", true, TLS1_3_VERSION}, {"TLS 1.2", true, TLS1_2_VERSION}};

struct Ends {
    restream::tests::TemporaryFolder folder;
    PeerServer server;
    Loop loop;
    ClientConnection client;

    Ends(const Line& line, RtmpRole role, PeerServer::Script script)
        : server(complete(line, std::move(script))), client(loop, ask(line, role)) {}

  private:
    static PeerServer::Script complete(const Line& line, PeerServer::Script script) {
        if (line.is_tls) {
            script.identity = &good_identity();
            script.newest_tls = line.newest_tls;
        }
        return script;
    }
    ClientConnection::Request ask(const Line& line, RtmpRole role) {
        auto result = line.is_tls ? tls_request(role, server.port()) : request(role, server.port());
        if (line.is_tls) result.ca_file = folder.write("ca.pem", test_authority().pem());
        return result;
    }
};

/// The next `count` tags that are played.
std::vector<Tag> play(Loop& loop, ClientConnection& client, std::size_t count) {
    std::vector<Tag> tags;
    CHECK(run_until(loop, [&] {
        while (tags.size() < count) {
            auto event = client.poll();
            auto* tag = std::get_if<Tag>(&event);
            if (tag == nullptr) break;
            tags.push_back(std::move(*tag));
        }
        return tags.size() == count || client.ending();
    }));
    return tags;
}

}  // namespace

TEST_CASE("media: what is published arrives byte for byte") {
    for (const Line& line : lines) {
        CAPTURE(line.name);
        const auto tags = tags_of_all_kinds();
        Ends ends(line, RtmpRole::publish, {});
        REQUIRE(accepted(ends.loop, ends.client));
        CHECK(send_all(ends.loop, ends.client, tags));
        ends.client.finish(long_enough());
        CHECK(ending_of(ends.loop, ends.client) == RtmpEnding{Cause::stopped});
        REQUIRE(ends.server.wait_for([](const auto& seen) { return seen.has_ended; }));
        const auto seen = ends.server.seen();
        CHECK(are_equal(seen.tags, tags));
        CHECK(seen.has_left);
        CHECK(!seen.is_broken);
        CHECK(seen.was_told_end == line.is_tls);
    }
}

TEST_CASE("media: what is played arrives byte for byte") {
    for (const Line& line : lines) {
        CAPTURE(line.name);
        const auto tags = tags_of_all_kinds();
        Ends ends(line, RtmpRole::play, {.tags = tags});
        REQUIRE(accepted(ends.loop, ends.client));
        CHECK(are_equal(play(ends.loop, ends.client, tags.size()), tags));
        ends.client.finish(long_enough());
        CHECK(ending_of(ends.loop, ends.client) == RtmpEnding{Cause::stopped});
        CHECK(ends.server.seen().has_left);
    }
}

TEST_CASE("media: many small messages and a few long ones keep their order") {
    for (const Line& line : lines) {
        CAPTURE(line.name);
        auto tags = video_tags(2000, 40);
        const auto longer = video_tags(3, 3'000'000);
        tags.insert(tags.begin() + 500, longer.begin(), longer.end());
        Ends ends(line, RtmpRole::publish, {});
        REQUIRE(accepted(ends.loop, ends.client));
        // Without asking whether it is ready: what does not fit waits inside.
        for (const Tag& tag : tags) ends.client.send(tag);
        CHECK(run_until(ends.loop, [&] { return ends.server.seen().tags.size() == tags.size(); }));
        CHECK(are_equal(ends.server.seen().tags, tags));
        CHECK(ends.client.is_ready());
    }
}

TEST_CASE("media: a publisher that leaves is told to its players, whose connection stays") {
    const auto tags = video_tags(3, 1000);
    Ends ends(lines[0], RtmpRole::play, {.tags = tags, .says_publisher_left = true});
    CHECK(are_equal(play(ends.loop, ends.client, 3), tags));
    ClientConnection::Event event;
    CHECK(run_until(ends.loop, [&] {
        event = ends.client.poll();
        return !std::holds_alternative<ClientConnection::Nothing>(event);
    }));
    CHECK(std::holds_alternative<ClientConnection::PublisherLeft>(event));
    CHECK(ends.client.is_accepted());
    ends.server.send(tags[1]);
    const auto again = play(ends.loop, ends.client, 1);
    REQUIRE(again.size() == 1);
    CHECK(are_equal(again[0], tags[1]));
}

TEST_CASE("media: a server that changes TLS's keys in between loses nothing") {
    const auto tags = tags_of_all_kinds();
    Ends ends(lines[1], RtmpRole::publish, {});
    REQUIRE(accepted(ends.loop, ends.client));
    CHECK(send_all(ends.loop, ends.client, tags));
    ends.server.change_keys();
    CHECK(send_all(ends.loop, ends.client, tags));
    ends.server.change_keys();
    ends.client.finish(long_enough());
    CHECK(ending_of(ends.loop, ends.client) == RtmpEnding{Cause::stopped});
    CHECK(ends.server.seen().tags.size() == 2 * tags.size());
}

TEST_CASE("media: a player that does not fetch leaves the rest with the server") {
    for (const Line& line : lines) {
        CAPTURE(line.name);
        const auto tags = video_tags(60, 500'000);  // more than all buffers of the kernel take
        Ends ends(line, RtmpRole::play, {.tags = tags});
        REQUIRE(accepted(ends.loop, ends.client));
        // Until the loop finds nothing more to do, though the server has much left to send.
        auto moved = ends.client.last_moved();
        CHECK(run_until(ends.loop, [&] {
            const auto before = std::exchange(moved, ends.client.last_moved());
            return before == moved && SteadyClock::now() - moved > 50ms;
        }));
        std::size_t waiting = 0;
        for (;;) {
            const auto event = ends.client.poll();
            const auto* tag = std::get_if<Tag>(&event);
            if (tag == nullptr) break;
            CHECK(are_equal(*tag, tags[waiting++]));
        }
        CHECK(waiting >= 2);
        CHECK(waiting <= 4);
        const auto rest = play(ends.loop, ends.client, tags.size() - waiting);
        REQUIRE(rest.size() == tags.size() - waiting);
        CHECK(are_equal(rest.back(), tags.back()));
    }
}

TEST_CASE("media: a server that reads slowly makes its publisher wait, and go on later") {
    for (const Line& line : lines) {
        CAPTURE(line.name);
        Ends ends(line, RtmpRole::publish, {.receive_bytes = 262'144});
        REQUIRE(accepted(ends.loop, ends.client));
        CHECK(ends.client.is_ready());
        ends.server.stop_reading();
        const auto tags = video_tags(200, 100'000);
        std::size_t sent = 0;
        while (ends.client.is_ready() && sent < tags.size()) ends.client.send(tags[sent++]);
        // 128 KiB unsent, and the peer's buffer: far less than the kernel's buffer could take.
        CHECK(sent < 20);
        ends.loop.run_once(Deadline::after(20ms));
        CHECK(!ends.client.is_ready());
        CHECK(!ends.client.ending());
        ends.server.go_on_reading();
        CHECK(run_until(ends.loop, [&] { return ends.client.is_ready(); }));
        CHECK(
            send_all(ends.loop, ends.client, {tags.begin() + static_cast<long>(sent), tags.end()}));
        CHECK(run_until(ends.loop, [&] { return ends.server.seen().tags.size() == tags.size(); }));
        CHECK(are_equal(ends.server.seen().tags, tags));
    }
}

TEST_CASE("media: the round trip is known while there is a connection") {
    Ends ends(lines[0], RtmpRole::publish, {});
    REQUIRE(accepted(ends.loop, ends.client));
    const auto rtt = ends.client.rtt_ms();
    REQUIRE(rtt);
    CHECK(*rtt > 0);
    CHECK(*rtt < 1000);
    ends.client.finish(long_enough());
    CHECK(ending_of(ends.loop, ends.client) == RtmpEnding{Cause::stopped});
    CHECK(!ends.client.rtt_ms());
}
