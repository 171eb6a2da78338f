// Processes that are killed, and starters that go away.
#include <doctest/doctest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "process/descendants.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("crash");

namespace {

/// A relay that is live and carries something.
struct Live : Scene {
    int guardian = 0;
    int worker = 0;
    Live() {
        add("youtube");
        publish();
        world.must({"enable", "youtube"});
        REQUIRE(wait_flow("youtube"));
        remember();
    }
    void remember() {
        guardian = world.guardian("youtube");
        worker = world.worker("youtube");
        REQUIRE(guardian > 1);
        REQUIRE(worker > 1);
    }
};

}  // namespace

TEST_CASE(
    "crash: the worker of a killed guardian says goodbye and is gone within 1 s, and only then the "
    "lock is free") {
    Live scene;
    kill_now(scene.guardian);
    CountedTime took;
    REQUIRE(wait_gone(scene.guardian, seconds(1)));
    REQUIRE(wait_until(Patience(seconds(5)), [&] {
        const bool is_free = !scene.world.is_lock_held("youtube");
        // Asked in this order: a worker that lives now lived when the lock was asked.
        const bool worker_lives = !is_gone(scene.worker);
        CHECK_FALSE((is_free && worker_lives));
        return is_free;
    }));
    // A second for the goodbye, and what the test itself adds.
    CHECK(took.passed() < Milliseconds(1500));
    CHECK(is_gone(scene.worker));
    CHECK(wait_until(Patience(seconds(2)),
                     [&] { return scene.platform.ended("youtube") == 1; }));
    CHECK_MESSAGE(scene.platform.goodbyes() == 1, scene.platform.log());
    const json part = scene.world.status("youtube");
    CHECK_MESSAGE(part["state"] != "live", part.dump());
}

TEST_CASE("crash: a killed worker is started again at once by its guardian") {
    Live scene;
    kill_now(scene.worker);
    CHECK(scene.world.wait_status(
        "youtube",
        [&](const json& part) { return part["worker_restarts"] == 1 && part["state"] == "live"; },
        seconds(10)));
    CHECK(scene.world.guardian("youtube") == scene.guardian);
    CHECK(scene.world.worker("youtube") != scene.worker);
    CHECK(scene.platform.begun("youtube") == 2);
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "crash: a worker killed again and again is started again, later and later, and disable ends it "
    "all") {
    Live scene;
    for (int i = 1; i <= 4; ++i) {
        const int worker = scene.world.worker("youtube");
        kill_if_there(worker);
        CHECK(scene.world.wait_status(
            "youtube",
            [&](const json& part) {
                return part["worker_restarts"] >= i && part["worker_pid"].is_number() &&
                       part["worker_pid"] != worker;
            },
            seconds(10)));
    }
    CHECK(scene.world.guardian("youtube") == scene.guardian);
    scene.world.must({"disable", "youtube"});
    CHECK(is_gone(scene.guardian));
}

TEST_CASE("crash: guardian and worker killed: status says it, start brings it back") {
    Live scene;
    kill_now(scene.guardian);
    // Unless it has left by itself, as it does when its guardian is gone.
    kill_if_there(scene.worker);
    REQUIRE(wait_gone(scene.guardian, seconds(2)));
    REQUIRE(wait_gone(scene.worker, seconds(2)));
    // Nobody claims that the dead live: stopped, or healed already by others.
    const json part = scene.world.status("youtube");
    CHECK_MESSAGE((part["state"] == "stopped" || part["pid"] != scene.guardian), part.dump());
    const Outcome start = scene.world.run({"start"});
    CHECK_MESSAGE(start.status == 0, start.describe());
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "crash: a killed guardian's relay that is wanted is healed, one that was stopped is not") {
    Scene scene;
    scene.add("healed");
    scene.add("stopped");
    scene.publish();
    scene.world.must({"enable", "--all"});
    scene.world.must({"stop", "stopped"});
    const json stopped = scene.world.status("stopped");
    CHECK(stopped["wanted"] == true);
    CHECK(stopped["down"] == true);
    CHECK(stopped["state"] == "stopped");
    const int guardian = scene.world.guardian("healed");
    kill_now(guardian);
    CHECK(scene.world.wait_status(
        "healed",
        [&](const json& part) { return part["state"] == "live" && part["pid"] != guardian; },
        seconds(30)));
    CHECK(scene.world.status("stopped")["state"] == "stopped");
    CHECK(scene.platform.begun("stopped") == 1);
    scene.world.must({"start"});
    CHECK(scene.world.wait_state("stopped", "live"));
    CHECK(scene.world.status("stopped")["down"] == false);
}

