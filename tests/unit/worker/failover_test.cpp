// Whose turn it is between a destination's two relays, and what these are called.
#include "worker/failover.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "base/error.hpp"
#include "config/destination.hpp"
#include "relay/carried.hpp"
#include "relay/healer.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "system/process.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

Destination destination(const std::string& name, Backup backup) {
    Destination one;
    one.name = name;
    one.url = "rtmp://a.example/live";
    one.backup_url = backup == Backup::off ? "" : "rtmp://b.example/live";
    one.backup = backup;
    return one;
}

constexpr SteadyTime now{std::chrono::hours(5)};
const WallTime wall = *from_iso8601("2026-01-31T20:14:03Z");

Record live_record() {
    Record record;
    record.name = "one";
    record.guardian = this_process();
    record.state = State::live;
    record.session = SessionFigures{};
    record.written = wall;
    return record;
}

}  // namespace

TEST_CASE("failover: the backup carries from a failure on until the primary is confirmed again") {
    using enum State;
    constexpr std::nullopt_t nothing = std::nullopt;
    struct Row {
        Turn before;
        std::optional<State> primary;
        bool confirmed;
        bool is_stuck;
        Milliseconds lasts;
        Turn after;
    };
    for (const Row& row : std::initializer_list<Row>{
             // What is no failure, or may still turn out well.
             {Turn::stand_by, waiting, false, false, 1h, Turn::stand_by},
             {Turn::stand_by, connecting, false, false, 0ms, Turn::stand_by},
             {Turn::stand_by, connecting, false, false, longest_connecting - 1ms, Turn::stand_by},
             {Turn::stand_by, live, false, false, 0ms, Turn::stand_by},
             {Turn::stand_by, live, true, false, 1h, Turn::stand_by},
             {Turn::stand_by, holding, false, false, 1h, Turn::stand_by},
             {Turn::stand_by, stopped, false, false, 0ms, Turn::stand_by},
             {Turn::stand_by, stopped, false, false, longest_silence - 1ms, Turn::stand_by},
             {Turn::stand_by, nothing, false, false, 0ms, Turn::stand_by},
             {Turn::stand_by, nothing, false, false, longest_silence - 1ms, Turn::stand_by},
             // Failures.
             {Turn::stand_by, backoff, false, false, 0ms, Turn::carry},
             {Turn::stand_by, rejected, false, false, 0ms, Turn::carry},
             {Turn::stand_by, connecting, false, false, longest_connecting, Turn::carry},
             {Turn::stand_by, stopped, false, false, longest_silence, Turn::carry},
             {Turn::stand_by, nothing, false, false, longest_silence, Turn::carry},
             {Turn::stand_by, live, false, true, 0ms, Turn::carry},
             {Turn::stand_by, live, true, true, 0ms, Turn::carry},
             // Once it carries, only what has proved itself ends that.
             {Turn::carry, waiting, false, false, 1h, Turn::carry},
             {Turn::carry, connecting, false, false, 0ms, Turn::carry},
             {Turn::carry, connecting, false, false, 1h, Turn::carry},
             {Turn::carry, live, false, false, 0ms, Turn::carry},
             {Turn::carry, live, false, false, 1h, Turn::carry},
             {Turn::carry, holding, false, false, 1h, Turn::carry},
             {Turn::carry, holding, true, false, 1h, Turn::carry},
             {Turn::carry, backoff, false, false, 1h, Turn::carry},
             {Turn::carry, rejected, false, false, 1h, Turn::carry},
             {Turn::carry, stopped, false, false, 0ms, Turn::carry},
             {Turn::carry, nothing, false, false, 0ms, Turn::carry},
             {Turn::carry, nothing, true, false, 1h, Turn::carry},
             {Turn::carry, live, true, false, 0ms, Turn::carry},
             {Turn::carry, live, true, false, proof_of_flow - 1ms, Turn::carry},
             {Turn::carry, live, true, true, 1h, Turn::carry},
             {Turn::carry, live, true, false, proof_of_flow, Turn::stand_by}}) {
        const std::string primary(row.primary ? state_name(*row.primary) : "nothing");
        CAPTURE(primary);
        CAPTURE(row.confirmed);
        CAPTURE(row.is_stuck);
        CAPTURE(row.lasts.count());
        const PrimaryView view{row.primary, row.confirmed, row.is_stuck, row.lasts};
        CHECK((next_turn(row.before, view) == row.after));
    }
}

