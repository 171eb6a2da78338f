// The picture on the page: of what is really published, by a process that may be killed or freeze.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/http_client.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/world.hpp"
#include "system/paths.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_picture");

namespace {

bool is_jpeg(const std::string& bytes) {
    return bytes.starts_with("\xFF\xD8\xFF") && bytes.ends_with("\xFF\xD9");
}

std::string status_of(int pid) {
    return try_read_file(fmt::format("/proc/{}/status", pid), 1 << 16).value_or("");
}

/// The process that makes the pictures; 0 where there is none. There is never more than one, beside
/// its child while that decodes.
int picture_process() {
    std::vector<int> found;
    for (const Descendant& each : living_descendants()) {
        if (each.command.find("restream-thumbnail --serve") != std::string::npos) {
            found.push_back(each.pid);
        }
    }
    const auto is_child = [&](int pid) {
        const std::string status = status_of(pid);
        return std::ranges::any_of(
            found, [&](int parent) { return has(status, fmt::format("PPid:\t{}\n", parent)); });
    };
    std::erase_if(found, is_child);
    CHECK(found.size() <= 1);
    return found.empty() ? 0 : found.front();
}

std::string environment_of(int pid) {
    return try_read_file(std::filesystem::path("/proc") / std::to_string(pid) / "environ", 1 << 20)
        .value_or("");
}

/// The program itself: nobody but the dashboard is meant to start it, so `restream` knows it not.
Outcome thumbnail(const World& world, const std::vector<std::string>& arguments,
                  const Call& call = {}) {
    CommandLine line = world.command(arguments, call);
    line.program = tested_programs() / "restream-thumbnail";
    return run_command_line(line);
}

/// A publisher, a dashboard, and somebody who reads its events.
struct Watched {
    World world{IngestServer::embedded};
    int port = free_port();
    std::optional<Publisher> publisher;
    std::optional<CommandRun> dashboard;
    std::optional<HttpLine> events;

    explicit Watched(Footage footage = Footage::short_gop, const Call& call = {},
                     const std::string& more = "") {
        world.configure(more);
        world.must({"ingest", "start"});
        publisher.emplace(world.ingest_url(), footage);
        REQUIRE(world.wait_ingest("live"));
        dashboard.emplace(
            world.start({"dashboard", "--listen", fmt::format("127.0.0.1:{}", port)}, call));
        REQUIRE(wait_until(Patience(20s),
                           [&] { return has(dashboard->output(), "dashboard: http://"); }));
        watch();
    }
    ~Watched() {
        events.reset();
        dashboard->ask(Ask::stop);
        dashboard->wait();
    }

