// restream selftest: all of it, broken off, killed, and where it cannot be run.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "process/descendants.hpp"
#include "process/patience.hpp"
#include "process/world.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("selftest");

namespace {

/// A folder for temporary files of its own, in which what is left over shows; and a world whose
/// home nobody may touch.
struct Place {
    World world{IngestServer::embedded};
    TemporaryFolder temporary;

    Call call(Milliseconds longest = 150s) const {
        return {.variables = {{"TMPDIR", temporary.path().string()}}, .longest = longest};
    }
    bool is_clean() const { return fs::is_empty(temporary.path()) && living_descendants().empty(); }
    void check_clean(Milliseconds longest) const {
        const bool is_so = wait_until(Patience(longest), [this] { return is_clean(); });
        CHECK_MESSAGE(is_so, describe(living_descendants()));
        CHECK(fs::is_empty(world.state()));
    }
};

/// Python: runs a program that may not attach a filter to a socket, as in some containers. A filter
/// of seccomp(2) answers setsockopt(SOL_SOCKET, SO_ATTACH_FILTER) with EPERM.
const char* const refuse_socket_filters = R"(
import ctypes, os, platform, struct, sys
setsockopt = {"x86_64": 54, "aarch64": 208}[platform.machine()]
load, equal, end = 0x20, 0x15, 0x06
program = [(load, 0, 0, 0), (equal, 0, 5, setsockopt), (load, 0, 0, 24), (equal, 0, 3, 1),
           (load, 0, 0, 32), (equal, 0, 1, 26), (end, 0, 0, 0x00050001), (end, 0, 0, 0x7fff0000)]
code = b"".join(struct.pack("HBBI", *each) for each in program)
buffer = ctypes.create_string_buffer(code)
filter = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.c_char_p(filter), 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[1], sys.argv[1:])
)";

const json& step(const json& document, const std::string& name) {
    for (const auto& each : document["steps"]) {
        if (each["name"] == name) return each;
    }
    FAIL("no step " << name);
    return document;
}

void check_lateness(const json& late, int fewest) {
    CHECK(late["messages"] >= fewest);
    CHECK(late["lost"] == 0);
    CHECK(late["p50_ms"] > 0);
    CHECK(late["p99_ms"] >= late["p50_ms"]);
    CHECK(late["max_ms"] >= late["p99_ms"]);
    CHECK(late.size() == 5);
}

void check_steps(const json& document) {
    std::vector<std::string> names;
    for (const auto& each : document["steps"]) {
        names.push_back(each["name"]);
        CHECK_MESSAGE(each["verdict"] == "passed", each.dump(2));
        CHECK(each["duration_ms"] > 0);
        CHECK_FALSE(each["message"].get<std::string>().empty());
        CHECK(each["remedy"].is_null());
        CHECK(each.size() == 6);
    }
    CHECK(names == std::vector<std::string>{"ingest", "states", "reenable", "stalled", "vanished",
                                            "killed", "nothing_left"});
}

void check_figures(const json& document, const std::string& name,
                   const std::set<std::string>& expected) {
    std::set<std::string> found;
    for (const auto& [figure, value] : step(document, name)["figures"].items()) {
        found.insert(figure);
        CHECK(value.is_number());
        CHECK(value >= 0);
    }
    CHECK(found == expected);
}

}  // namespace