TEST_CASE("restart: brings every relay back with a new process, and leaves the ingest alone") {
    Live scene;
    scene.add("asleep");
    const json ingest = scene.world.status()["ingest"];
    const Outcome restart = scene.world.run({"restart"});
    CHECK_MESSAGE(restart.status == 0, restart.describe());
    CHECK(scene.world.wait_state("youtube", "live"));
    CHECK(is_gone(scene.guardian));
    CHECK(is_gone(scene.worker));
    CHECK(scene.world.status()["ingest"]["pid"] == ingest["pid"]);
    CHECK(scene.publisher->runs());
    CHECK(scene.world.state("asleep") == "stopped");
    CHECK(scene.platform.begun("youtube") == 2);
    check_whole(scene.finish("youtube"));
}

TEST_CASE(
    "stop: ends every relay, keeps the wishes, and leaves the ingest alone; stop --ingest ends "
    "that too") {
    Live scene;
    const Outcome stop = scene.world.run({"stop"});
    CHECK_MESSAGE(stop.status == 0, stop.describe());
    CHECK(is_gone(scene.guardian));
    CHECK(is_gone(scene.worker));
    const json document = scene.world.status();
    CHECK(document["ingest"]["state"] == "live");
    CHECK(document["destinations"][0]["wanted"] == true);
    CHECK(scene.publisher->runs());
    scene.world.must({"stop", "--ingest"});
    CHECK(scene.world.status()["ingest"]["state"] == "down");
    CHECK(World::count_processes("nginx: master") <= 1);  // the platform's
}

TEST_CASE(
    "spawn: started like over ssh, without a terminal, the command returns at once and the relay "
    "goes on") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    // What sshd does: a session of its own, pipes for input and output, and it ends only when
    // nobody has those pipes any more.
    CommandLine line = scene.world.command({"enable", "youtube"});
    Pipe input = make_pipe();
    Pipe output = make_pipe();
    SpawnRequest request;
    request.program = "/bin/sh";
    request.arguments = {"-c", "\"$0\" enable youtube; echo status=$?", line.program};
    request.with_variables = line.variables;
    request.input = &input.read_end;
    request.output = &output.write_end;
    request.error = &output.write_end;
    request.is_detached = true;
    ChildProcess shell = ChildProcess::spawn(request);
    input.read_end.close();
    output.write_end.close();
    const Deadline deadline = Deadline::after(seconds(20));
    std::string told;
    bool has_ended = false;
    while (!has_ended && wait_readable(output.read_end, deadline)) {
        char block[4096];
        const std::size_t got = read_some(output.read_end, block);
        told.append(block, got);
        has_ended = got == 0;
    }
    CHECK_MESSAGE(has_ended, "a relay holds the pipes of the shell that started it: " << told);
    CHECK_MESSAGE(told.find("status=0") != std::string::npos, told);
    CHECK(shell.wait(deadline) == 0);
    // The relay belongs to no session of ours, and lives.
    CHECK(scene.world.state("youtube") == "live");
    check_whole(scene.finish("youtube"));
}

TEST_CASE("spawn: a relay keeps no descriptor of its starter and sits in a session of its own") {
    Live scene;
    for (const int pid : {scene.guardian, scene.worker}) {
        // A worker hides what it has from all but root.
        if (pid == scene.worker && ::geteuid() != 0) continue;
        const auto folder = std::filesystem::path("/proc") / std::to_string(pid);
        CHECK(std::filesystem::read_symlink(folder / "fd" / "0") == "/dev/null");
        CHECK(std::filesystem::read_symlink(folder / "fd" / "1") == "/dev/null");
        CHECK(std::filesystem::read_symlink(folder / "cwd") == "/");
        for (const auto& entry : std::filesystem::directory_iterator(folder / "fd")) {
            std::error_code error;
            const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
            // What the commands' output goes to in these tests.
            CHECK_MESSAGE(target.find("memfd:captured") == std::string::npos,
                          pid << " keeps " << target);
        }
    }
}

TEST_SUITE_END();

}  // namespace restream::test
