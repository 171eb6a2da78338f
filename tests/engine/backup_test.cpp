// A primary and its backup at the embedded server, over sockets.
#include <doctest/doctest.h>

#include "engine/embedded_scene.hpp"
#include "server/embedded_server.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

EmbeddedSettings settings_with_backup() {
    EmbeddedSettings settings = test_settings();
    settings.admission.backup = "backup";
    settings.publications.backup_return_after = std::chrono::seconds(1);
    return settings;
}

bool is_on_air(const PublicationsRecord& record, EncoderRole who) {
    return record.on_air && record.on_air->role == who;
}

/// The primary on the air and its backup, each with a keyframe, and a player that has the first's.
struct Stage {
    RunningServer server{settings_with_backup()};
    Clients clients{server.port()};
    TestClient& player = clients.play();
    TestClient& primary = publish("", avc_header());
    TestClient& backup;

    explicit Stage(const Tag& backup_header = avc_header())
        : backup(publish("backup", backup_header)) {
        REQUIRE(clients.wait([&] { return player.tags.size() == 3; }));
        REQUIRE(server.publishes([](const auto& record) {
            const auto* second = record.find(EncoderRole::backup);
            return second != nullptr && second->media.video && second->gop > Milliseconds(0);
        }));
        player.tags.clear();
    }
    TestClient& publish(const char* name, const Tag& header) {
        REQUIRE(clients.wait_accepted(player));
        TestClient& client = clients.publish("live", name);
        REQUIRE(clients.wait_accepted(client));
        clients.send(client, {header, aac_header(), keyframe(50'000)});
        if (*name != '\0') clients.send(client, {inter(50'040)});
        return client;
    }
};

bool is_keyframe(const Tag& tag) {
    return tag.type == TagType::video && tag.bytes()[0] == 0x17 && tag.bytes()[1] == 1;
}

}  // namespace

TEST_CASE("backup: it goes on where the primary's connection ends, however it ends") {
    for (const bool says_goodbye : {false, true}) {
        CAPTURE(says_goodbye);
        Stage stage;
        if (says_goodbye) {
            stage.primary.connection->finish(long_enough());
        } else {
            stage.clients.drop(stage.primary);
        }
        REQUIRE(stage.clients.wait([&] { return stage.player.tags.size() == 4; }));
        CHECK(stage.player.times_left == 0);
        CHECK(is_keyframe(stage.player.tags[2]));
        CHECK(stage.player.tags[2].time.since(RtmpTime(50'000)) > 0);
        CHECK(stage.player.tags[3].time.since(stage.player.tags[2].time) == 40);
        CHECK(stage.server.publishes(
            [](const auto& record) { return is_on_air(record, EncoderRole::backup); }));
    }
}

TEST_CASE("backup: where its headers are others, players are told of another publisher") {
    Stage stage(tag(TagType::video, 0, {0x17, 0, 0, 0, 0, 7, 7}));
    stage.clients.drop(stage.primary);
    REQUIRE(stage.clients.wait([&] { return stage.player.tags.size() == 4; }));
    CHECK(stage.player.times_left == 1);
    CHECK(stage.player.tags[2].time == RtmpTime(50'000));
}

TEST_CASE("backup: it goes on where the primary falls silent, and the primary comes back") {
    Stage stage;
    std::uint32_t ms = 50'040;
    // In real time: what is silent is a matter of the server's clock.
    const auto send_until = [&](TestClient* also, EncoderRole expected) {
        SteadyTime next = SteadyClock::now();
        const Deadline deadline = long_enough();
        while (!is_on_air(stage.server.record(), expected) && !deadline.has_passed()) {
            ms += 20;
            const Tag one = ms % 500 == 0 ? keyframe(ms) : inter(ms);
            stage.clients.send(stage.backup, {one});
            if (also != nullptr) stage.clients.send(*also, {one});
            next += Milliseconds(20);
            stage.clients.wait([] { return false; }, Deadline(next));
        }
        return is_on_air(stage.server.record(), expected);
    };
    CHECK(send_until(nullptr, EncoderRole::backup));
    CHECK(send_until(&stage.primary, EncoderRole::primary));
    stage.clients.wait([] { return false; }, Deadline::after(Milliseconds(50)));
    CHECK(stage.player.times_left == 0);
    std::optional<RtmpTime> last;
    for (const Tag& each : stage.player.tags) {
        if (each.bytes()[1] == 0) continue;
        if (last) CHECK(each.time.since(*last) > 0);
        last = each.time;
    }
    CHECK(is_keyframe(stage.player.tags.at(2)));
    CHECK(stage.player.tags.size() > 20);
}

TEST_CASE("backup: it needs the key that the primary needs") {
    EmbeddedSettings settings = settings_with_backup();
    settings.admission.publish_key = Secret("k4");
    const RunningServer server(settings);
    Clients clients(server.port());
    TestClient& without = clients.publish("live", "backup");
    CHECK(clients.wait([&] { return without.ending.has_value(); }));
    TestClient& with = clients.publish("live", "k4/backup");
    CHECK(clients.wait_accepted(with));
    CHECK(server.publishes([](const auto& record) {
        return is_on_air(record, EncoderRole::backup) && record.refusals.size() == 1 &&
               record.refusals[0].problem == "wrong stream key";
    }));
}