TEST_CASE("self-test: all of it, as one document, and nothing is left") {
    const Place place;
    const Outcome outcome = place.world.run({"selftest", "--blackhole", "--json"}, place.call());
    REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK(outcome.error.empty());
    place.check_clean(0s);
    const json document = json::parse(outcome.output);
    CHECK(document["schema"] == 1);
    CHECK(document["passed"] == true);
    CHECK(document["duration_ms"] > 20'000);
    CHECK(document.size() == 5);
    check_steps(document);
    check_figures(document, "ingest", {"start_ms", "taken_ms"});
    check_figures(document, "states",
                  {"waiting_ms", "connecting_ms", "live_ms", "keyframe_ms", "confirmed_ms",
                   "holding_ms", "live_again_ms", "picture_again_ms", "backoff_ms",
                   "live_after_backoff_ms", "rejected_ms", "stopped_ms"});
    check_figures(document, "reenable",
                  {"wanted", "live", "first_keyframe_p50_ms", "first_keyframe_max_ms"});
    CHECK(step(document, "reenable")["figures"]["live"] == 20);
    check_figures(document, "stalled",
                  {"dropped", "worker_most_mib", "worker_growth_mib", "live_again_ms"});
    CHECK(step(document, "stalled")["figures"]["dropped"] > 0);
    check_figures(document, "vanished",
                  {"dropped", "worker_most_mib", "worker_growth_mib", "disable_ms", "noticed_ms"});
    CHECK(step(document, "vanished")["figures"]["noticed_ms"] > 5000);
    check_figures(document, "killed", {"live_again_ms"});
    check_figures(document, "nothing_left", {"processes", "stop_ms"});
    CHECK(step(document, "nothing_left")["figures"]["processes"] == 4);
    for (const char* kind : {"stalled", "vanished"}) {
        const json& effect = document["effect"][kind];
        CHECK(effect.size() == 2);
        check_lateness(effect["before"], 200);
        check_lateness(effect["during"], 400);
    }
}

TEST_CASE("self-test: Ctrl-C at any moment ends it within 3 s, and nothing is left") {
    const Place place;
    // Held up before it has told anybody that it is there, if the test is fast enough.
    const auto has_frozen_guardian = [] {
        for (const auto& each : living_descendants()) {
            if (!each.command.starts_with("restream-ingest serve")) continue;
            freeze(each.pid);
            return true;
        }
        return false;
    };
    for (const std::string seen : {"", "guardian", "ingest", "states"}) {
        CAPTURE(seen);
        CommandRun run = place.world.start({"selftest"}, place.call());
        REQUIRE(wait_until(
            Patience(60s),
            [&] {
                if (seen.empty()) return !fs::is_empty(place.temporary.path());
                return seen == "guardian" ? has_frozen_guardian() : has(run.output(), seen);
            },
            1ms));
        CountedTime took;
        REQUIRE(run.interrupt());
        const Outcome outcome = run.wait();
        CHECK(took.passed() < 3s);
        CHECK_MESSAGE(outcome.status == 1, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "cancelled"), outcome.describe());
        // In a pipe, no sign and no bar.
        CHECK_MESSAGE(std::ranges::all_of(outcome.output + outcome.error,
                                          [](char each) { return each == '\n' || each >= ' '; }),
                      outcome.describe());
        place.check_clean(1s);
    }
}

TEST_CASE("self-test: where it is killed, its keeper cleans up") {
    const Place place;
    CommandRun run = place.world.start({"selftest"}, place.call());
    REQUIRE(wait_until(
        Patience(60s), [&] { return has(run.output(), "states"); }, 20ms));
    CHECK(World::count_processes("restream-relay") > 0);
    REQUIRE(run.ask(Ask::kill));
    run.wait();
    place.check_clean(10s);
}

TEST_CASE("self-test: where no folder can be made it says so, and what would work") {
    const Place place;
    write_file(place.temporary.path() / "file", "");
    for (const std::string folder : {"/proc", "/nowhere/at/all"}) {
        CAPTURE(folder);
        const Outcome outcome =
            place.world.run({"selftest"}, {.variables = {{"TMPDIR", folder}}, .longest = 20s});
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "set TMPDIR"), outcome.describe());
        CHECK(outcome.output.empty());
    }
    CHECK(living_descendants().empty());
}

TEST_CASE("self-test: where 127.0.0.1 cannot be reached it says so") {
    const Place place;
    CommandLine line = place.world.command({"selftest"}, place.call());
    line.arguments.insert(line.arguments.begin(), {"-rn", line.program.string()});
    line.program = "/usr/bin/unshare";
    const Outcome probe = run_command_line({"/usr/bin/unshare", {"-rn", "true"}});
    if (probe.status != 0) {
        MESSAGE("no network of its own can be had here: " << probe.error);
        return;
    }
    const Outcome outcome = run_command_line(line);
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    CHECK_MESSAGE(has(outcome.error, "the loopback interface"), outcome.describe());
    place.check_clean(1s);
}

TEST_CASE("self-test: where the system refuses socket filters, that step is skipped and says why") {
    const Place place;
    CommandLine line = place.world.command({"selftest", "--blackhole", "--json"}, place.call());
    line.arguments.insert(line.arguments.begin(),
                          {"-c", refuse_socket_filters, line.program.string()});
    line.program = "/usr/bin/python3";
    const Outcome outcome = run_command_line(line, 150s);
    REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
    const json document = json::parse(outcome.output);
    CHECK(document["passed"] == true);
    const json& vanished = step(document, "vanished");
    CHECK_MESSAGE(vanished["verdict"] == "skipped", vanished.dump(2));
    CHECK_MESSAGE(has(vanished["message"], "this system refuses socket filters: "),
                  vanished.dump(2));
    CHECK(document["effect"]["vanished"].is_null());
    CHECK(step(document, "killed")["verdict"] == "passed");
    place.check_clean(1s);
}

TEST_CASE("self-test: the keeper's option deletes nothing that is no home of a self-test") {
    const Place place;
    const fs::path folder = place.temporary.path() / "precious";
    const fs::path look_alike = place.temporary.path() / "restream-selftest-0";
    fs::create_directories(folder);
    fs::create_directories(look_alike);
    for (const auto& each : {folder, look_alike}) {
        const Outcome outcome =
            place.world.run({"selftest", "--keep", each.string()}, place.call(20s));
        CHECK_MESSAGE(outcome.status == 2, outcome.describe());
        CHECK(fs::exists(each));
    }
}

TEST_SUITE_END();

}  // namespace restream::test
