// The embedded server on loopback: what publishers send, players get.
#include "server/embedded_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <optional>

#include "as_nobody.hpp"
#include "base/error.hpp"
#include "engine/embedded_scene.hpp"
#include "engine/raw_client.hpp"
#include "system/paths.hpp"
#include "system/peer_user.hpp"
#include "system/process.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using std::chrono::seconds;

namespace {

Tag big(TagType type, std::uint32_t ms, std::uint8_t first, std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + ms);
    bytes[0] = first;
    bytes[1] = 1;
    return tag(type, ms, bytes);
}

std::vector<Tag> headers() { return {metadata(), avc_header(), aac_header()}; }

std::vector<Tag> joined(std::vector<Tag> a, const std::vector<Tag>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<Tag> at_time(std::vector<Tag> tags, std::uint32_t ms) {
    for (Tag& each : tags) each.time = RtmpTime(ms);
    return tags;
}

/// What a publisher may send beyond the usual.
std::vector<Tag> odd_tags() {
    std::vector<Tag> tags = headers();
    for (const std::uint32_t base : {0u, 0x7fffff00u, 0x80000000u, 0xffffff00u, 16u}) {
        tags.push_back(keyframe(base));
        tags.push_back(big(TagType::video, base, 0x17, 300'000));
        tags.push_back(audio(base + 5));
        tags.push_back(tag(TagType::audio, base + 5, {}));
        tags.push_back(tag(TagType::video, base + 33, {}));
        tags.push_back(big(TagType::video, base + 33, 0xa3, 60'001));  // enhanced
        tags.push_back(tag(TagType::video, base + 20, {0x96, 0x01, 'h', 'v', 'c', '1', 3, 9}));
        tags.push_back(tag(TagType::audio, base + 30, {0x91, 'O', 'p', 'u', 's', 1}));
        tags.push_back(tag(TagType::script, base + 31, {2, 0, 1, 'x', 5}));
    }
    return tags;
}

std::string problem_of(const std::optional<RtmpEnding>& ending) {
    if (!ending) return "it goes on";
    if (ending->cause != RtmpEnding::Cause::name_refused) return "not refused";
    return ending->detail;
}

}  // namespace

TEST_CASE("embedded server: five players get what the publisher sends, byte by byte") {
    const RunningServer server;
    Clients clients(server.port());
    std::vector<TestClient*> players;
    for (int i = 0; i < 5; ++i) players.push_back(&clients.play());
    for (TestClient* each : players) REQUIRE(clients.wait_accepted(*each));
    TestClient& publisher = clients.publish();
    REQUIRE(clients.wait_accepted(publisher));
    const auto sent = odd_tags();
    clients.send(publisher, sent);
    for (TestClient* each : players) {
        CHECK(clients.wait([&] { return each->tags.size() >= sent.size(); }));
        CHECK(difference(each->tags, sent) == "");
        CHECK(each->times_left == 0);
    }
    CHECK(server.publishes([](const auto& record) {
        return record.publications.size() == 1 && record.publications[0].players == 5 &&
               record.publications[0].media.video && record.connections == 6;
    }));
    const auto record = server.record();
    CHECK(record.find("live")->address == "127.0.0.1");
    CHECK(record.dropped_players == 0);
}

TEST_CASE("embedded server: a late player begins at the last keyframe, at once") {
    const RunningServer server;
    Clients clients(server.port());
    TestClient& publisher = clients.publish();
    REQUIRE(clients.wait_accepted(publisher));
    clients.send(publisher, joined(headers(), {keyframe(0), audio(10), inter(33)}));
    std::vector<Tag> gop = {big(TagType::video, 2000, 0x17, 80'000), audio(2010), inter(2033),
                            audio(2030)};
    clients.send(publisher, gop);
    REQUIRE(server.publishes([](const auto& record) {
        const auto* live = record.find("live");
        return live != nullptr && live->gop == Milliseconds(33);
    }));

    TestClient& player = clients.play();
    const auto start = joined(at_time(headers(), 2000), gop);
    CHECK(clients.wait([&] { return player.tags.size() >= start.size(); }));
    CHECK(difference(player.tags, start) == "");
    const std::vector<Tag> live = {inter(2066), keyframe(4000), audio(4001)};
    clients.send(publisher, live);
    CHECK(clients.wait([&] { return player.tags.size() >= start.size() + live.size(); }));
    CHECK(difference(player.tags, joined(start, live)) == "");
}

TEST_CASE("embedded server: players stay when the publisher goes, however it goes") {
    const RunningServer server;
    Clients clients(server.port());
    TestClient& player = clients.play();
    REQUIRE(clients.wait_accepted(player));
    const std::vector<Tag> sent = {avc_header(), keyframe(0)};
    for (int life = 1; life <= 3; ++life) {
        CAPTURE(life);
        TestClient& publisher = clients.publish();
        REQUIRE(clients.wait_accepted(publisher));
        clients.send(publisher, sent);
        CHECK(clients.wait([&] { return player.tags.size() == sent.size(); }));
        if (life == 1) publisher.connection->finish(long_enough());
        if (life == 2) clients.drop(publisher);
        if (life == 3) {
            RawPublisher other(server.port(), "other");
            half_close(other.fd());
            CHECK(is_closed_by_peer(other.fd(), long_enough()));
            clients.drop(publisher);
        }
        CHECK(clients.wait([&] { return player.times_left == life; }));
        CHECK(difference(player.tags, sent) == "");
        player.tags.clear();
        CHECK(server.publishes([](const auto& record) { return record.publications.empty(); }));
    }
    // A late player of a path that nobody publishes gets nothing of the last publisher's.
    TestClient& late = clients.play();
    REQUIRE(clients.wait_accepted(late));
    TestClient& publisher = clients.publish();
    REQUIRE(clients.wait_accepted(publisher));
    clients.send(publisher, {keyframe(7)});
    CHECK(clients.wait([&] { return !late.tags.empty(); }));
    CHECK(difference(late.tags, {keyframe(7)}) == "");
}

TEST_CASE("embedded server: a second publisher is refused, and the first goes on") {
    const RunningServer server;
    Clients clients(server.port());
    TestClient& player = clients.play();
    TestClient& first = clients.publish();
    REQUIRE(clients.wait_accepted(player));
    REQUIRE(clients.wait_accepted(first));
    clients.send(first, {avc_header()});
    TestClient& second = clients.publish();
    CHECK(clients.wait([&] { return second.ending.has_value(); }));
    CHECK(problem_of(second.ending).find("NetStream.Publish.BadName") != std::string::npos);
    CHECK(problem_of(second.ending).find("already publishing") != std::string::npos);
    clients.send(first, {keyframe(0)});
    CHECK(clients.wait([&] { return player.tags.size() == 2; }));
    CHECK(player.times_left == 0);
    CHECK(server.publishes([](const auto& record) {
        return record.refusals.size() == 1 && record.refusals[0].problem == "already publishing" &&
               record.refusals[0].address == "127.0.0.1";
    }));
    // Another path is free.
    TestClient& other = clients.publish("live", "other");
    CHECK(clients.wait_accepted(other));
}

TEST_CASE("embedded server: who may be replaced, and who is dead, gives way") {
    struct Case {
        const char* what;
        std::optional<Milliseconds> after;
        bool is_dead;
        bool gives_way;
    };
    const std::vector<Case> cases = {
        {"always", Milliseconds(0), false, true},
        {"after a silence", Milliseconds(50), false, true},
        {"never", std::nullopt, false, false},
        {"never, but it is dead", std::nullopt, true, true},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        EmbeddedSettings settings = test_settings();
        settings.publications.takeover_after = each.after;
        const RunningServer server(settings);
        Clients clients(server.port());
        TestClient& player = clients.play();
        REQUIRE(clients.wait_accepted(player));
        RawPublisher first(server.port());
        first.send(keyframe(1));
        REQUIRE(clients.wait([&] { return player.tags.size() == 1; }));
        if (each.is_dead) reset(const_cast<Fd&>(first.fd()));
        TestClient* second = &clients.publish();
        const auto is_known = [&] { return second->is_accepted() || second->ending; };
        CHECK(clients.wait(is_known));
        // Where only the silence is missing yet, an encoder tries again.
        const Deadline deadline = long_enough();
        while (each.gives_way && !second->is_accepted() && !deadline.has_passed()) {
            second = &clients.publish();
            CHECK(clients.wait(is_known));
        }
        CHECK(second->is_accepted() == each.gives_way);
        if (!each.gives_way) continue;
        clients.send(*second, {keyframe(2)});
        CHECK(clients.wait([&] { return player.tags.size() == 2; }));
        CHECK(player.times_left == 1);
        if (!each.is_dead) CHECK(is_closed_by_peer(first.fd(), long_enough()));
    }
}

TEST_CASE("embedded server: the key may stand in the app or the name, and is never told") {
    EmbeddedSettings settings = test_settings();
    settings.admission.publish_key = Secret("k4secret");
    settings.publications.takeover_after = Milliseconds(0);
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& player = clients.play();
    REQUIRE(clients.wait_accepted(player));
    struct Case {
        const char* app;
        const char* name;
        const char* problem;  ///< empty: it publishes
    };
    const std::vector<Case> cases = {
        {"live", "k4secret", ""},
        {"live/k4secret", "", ""},
        {"live", "k4secret?x=1", ""},
        {"live?x=1", "k4secret", ""},
        {"live", "", "no stream key"},
        {"live", "k5secret", "wrong stream key"},
        {"live/k5secret", "", "wrong stream key"},
        {"live", "k4secret/more", "wrong stream key"},
        {"live", "?k4secret", "no stream key"},
        {"other", "k4secret", "another path"},
    };
    std::size_t published = 0;
    for (const Case& each : cases) {
        CAPTURE(each.app);
        CAPTURE(each.name);
        TestClient& publisher = clients.publish(each.app, each.name);
        CHECK(clients.wait([&] { return publisher.is_accepted() || publisher.ending; }));
        CHECK(publisher.is_accepted() == (each.problem[0] == '\0'));
        if (publisher.is_accepted()) {
            clients.send(publisher, {keyframe(0)});
            ++published;
            CHECK(clients.wait([&] { return player.tags.size() == published; }));
        } else {
            CHECK(problem_of(publisher.ending).find(each.problem) != std::string::npos);
        }
    }
    CHECK(server.publishes([](const auto& record) { return record.refusals.size() == 3; }));
    CHECK(to_json(server.record()).find("secret") == std::string::npos);
}

TEST_CASE("embedded server: a stuck player is dropped, and the others lose nothing") {
    EmbeddedSettings settings = test_settings();
    settings.connection.most_waiting_bytes = 2'000'000;
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& good = clients.play();
    TestClient& stuck = clients.play();
    TestClient& publisher = clients.publish();
    for (TestClient* each : {&good, &stuck, &publisher}) REQUIRE(clients.wait_accepted(*each));
    stuck.reads = false;
    // More than two kernel buffers and what may wait.
    std::vector<Tag> sent = headers();
    for (std::uint32_t i = 0; i < 400; ++i) {
        sent.push_back(big(TagType::video, i * 33, i % 60 == 0 ? 0x17 : 0x27, 60'000));
    }
    for (const Tag& each : sent) {
        clients.send(publisher, {each});
        // As in life: a good player keeps up.
        REQUIRE(clients.wait([&] { return good.tags.size() + 5 > std::size_t(&each - &sent[0]); }));
    }
    CHECK(clients.wait([&] { return good.tags.size() >= sent.size(); }));
    CHECK(difference(good.tags, sent) == "");
    CHECK(server.publishes([](const auto& record) { return record.dropped_players == 1; }));
    CHECK(!publisher.ending);
    CHECK(!good.ending);
}

TEST_CASE(
    "embedded server: players that do not read share a budget, and a good one loses nothing") {
    EmbeddedSettings settings = test_settings();
    settings.connection.most_held_bytes = 6'000'000;
    settings.connection.stuck_player = std::chrono::minutes(5);
    settings.publications.gop.most_bytes = 1'000'000;
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& good = clients.play();
    TestClient& publisher = clients.publish();
    for (TestClient* each : {&good, &publisher}) REQUIRE(clients.wait_accepted(*each));
    std::list<RawPlayer> deaf;
    for (int i = 0; i < 8; ++i) deaf.emplace_back(server.port());
    std::vector<Tag> sent = headers();
    const auto send = [&](const Tag& tag) {
        sent.push_back(tag);
        clients.send(publisher, {tag});
        // As in life: a good player keeps up.
        REQUIRE(clients.wait([&] { return good.tags.size() + 5 > sent.size(); }));
    };
    clients.send(publisher, sent);
    // Each is far from what it may leave waiting by itself: they are put out for what all have.
    for (std::uint32_t i = 0; i < 250; ++i) {
        send(big(TagType::video, i * 33, i % 10 == 0 ? 0x17 : 0x27, 60'000));
    }
    CHECK(clients.wait([&] { return good.tags.size() >= sent.size(); }));
    CHECK(difference(good.tags, sent) == "");
    CHECK(!good.ending);
    CHECK(!publisher.ending);
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "memory_short" &&
               record.cut_offs[0].role == CutOff::Role::player && record.cut_offs[0].times == 8 &&
               record.dropped_players == 8;
    }));
}

TEST_CASE("embedded server: what was copied for each player counts for each") {
    EmbeddedSettings settings = test_settings();
    settings.connection.most_held_bytes = 6'000'000;
    settings.connection.stuck_player = std::chrono::minutes(5);
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& good = clients.play();
    TestClient& publisher = clients.publish();
    for (TestClient* each : {&good, &publisher}) REQUIRE(clients.wait_accepted(*each));
    // Of so short messages each queue has a copy.
    std::list<RawPlayer> deaf;
    for (int i = 0; i < 6; ++i) deaf.emplace_back(server.port());
    REQUIRE(server.publishes([](const auto& record) {
        return record.publications.size() == 1 && record.publications[0].players == 7;
    }));
    std::vector<Tag> sent;
    for (std::uint32_t i = 0; i < 30'000; ++i) {
        sent.push_back(big(TagType::audio, i, 0x2f, 250));
        if (sent.size() % 500 != 0) continue;
        clients.send(publisher, {sent.end() - 500, sent.end()});
        REQUIRE(clients.wait([&] { return good.tags.size() + 500 > sent.size(); }));
    }
    CHECK(clients.wait([&] { return good.tags.size() >= sent.size(); }));
    CHECK(difference(good.tags, sent) == "");
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "memory_short";
    }));
}

TEST_CASE("embedded server: where memory is short, the owner's own players go last") {
    if (this_user() != 0 || !knows_peer_users()) {
        MESSAGE("skipped: needs root, and a system that says whose process it is");
        return;
    }
    EmbeddedSettings settings = test_settings();
    settings.connection.most_held_bytes = 6'000'000;
    settings.connection.stuck_player = std::chrono::minutes(5);
    settings.admission.owner = this_user();
    settings.admission.players = {*Network::parse("127.0.0.0/8")};
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& publisher = clients.publish();
    REQUIRE(clients.wait_accepted(publisher));
    // The owner's came first, and have at least as much unread.
    std::list<RawPlayer> own, others;
    for (int i = 0; i < 3; ++i) own.emplace_back(server.port());
    for (int i = 0; i < 3; ++i) {
        const AsNobody as_nobody;
        others.emplace_back(server.port());
    }
    // What is on its way when the first one is cut off must not be enough for all the others.
    TestClient& reader = clients.play();
    REQUIRE(clients.wait_accepted(reader));
    const auto is_short = [&] { return !server.record().cut_offs.empty(); };
    std::uint32_t sent = 0;
    const Deadline deadline = long_enough();
    while (!is_short() && !deadline.has_passed()) {
        for (int i = 0; i < 100; ++i) {
            clients.send(publisher, {big(TagType::audio, sent++, 0x2f, 250)});
        }
        clients.wait([&] { return is_short() || reader.tags.size() >= sent; });
    }
    REQUIRE(is_short());
    CHECK(server.record().cut_offs[0].code == "memory_short");
    // One of the others is closed; none of the owner's.
    CHECK(wait_until(long_enough(), [&] {
        return std::ranges::any_of(others, [](const RawPlayer& each) {
            return is_closed_by_peer(each.fd(), Deadline::after(Milliseconds(1)));
        });
    }));
    for (const RawPlayer& each : own) {
        CHECK(!is_closed_by_peer(each.fd(), Deadline::after(Milliseconds(20))));
    }
}

TEST_CASE("embedded server: an address has so many players") {
    EmbeddedSettings settings = test_settings();
    settings.publications.most_players_here = 2;
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& first = clients.play();
    TestClient& second = clients.play("live", "other");
    for (TestClient* each : {&first, &second}) REQUIRE(clients.wait_accepted(*each));
    TestClient& third = clients.play();
    CHECK(clients.wait([&] { return third.ending.has_value(); }));
    CHECK(problem_of(third.ending).find("too many players") != std::string::npos);
    CHECK(server.publishes([](const auto& record) {
        return record.refusals.size() == 1 && record.refusals[0].wish == IngestRefusal::Wish::play;
    }));
    clients.drop(first);
    REQUIRE(server.publishes([](const auto& record) { return record.connections == 1; }));
    TestClient& fourth = clients.play();
    CHECK(clients.wait_accepted(fourth));
}

TEST_CASE("embedded server: another user's process plays only where that is allowed") {
    if (!knows_peer_users()) {
        MESSAGE("skipped: this system does not say whose process it is");
        return;
    }
    struct Case {
        const char* what;
        std::uint32_t owner;
        const char* allowed;  ///< nullptr: nobody more
        bool may;
    };
    const std::uint32_t other = this_user() + 1;
    const std::vector<Case> cases = {
        {"the owner", this_user(), nullptr, true},
        {"another", other, nullptr, this_user() == 0},  // root may always
        {"another who is allowed", other, "127.0.0.1", true},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        EmbeddedSettings settings = test_settings();
        settings.admission.owner = each.owner;
        if (each.allowed != nullptr) {
            settings.admission.players = {*Network::parse(each.allowed)};
        }
        const RunningServer server(settings);
        Clients clients(server.port());
        TestClient& player = clients.play();
        CHECK(clients.wait([&] { return player.is_accepted() || player.ending; }));
        CHECK(player.is_accepted() == each.may);
        if (!each.may) CHECK(problem_of(player.ending).find("allow_play") != std::string::npos);
    }
}

TEST_CASE("embedded server: wrong keys are looked at so often, and logged once") {
    EmbeddedSettings settings = test_settings();
    settings.admission.publish_key = Secret("k4secret");
    // Whoever asks here is not the owner, nor root.
    const bool is_root = this_user() == 0;
    settings.admission.owner = is_root ? 0 : this_user() + 1;
    const RunningServer server(settings);
    std::optional<AsNobody> as_nobody;
    if (is_root) as_nobody.emplace();
    Clients clients(server.port());
    const auto problem = [&](const char* key) {
        TestClient& publisher = clients.publish("live", key);
        CHECK(clients.wait([&] { return publisher.is_accepted() || publisher.ending; }));
        return publisher.is_accepted() ? std::string() : problem_of(publisher.ending);
    };
    for (int i = 0; i < 10; ++i) CHECK(problem("k5").find("wrong stream key") != std::string::npos);
    for (const char* each : {"k5", "k4secret", "k6"}) {
        CHECK(problem(each).find("too many wrong stream keys") != std::string::npos);
    }
    CHECK(std::ranges::count_if(server.log(), [](const std::string& line) {
              return line.starts_with("refused a publisher");
          }) == 2);
}

TEST_CASE("embedded server: a player that takes nothing for too long is dropped") {
    EmbeddedSettings settings = test_settings();
    settings.connection.stuck_player = Milliseconds(200);
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& idle = clients.play("live", "nothing");
    TestClient& stuck = clients.play();
    TestClient& publisher = clients.publish();
    for (TestClient* each : {&idle, &stuck, &publisher}) REQUIRE(clients.wait_accepted(*each));
    stuck.reads = false;
    for (std::uint32_t i = 0; i < 250; ++i) {
        clients.send(publisher, {big(TagType::video, i, 0x27, 60'000)});
    }
    CHECK(server.publishes([](const auto& record) { return record.dropped_players == 1; }));
    CHECK(!idle.ending);  // nothing waits for it
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "took_nothing" &&
               record.cut_offs[0].role == CutOff::Role::player;
    }));
}

TEST_CASE("embedded server: a silent publisher is dropped, and its players are told") {
    EmbeddedSettings settings = test_settings();
    settings.connection.silent_publisher = Milliseconds(200);
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& player = clients.play();
    REQUIRE(clients.wait_accepted(player));
    RawPublisher publisher(server.port());
    publisher.send(keyframe(0));
    CHECK(is_closed_by_peer(publisher.fd(), long_enough()));
    CHECK(clients.wait([&] { return player.times_left == 1; }));
    CHECK(!player.ending);
    CHECK(server.publishes([](const auto& record) {
        return record.cut_offs.size() == 1 && record.cut_offs[0].code == "silent" &&
               record.cut_offs[0].role == CutOff::Role::publisher;
    }));
}

TEST_CASE("embedded server: when it ends, everybody is told, and it takes no longer than it may") {
    RunningServer server;
    Clients clients(server.port());
    TestClient& player = clients.play();
    TestClient& publisher = clients.publish();
    for (TestClient* each : {&player, &publisher}) REQUIRE(clients.wait_accepted(*each));
    clients.send(publisher, {keyframe(0)});
    REQUIRE(clients.wait([&] { return player.tags.size() == 1; }));
    RawPublisher deaf(server.port(), "other");
    const Fd silent = connect_to(server.port());
    CHECK(server.stop() < seconds(1));
    CHECK(clients.wait([&] { return player.ending && publisher.ending; }));
    CHECK(player.times_left == 1);
    CHECK(is_closed_by_peer(silent, long_enough()));
    CHECK(is_closed_by_peer(deaf.fd(), long_enough()));
    CHECK(server.record().publications.empty());
    CHECK_THROWS(connect_to(server.port()));
}

TEST_CASE("embedded server: where it listens") {
    struct Case {
        const char* host;
        bool has_key;
        bool works;
    };
    const std::vector<Case> cases = {
        {"127.0.0.1", false, true}, {"127.0.0.2", false, true}, {"::1", false, true},
        {"localhost", false, true}, {"0.0.0.0", true, true},    {"::", true, true},
        {"0.0.0.0", false, false},  {"::", false, false},
    };
    for (const Case& each : cases) {
        CAPTURE(each.host);
        EmbeddedSettings settings = test_settings();
        settings.listen_host = each.host;
        if (each.has_key) settings.admission.publish_key = Secret("k4");
        if (!each.works) {
            try {
                const RunningServer server(settings);
                FAIL("it listens");
            } catch (const Error& error) {
                CHECK(error.kind() == ErrorKind::config);
                CHECK(std::string(error.what()).find("publish_key") != std::string::npos);
            }
            continue;
        }
        const RunningServer server(settings);
        if (std::string(each.host).starts_with("127.0.0.2") || std::string(each.host) == "::1") {
            continue;  // clients of the other cases come by 127.0.0.1
        }
        Clients clients(server.port());
        TestClient& player = clients.play();
        CHECK(clients.wait_accepted(player));
    }
    EmbeddedSettings settings = test_settings();
    settings.listen_host = "no.such.name.invalid";
    CHECK_THROWS_AS(RunningServer{settings}, Error);
    settings.listen_host = "192.0.2.1";  // nobody's: RFC 5737
    settings.admission.publish_key = Secret("k4");
    CHECK_THROWS_WITH_AS(RunningServer{settings},
                         doctest::Contains("this machine does not have that address"), Error);
}

TEST_CASE("embedded server: loopback is IPv4 and IPv6, and [::] is every address of both") {
    for (const char* host : {"127.0.0.1", "localhost", "::1", "::"}) {
        CAPTURE(host);
        EmbeddedSettings settings = test_settings();
        settings.listen_host = host;
        // Who comes over IPv4 to an IPv6 socket is known by the IPv4 address.
        settings.admission.publishers = {*Network::parse("127.0.0.1")};
        const RunningServer server(settings);
        CHECK(connect_to_ipv6(server.port()).is_open());
        RawPublisher publisher(server.port());
        CHECK(server.publishes([](const auto& record) {
            return record.publications.size() == 1 &&
                   record.publications[0].address == "127.0.0.1" && record.listen_problem.empty();
        }));
    }
}

TEST_CASE("embedded server: the other loopback address may be taken, which is told") {
    const Listener other("::1");
    EmbeddedSettings settings = test_settings();
    settings.listen_port = other.port();
    const RunningServer server(settings);
    RawPublisher publisher(server.port());
    const std::string problem =
        fmt::format("[::1]:{} is taken by engine_tests (PID ", other.port());
    CHECK(server.publishes(
        [&](const auto& record) { return record.listen_problem.starts_with(problem); }));
    REQUIRE_FALSE(server.log().empty());
    CHECK(server.log()[0].starts_with(problem));
}

TEST_CASE("embedded server: a port that is taken is told with who holds it, and is free at once") {
    EmbeddedSettings settings = test_settings();
    {
        const RunningServer server;
        settings.listen_port = server.port();
        const std::string holder = "by engine_tests (PID " + std::to_string(this_process().pid);
        CHECK_THROWS_WITH_AS(RunningServer{settings}, doctest::Contains(holder.c_str()), Error);
        Clients clients(server.port());
        TestClient& player = clients.play();
        CHECK(clients.wait_accepted(player));
    }
    const RunningServer again(settings);  // the last one's connections are still in TIME_WAIT
    CHECK(again.port() == settings.listen_port);
}

TEST_CASE("embedded server: ffmpeg publishes, and ffmpeg plays without a complaint") {
    const auto ffmpeg = find_in_path("ffmpeg");
    REQUIRE(ffmpeg.has_value());
    const RunningServer server;
    const std::string url = "rtmp://127.0.0.1:" + std::to_string(server.port()) + "/live";
    SpawnRequest request;
    request.program = *ffmpeg;
    request.arguments = {
        "-v",  "error",   "-re",       "-f",   "lavfi", "-i",      "testsrc2=s=320x180:r=25",
        "-f",  "lavfi",   "-i",        "sine", "-c:v",  "libx264", "-g",
        "250", "-preset", "ultrafast", "-bf",  "2",     "-c:a",    "aac",
        "-f",  "flv",     url};
    request.leads_group = true;
    request.dies_with_parent = true;
    ChildProcess publisher = ChildProcess::spawn(request);
    REQUIRE(server.publishes([](const auto& record) {
        const auto* live = record.find("live");
        return live != nullptr && live->gop > Milliseconds(300);
    }));
    // In the middle of a GOP of 10 s.
    SpawnRequest player;
    player.program = *ffmpeg;
    player.arguments = {"-v", "error", "-xerror", "-i", url, "-t", "1", "-f", "null", "-"};
    const Captured played = run_captured(player, long_enough());
    CHECK(played.status == 0);
    CHECK(played.error == "");

    Clients clients(server.port());
    TestClient& late = clients.play();
    CHECK(clients.wait([&] { return late.tags.size() > 3; }));
    CHECK(is_metadata(late.tags[0]));
    CHECK(video_facts(late.tags[3].bytes())->is_keyframe);
    REQUIRE(server.publishes([](const auto& record) {
        return record.publications.size() == 1 && record.publications[0].media.video &&
               record.publications[0].media.audio;
    }));
    const auto live = server.record().publications.at(0);
    CHECK(live.media.video->codec == "h264");
    CHECK(live.media.video->width == 320);
    CHECK(live.media.audio->codec == "aac");
    CHECK(live.software.find("FMLE") != std::string::npos);
    publisher.kill_group();
    CHECK(publisher.wait(long_enough()).has_value());
    CHECK(clients.wait([&] { return late.times_left == 1; }));
}
