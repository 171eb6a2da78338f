// The programs that read what strangers send are contained; those that users name are not.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "process/descendants.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("containment");

namespace {

std::string status_of(int pid) {
    return try_read_file(fmt::format("/proc/{}/status", pid), 1 << 16).value_or("");
}

/// How many filters of system calls a process has: a container may give it some already.
int filters_of(int pid) {
    std::istringstream lines(status_of(pid));
    const std::string name = "Seccomp_filters:";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name)) return std::stoi(line.substr(name.size()));
    }
    return 0;
}

bool is_contained(int pid) {
    return has(status_of(pid), "NoNewPrivs:\t1\n") &&
           filters_of(pid) > filters_of(this_process().pid);
}

/// Writes down how far whoever runs it is contained.
std::string witness(const fs::path& file) {
    return fmt::format("grep -E \"^(NoNewPrivs|Seccomp):\" /proc/self/status > {}", file.string());
}
/// The same of a process. The test's own are what is not contained by restream.
std::string measures_of(int pid) {
    std::istringstream lines(status_of(pid));
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("NoNewPrivs:") || line.starts_with("Seccomp:")) found += line + "\n";
    }
    return found;
}
std::string uncontained() { return measures_of(this_process().pid); }

}  // namespace

TEST_CASE("containment: the ingest server and each kind of worker are contained while they work") {
    Scene scene(IngestServer::embedded);
    scene.add("youtube");
    scene.world.add("archive", "file:" + (scene.world.home() / "archive.flv").string());
    scene.publish();
    scene.world.must({"enable", "--all"});
    CHECK(scene.wait_flow("youtube"));
    CHECK(scene.world.wait_state("archive", "live"));
    for (const int pid : {scene.world.ingest_record().server->pid, scene.world.worker("youtube"),
                          scene.world.worker("archive")}) {
        CHECK_MESSAGE(is_contained(pid), status_of(pid));
    }
    // Who only watches over them reads nothing of strangers', and runs what the user names.
    CHECK(measures_of(scene.world.guardian("youtube")) == uncontained());
    check_whole(scene.finish("youtube"));
}

TEST_CASE("containment: the maker of slates is contained before it reads its picture") {
    const World world(IngestServer::embedded);
    const fs::path picture = world.home() / "picture";
    REQUIRE(::mkfifo(picture.c_str(), 0600) == 0);
    CommandLine line = world.command({"--size", "320x180", "--sound", "48000x2", "--picture",
                                      picture.string(), (world.home() / "slate.flv").string()});
    line.program = tested_programs() / "restream-slate";
    CommandRun slate(line);
    // Both wait for the picture: who writes the slate, and who decodes.
    // Also where nobody ever reads it.
    Fd writer(::open(picture.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(writer.is_open());
    REQUIRE(wait_until(Patience(seconds(20)),
                       [&] { return World::count_processes("restream-slate") == 2; }));
    CHECK(wait_until(Patience(seconds(20)), [] {
        return std::ranges::count_if(living_descendants(), [](const Descendant& each) {
                   return has(each.command, "restream-slate") && is_contained(each.pid);
               }) == 2;
    }));
    writer.close();  // an empty picture is none
    CHECK(slate.wait().status == 5);
}

TEST_CASE("containment: a hook and a key's command are not contained, and work as ever") {
    Scene scene(IngestServer::embedded);
    const fs::path hook = scene.world.home() / "hook";
    const fs::path command = scene.world.home() / "command";
    scene.world.add("youtube", scene.platform.url(), "",
                    fmt::format("key = {{ command = '{}; echo youtube' }}\non_state = '{}'\n",
                                witness(command), witness(hook)));
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(scene.wait_flow("youtube"));
    CHECK(is_contained(scene.world.worker("youtube")));
    CHECK(content_of(command) == uncontained());
    CHECK(wait_until(Patience(seconds(20)), [&] { return content_of(hook) == uncontained(); }));
    CHECK(World::count_processes("restream-errands") == 1);
    check_whole(scene.finish("youtube"));
    CHECK(wait_until(Patience(seconds(8)),
                     [] { return World::count_processes("restream-errands") == 0; }));
}

TEST_CASE("containment: a relay that got a hook only later has another worker for it") {
    Scene scene(IngestServer::embedded);
    const fs::path hook = scene.world.home() / "hook";
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(scene.wait_flow("youtube"));
    CHECK(World::count_processes("restream-errands") == 0);
    const int guardian = scene.world.guardian("youtube");
    const int worker = scene.world.worker("youtube");
    scene.add("youtube", fmt::format("on_state = '{}'\n", witness(hook)));
    scene.platform.stop();
    CHECK(scene.world.wait_state("youtube", "backoff"));
    scene.platform.start();
    CHECK(scene.world.wait_state("youtube", "live"));
    CHECK(scene.world.guardian("youtube") == guardian);
    CHECK(scene.world.worker("youtube") != worker);
    CHECK(scene.world.status("youtube")["worker_restarts"] == 0);
    CHECK(wait_until(Patience(seconds(20)), [&] { return content_of(hook) == uncontained(); }));
}

TEST_CASE("containment: doctor says what this system has") {
    const World world(IngestServer::embedded);
    const json findings = json::parse(world.run({"doctor", "--json"}).output)["findings"];
    int told = 0;
    for (const auto& each : findings) {
        if (each["code"] != "media_contained") continue;
        ++told;
        CHECK(each["severity"] == "ok");
        CHECK(has(each["message"], "no_new_privs, seccomp, limits"));
    }
    CHECK_MESSAGE(told == 1, findings.dump(1));
}

TEST_SUITE_END();

}  // namespace restream::test