    void watch() {
        events.emplace(port);
        events->send(
            fmt::format("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port));
    }
    /// How often the ingest was told.
    std::ptrdiff_t ingests(Milliseconds longest) {
        constexpr std::string_view name = "event: ingest";
        const std::string all = events->read_until("", longest);
        std::ptrdiff_t count = 0;
        for (auto at = all.find(name); at != std::string::npos; at = all.find(name, at + 1))
            ++count;
        return count;
    }
    /// Events go on.
    bool wait_ingest_told() {
        const auto before = ingests(0ms);
        return wait_until(Patience(10s), [&] { return ingests(50ms) > before; });
    }
    HttpAnswer picture() const { return http(port, "GET", "/api/v1/thumbnail"); }
    /// Other than `before`; empty where none comes.
    std::string wait_picture(const std::string& before = "") const {
        std::string got;
        const bool has_come = wait_until(
            Patience(40s),
            [&] {
                const HttpAnswer answer = picture();
                if (answer.status == 200) got = answer.body;
                return answer.status == 200 && got != before;
            },
            100ms);
        return has_come ? got : "";
    }
    bool wait_no_picture() const {
        return wait_until(
            Patience(40s), [&] { return picture().brief() == "404 not_found"; }, 100ms);
    }
};

bool wait_no_process(Milliseconds longest) {
    return wait_until(Patience(longest), [] { return picture_process() == 0; });
}

}  // namespace

TEST_CASE("dashboard picture: comes, changes while somebody publishes, and goes with him") {
    Watched watched;
    const std::string first = watched.wait_picture();
    CHECK(is_jpeg(first));
    CHECK(first.size() > 2000);
    CHECK(first.size() < 128 * 1024);
    CHECK(watched.events->read_until("\"at\":\"2").find("event: thumbnail") != std::string::npos);
    const int pid = picture_process();
    REQUIRE(pid != 0);
    std::string last = first;
    for (int i = 0; i < 3; ++i) {
        const std::string next = watched.wait_picture(last);
        CHECK(is_jpeg(next));
        CHECK(next != last);
        last = next;
    }
    CHECK(picture_process() == pid);
    watched.publisher->stop();
    CHECK(watched.wait_no_picture());
    CHECK(wait_no_process(10s));
    watched.publisher->start();
    CHECK(is_jpeg(watched.wait_picture()));
}

TEST_CASE("dashboard picture: with sound only there is none, and looking for one costs little") {
    Watched watched(Footage::sound_only);
    REQUIRE(wait_until(Patience(20s), [] { return picture_process() != 0; }));
    const int pid = picture_process();
    const auto begun = SteadyClock::now();
    // As long as two looks for a picture take, and the rest between them.
    while (SteadyClock::now() - begun < 10s) {
        REQUIRE(watched.wait_ingest_told());
        CHECK(watched.picture().brief() == "404 not_found");
    }
    CHECK(picture_process() == pid);
    const auto stat = try_read_file(fmt::format("/proc/{}/schedstat", pid), 100);
    REQUIRE(stat);
    CHECK(std::chrono::nanoseconds(std::stoll(*stat)) < 2s);
    const Outcome once = thumbnail(watched.world, {});
    CHECK(once.status == 1);
    CHECK_MESSAGE(has(once.error, "there is sound only"), once.describe());
}

TEST_CASE("dashboard picture: killed, its process is replaced by another") {
    Watched watched;
    const std::string before = watched.wait_picture();
    const int pid = picture_process();
    REQUIRE(pid != 0);
    kill_now(pid);
    REQUIRE(wait_gone(pid, 5s));
    CHECK(is_jpeg(watched.wait_picture(before)));
    const int next = picture_process();
    CHECK(next != 0);
    CHECK(next != pid);
}

TEST_CASE(
    "dashboard picture: while its process is frozen all else is answered, until it is killed") {
    Watched watched;
    REQUIRE(is_jpeg(watched.wait_picture()));
    const int pid = picture_process();
    REQUIRE(pid != 0);
    std::string token = content_of(watched.world.layout().dashboard_token());
    token.pop_back();
    freeze(pid);
    int answered = 0;
    while (!is_gone(pid) && answered < 1000) {
        CountedTime took;
        REQUIRE(http(watched.port, "GET", "/api/v1/status").status == 200);
        REQUIRE(http(watched.port, "GET", "/api/v1/doctor", {{"X-Restream-Token", token}}).status ==
                200);
        REQUIRE(watched.wait_ingest_told());
        CHECK(took.passed() < 10s);
        ++answered;
    }
    CHECK(answered >= 2);
    CHECK(is_gone(pid));
    CHECK(is_jpeg(watched.wait_picture()));
    CHECK(wait_until(Patience(20s), [&] { return picture_process() != 0; }));
    CHECK(picture_process() != pid);
}

TEST_CASE("dashboard picture: when nobody watches any more, its process ends") {
    Watched watched;
    REQUIRE(is_jpeg(watched.wait_picture()));
    REQUIRE(picture_process() != 0);
    watched.events.reset();
    CHECK(wait_no_process(60s));
    CHECK(watched.wait_no_picture());
    watched.watch();
    CHECK(is_jpeg(watched.wait_picture()));
}

TEST_CASE("dashboard picture: its process ends with the dashboard, however that was killed") {
    for (const bool is_frozen : {false, true}) {
        CAPTURE(is_frozen);
        Watched watched;
        REQUIRE(is_jpeg(watched.wait_picture()));
        const int pid = picture_process();
        REQUIRE(pid != 0);
        if (is_frozen) freeze(pid);
        kill_now(watched.dashboard->pid());
        if (is_frozen) {
            REQUIRE(wait_until(Patience(10s), [&] { return watched.dashboard->has_ended(); }));
            // Where it had stopped by then, the system has woken it already: its group is orphaned.
            thaw_if_there(pid);
        }
        CHECK(wait_gone(pid, 10s));
    }
}

TEST_CASE("dashboard picture: its process has no key in its environment, nor one named later") {
    Call call;
    call.variables = {{"FIRST_KEY", "CANARYFIRST"}, {"SECOND_KEY", "CANARYSECOND"}};
    const std::string one =
        "[destination.one]\nurl = \"rtmp://127.0.0.1/live\"\nkey = { env = \"FIRST_KEY\" }\n";
    const std::string two =
        "[destination.two]\nurl = \"rtmp://127.0.0.1/live\"\nkey = { env = \"SECOND_KEY\" }\n";
    Watched watched(Footage::short_gop, call, one);
    REQUIRE(is_jpeg(watched.wait_picture()));
    CHECK(has(environment_of(watched.dashboard->pid()), "CANARYFIRST"));
    const int pid = picture_process();
    REQUIRE(pid != 0);
    CHECK_FALSE(environment_of(pid).empty());
    CHECK_FALSE(has(environment_of(pid), "CANARYFIRST"));
    watched.world.configure(one + two);
    REQUIRE(wait_gone(pid, 20s));
    REQUIRE(is_jpeg(watched.wait_picture()));
    REQUIRE(wait_until(Patience(20s), [] { return picture_process() != 0; }));
    CHECK_FALSE(environment_of(picture_process()).empty());
    CHECK_FALSE(has(environment_of(picture_process()), "CANARY"));
}

TEST_CASE("dashboard picture: its process is contained, and reaches nothing but the ingest") {
    Watched watched;
    REQUIRE(is_jpeg(watched.wait_picture()));
    const int pid = picture_process();
    REQUIRE(pid != 0);
    const std::string status = status_of(pid);
    CHECK_MESSAGE(has(status, "NoNewPrivs:\t1\n"), status);
    CHECK_MESSAGE(has(status, "Seccomp:\t2\n"), status);
}

TEST_CASE("dashboard picture: its process ends where it is asked for another ingest's") {
    Pipe requests = make_pipe();
    Pipe answers = make_pipe();
    SpawnRequest request;
    request.program = tested_programs() / "restream-thumbnail";
    request.arguments = {"--serve"};
    request.input = &requests.read_end;
    request.output = &answers.write_end;
    ChildProcess child = ChildProcess::spawn(request);
    answers.write_end.close();
    const auto answer = [&](const std::string& url) {
        REQUIRE(write_all(requests.write_end, url + "\n"));
        std::array<char, 1024> block{};
        REQUIRE(wait_readable(answers.read_end, Deadline::after(60s)));
        return std::string(block.data(), read_some(answers.read_end, block));
    };
    CHECK(answer("rtmp://127.0.0.1:1/live").starts_with("none "));
    CHECK(answer("rtmp://127.0.0.1:1/other").starts_with("none "));
    CHECK(answer("rtmp://127.0.0.1:2/live").empty());
    CHECK(child.wait(Deadline::after(60s)) == 0);
}

TEST_CASE("dashboard picture: the command makes one, or serves until its input ends") {
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    Call call;
    call.input = "rtmp://127.0.0.1:1/live\n";
    const Outcome none = thumbnail(world, {"--serve"}, call);
    CHECK_MESSAGE(none.status == 0, none.describe());
    CHECK_MESSAGE(none.output.starts_with("none "), none.describe());
    call.input = std::string(5000, 'x');
    CHECK(thumbnail(world, {"--serve"}, call).output.empty());
    CHECK(thumbnail(world, {}).output.empty());
    const Publisher publisher(world.ingest_url(), Footage::short_gop);
    REQUIRE(world.wait_ingest("live"));
    const Outcome made = thumbnail(world, {});
    CHECK_MESSAGE(made.status == 0, made.error);
    CHECK(is_jpeg(made.output));
}

TEST_SUITE_END();

}  // namespace restream::test
