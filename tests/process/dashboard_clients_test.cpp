// The dashboard as others see it, over a real ingest and relays: a browser, a schema, Prometheus.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <thread>

#include "base/fd.hpp"
#include "base/paths.hpp"
#include "process/command_run.hpp"
#include "process/free_port.hpp"
#include "process/publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_clients");

namespace {

/// Comes again when it was thrown off, as OBS does.
class PersistentPublisher {
  public:
    explicit PersistentPublisher(const std::string& url) : publisher_(url, Footage::short_gop) {}
    ~PersistentPublisher() {
        end_.write_end.close();
        thread_.join();
    }
    PersistentPublisher(const PersistentPublisher&) = delete;
    PersistentPublisher& operator=(const PersistentPublisher&) = delete;

  private:
    void run() {
        while (!wait_readable(end_.read_end, Deadline::after(200ms))) {
            if (!publisher_.runs()) publisher_.start();
        }
    }

    Publisher publisher_;
    Pipe end_ = make_pipe();
    std::thread thread_{[this] { run(); }};
};

/// A dashboard with an ingest that is live, a platform, and nothing configured yet.
struct Stage {
    World world{IngestServer::embedded};
    TagServer platform;
    int port = free_port();
    std::optional<PersistentPublisher> publisher;
    std::optional<CommandRun> dashboard;

    Stage() {
        world.must({"ingest", "start"});
        publisher.emplace(world.ingest_url());
        REQUIRE(world.wait_ingest("live"));
        dashboard.emplace(
            world.start({"dashboard", "--listen", fmt::format("127.0.0.1:{}", port)}));
        REQUIRE(wait_until(Deadline::after(20s), [&] { return is_listening(port); }));
    }
    /// Runs a client of tests/ to its end.
    Outcome run(const std::string& program, const std::vector<std::string>& arguments,
                Milliseconds longest) const {
        CommandLine line{RESTREAM_TESTS "/" + program};
        line.arguments = arguments;
        line.variables = {{"DASHBOARD_URL", fmt::format("http://127.0.0.1:{}", port)},
                          {"DASHBOARD_GOOD_URL", platform.url()},
                          {"DASHBOARD_REFUSING_URL", platform.url()}};
        return run_command_line(line, longest);
    }
};

}  // namespace

TEST_CASE("dashboard: is what its description says, and Prometheus can read it") {
    const Stage stage;
    const Outcome outcome = stage.run("dashboard/contract_test", {}, 200s);
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
}

TEST_CASE("dashboard: does in a browser what the commands do") {
    if (!find_in_path("chromium") || !find_in_path("node")) {
        MESSAGE("skipped: there is no chromium, or no node, here");
        return;
    }
    Stage stage;
    const Outcome outcome = stage.run("scripts/dashboard-page-test",
                                      {program_directory().parent_path().string()}, 500s);
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK_FALSE(stage.dashboard->has_ended());
}

TEST_SUITE_END();

}  // namespace restream::test