TEST_CASE("failover: what is seen of the primary lasts until its state is another") {
    PrimarySight sight;
    Record record = live_record();
    CHECK(sight.look(record, wall, now).lasts == 0ms);
    CHECK(sight.look(record, wall, now + 4s).lasts == 4s);
    record.confirmed = true;
    CHECK(sight.look(record, wall, now + 5s).lasts == 5s);
    CHECK(sight.look(record, wall, now + 5s).confirmed);
    record.state = State::backoff;
    CHECK(sight.look(record, wall, now + 6s).lasts == 0ms);
    CHECK(sight.look(std::nullopt, wall, now + 7s).lasts == 0ms);
    CHECK(sight.look(std::nullopt, wall, now + 8s).lasts == 1s);
}

TEST_CASE("failover: a record that is old says nothing, nor does one that is not there") {
    PrimarySight sight;
    Record record = live_record();
    record.written = wall - 5s;
    CHECK(sight.look(record, wall, now).state == State::live);
    record.written = wall - 5001ms;
    CHECK(!sight.look(record, wall, now).state);
    CHECK(!sight.look(std::nullopt, wall, now).state);
    record.written = wall + 1h;  // the clock was set back
    CHECK(sight.look(record, wall, now).state == State::live);
}

TEST_CASE("failover: a primary is stuck where messages wait and no byte is taken, and only there") {
    PrimarySight sight;
    Record record = live_record();
    const auto is_stuck = [&](Milliseconds at) {
        return sight.look(record, wall, now + at).is_stuck;
    };
    CHECK(!is_stuck(0s));
    CHECK(!is_stuck(1h));  // nothing waits: the ingest sends nothing
    record.session->queue_ms = 2500;
    ++record.session->bytes_sent;
    CHECK(!is_stuck(1h + 1s));
    CHECK(!is_stuck(1h + 3999ms));
    CHECK(is_stuck(1h + 4s));
    CHECK(sight.look(record, wall, now + 1h + 5s).lasts == 1s);
    ++record.session->bytes_sent;  // slow, but it takes
    CHECK(!is_stuck(1h + 6s));
    CHECK(sight.look(record, wall, now + 1h + 7s).lasts == 1s);
    record.session->queue_ms = 999;
    CHECK(!is_stuck(2h));
    record.session->queue_ms = 1000;
    CHECK(is_stuck(2h + 1s));
    record.state = State::holding;
    CHECK(!is_stuck(3h));
    record.state = State::live;
    CHECK(!is_stuck(3h + 1s));
    record.session.reset();
    CHECK(!is_stuck(4h));
}

TEST_CASE("failover: the watch follows the primary's record, and wakes when the turn is another") {
    const tests::TemporaryFolder folder;
    const Registry registry{Layout(folder.path())};
    registry.prepare();
    const auto lock = FileLock::acquire(registry.layout().relay_lock("one"), Deadline::after(1s));
    REQUIRE(lock);
    Record record = live_record();
    record.written = std::chrono::system_clock::now();
    REQUIRE(!registry.publish(record));
    std::atomic<int> woken = 0;
    const PrimaryWatch watch(registry, "one", [&] { ++woken; });
    CHECK((watch.turn() == Turn::stand_by));
    record.state = State::backoff;
    REQUIRE(!registry.publish(record));
    CHECK(wait_until(Deadline::after(5s), [&] { return woken == 1; }));
    CHECK((watch.turn() == Turn::carry));
}

