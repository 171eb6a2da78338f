// Why a relay does not run, and the words that status has for it.
#include "state/absence.hpp"

#include <doctest/doctest.h>

#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "status/status.hpp"
#include "temporary_folder.hpp"

namespace fs = std::filesystem;
using namespace restream;
using namespace std::chrono_literals;
using restream::tests::TemporaryFolder;

namespace {

/// What the state folder has of the destination.
struct Traces {
    bool is_wanted = false;
    bool is_down = false;
    bool is_down_of_another_boot = false;
    enum class LastRecord { none, ended, torn, of_another_boot, from_before_wish } record{};
    State state = State::live;  ///< in the record
};

using LastRecord = Traces::LastRecord;

struct Scene {
    TemporaryFolder folder;
    Registry registry{Layout(folder.path() / "state")};
    Config config;

    Scene() {
        registry.prepare();
        Destination one;
        one.name = "one";
        one.url = "rtmp://live.example/app";
        config.destinations = {one};
    }
    void set(const Traces& traces) const {
        const Layout& layout = registry.layout();
        for (const auto& each :
             {layout.wanted("one"), layout.relay_down("one"), layout.relay_record("one")}) {
            fs::remove(each);
        }
        registry.set_wanted("one", traces.is_wanted);
        if (traces.is_down) registry.set_down("one", true);
        if (traces.is_down_of_another_boot) folder.write("state/run/relays/one.down", "another");
        if (traces.record == LastRecord::none) return;
        Record record;
        record.name = "one";
        record.state = traces.state;
        record.guardian = this_process();
        record.guardian.start_time += 1;  // it is gone
        if (traces.record == LastRecord::of_another_boot) record.guardian.boot_id = "another";
        REQUIRE_FALSE(registry.publish(record));
        if (traces.record == LastRecord::torn) folder.write("state/run/relays/one.json", "{");
        if (traces.record == LastRecord::from_before_wish) {
            const auto record_file = layout.relay_record("one");
            fs::last_write_time(record_file, fs::last_write_time(record_file) - 1min);
        }
    }
    DestinationStatus look() const { return restream::look(config, registry, {}).destinations[0]; }
    std::string table() const {
        Status status;
        status.destinations = {look()};
        return to_table(status, 200, true, std::chrono::system_clock::now());
    }
};

constexpr const char* grey = "\x1b[2m";
constexpr const char* yellow = "\x1b[33m";
constexpr const char* red = "\x1b[31m";

struct Row {
    Traces traces;
    Absence absence;
    const char* words;
    const char* colour;
    const char* code;  ///< of the reason; "" where there is none
};

}  // namespace

TEST_CASE("absence: each combination of wish, stop and record has its words") {
    const Scene scene;
    std::vector<Row> rows;
    // Who is not wanted is off, whatever else is there.
    for (const auto record :
         {LastRecord::none, LastRecord::ended, LastRecord::torn, LastRecord::of_another_boot}) {
        for (const bool is_down : {false, true}) {
            for (const State state : {State::live, State::stopped}) {
                rows.push_back(
                    {{false, is_down, false, record, state}, Absence::off, "off", grey, ""});
                if (is_down) {
                    rows.push_back({{true, true, false, record, state},
                                    Absence::stopped,
                                    "stopped",
                                    grey,
                                    ""});
                }
            }
        }
    }
    for (const State state : {State::live, State::backoff, State::stopped}) {
        rows.push_back({{true, false, false, LastRecord::ended, state},
                        Absence::dead,
                        "dead",
                        red,
                        "not_running"});
        rows.push_back({{true, false, true, LastRecord::ended, state},
                        Absence::dead,
                        "dead",
                        red,
                        "not_running"});
        for (const auto record : {LastRecord::none, LastRecord::torn, LastRecord::of_another_boot,
                                  LastRecord::from_before_wish}) {
            rows.push_back({{true, false, false, record, state},
                            Absence::not_started,
                            "not started",
                            yellow,
                            "not_started_yet"});
            rows.push_back({{true, false, true, record, state},
                            Absence::not_started,
                            "not started",
                            yellow,
                            "not_started_yet"});
        }
    }
    for (const Row& row : rows) {
        CAPTURE(row.traces.is_wanted);
        CAPTURE(row.traces.is_down);
        CAPTURE(row.traces.is_down_of_another_boot);
        CAPTURE(static_cast<int>(row.traces.record));
        CAPTURE(state_name(row.traces.state));
        scene.set(row.traces);
        CHECK(absence_of(scene.registry, "one") == row.absence);
        const DestinationStatus status = scene.look();
        CHECK(status.state == State::stopped);  // JSON has the states of the design
        CHECK(status.wanted == row.traces.is_wanted);
        CHECK(status.down == (row.absence == Absence::stopped));
        CHECK((status.reason ? status.reason->code : "") == row.code);
        const auto table = scene.table();
        const std::string cell = std::string(row.colour) + row.words;
        CHECK_MESSAGE(table.find(cell) != std::string::npos, table);
    }
}

TEST_CASE("absence: a wish that is made anew is newer than what ended before") {
    const Scene scene;
    scene.set({true, false, false, LastRecord::ended});
    CHECK(absence_of(scene.registry, "one") == Absence::dead);
    // The file system's clock has ticks.
    const auto record = scene.registry.layout().relay_record("one");
    fs::last_write_time(record, fs::last_write_time(record) - 1s);
    scene.registry.renew_wish("one");
    CHECK(absence_of(scene.registry, "one") == Absence::not_started);
    CHECK(scene.table().find("wanted, not started; run 'restream start one'") != std::string::npos);
}

TEST_CASE("absence: a relay that lives is no absent one, whatever the flags say") {
    const Scene scene;
    const auto lock = FileLock::try_acquire(scene.registry.layout().relay_lock("one"));
    REQUIRE(lock);
    for (const bool is_wanted : {false, true}) {
        for (const bool is_down : {false, true}) {
            scene.set({is_wanted, is_down, false, LastRecord::none});
            CHECK(scene.look().state == State::waiting);
            CHECK(scene.look().reason->code == "no_record");
        }
    }
}

TEST_CASE("absence: the relay of a backup has its destination's wish") {
    const Scene scene;
    scene.set({true, true, false, LastRecord::none});
    CHECK(absence_of(scene.registry, backup_relay("one")) == Absence::stopped);
    scene.set({});
    CHECK(absence_of(scene.registry, backup_relay("one")) == Absence::off);
}