TEST_CASE("relay name: a destination's own, its backup's, and the way back from either") {
    CHECK(backup_relay("youtube") == "youtube+backup");
    CHECK(is_backup_relay("youtube+backup"));
    CHECK(destination_of("youtube+backup") == "youtube");
    CHECK(destination_of("youtube") == "youtube");
    CHECK(relay_words("youtube") == "youtube");
    CHECK(relay_words("youtube+backup") == "youtube (backup)");
    for (const char* name : {"youtube", "backup", "youtube-backup", "youtube+backups", "+", ""}) {
        CAPTURE(name);
        CHECK(!is_backup_relay(name));
        CHECK(destination_of(name) == name);
    }
    // So no destination can be taken for another's backup.
    CHECK(name_problem("youtube+backup"));
    CHECK(name_problem("+backup"));
}

TEST_CASE("relay name: flags are the destination's, everything else is the relay's own") {
    const Layout layout("/s");
    const std::string backup = backup_relay("one");
    CHECK(layout.wanted(backup) == layout.wanted("one"));
    CHECK(layout.relay_down(backup) == layout.relay_down("one"));
    CHECK(layout.relay_lock(backup) != layout.relay_lock("one"));
    CHECK(layout.relay_record(backup) != layout.relay_record("one"));
    CHECK(layout.relay_stopping(backup) != layout.relay_stopping("one"));
    CHECK(layout.log(backup) != layout.log("one"));
    CHECK(layout.flight(backup) != layout.flight("one"));
}

TEST_CASE("relays of a destination: one, or two; the backup's carries to the backup's URL") {
    Config config;
    config.destinations = {destination("a", Backup::off), destination("b", Backup::both),
                           destination("c", Backup::failover)};
    CHECK(relays_of(config, {"a", "b", "c"}) ==
          std::vector<std::string>{"a", "b", "b+backup", "c", "c+backup"});
    CHECK(carried(config, "b").url == "rtmp://a.example/live");
    CHECK(carried(config, "b+backup").url == "rtmp://b.example/live");
    CHECK(carried(config, "b+backup").name == "b");
    CHECK_THROWS_AS(carried(config, "a+backup"), Error);
    CHECK_THROWS_AS(carried(config, "d"), Error);
    CHECK_THROWS_AS(carried(config, "d+backup"), Error);
    CHECK(has_relay(config, "b+backup"));
    CHECK(!has_relay(config, "a+backup"));
    CHECK(!has_relay(config, "d"));
}

TEST_CASE("relays of a destination: dead and unused ones are found, and only those") {
    const tests::TemporaryFolder folder;
    const Registry registry{Layout(folder.path())};
    registry.prepare();
    Config config;
    config.destinations = {destination("a", Backup::off), destination("b", Backup::both)};
    registry.set_wanted("b", true);
    CHECK(may_be_dead(registry));
    CHECK(dead_relays(registry, config) == std::vector<std::string>{"b", "b+backup"});
    const auto hold = [&](const std::string& relay) {
        return FileLock::acquire(registry.layout().relay_lock(relay), Deadline::after(1s));
    };
    const auto own = hold("b");
    // Whether there is to be a backup at all, only the configuration knows.
    CHECK(!may_be_dead(registry));
    auto backup = hold("b+backup");
    CHECK(dead_relays(registry, config).empty());
    CHECK(unused_backups(registry, config).empty());
    backup.reset();
    CHECK(may_be_dead(registry));
    CHECK(dead_relays(registry, config) == std::vector<std::string>{"b+backup"});
    registry.set_down("b", true);
    CHECK(dead_relays(registry, config).empty());

    const auto off = hold("a+backup"), unknown = hold("c+backup");
    CHECK(unused_backups(registry, config) == std::vector<std::string>{"a+backup"});
}
