// The dashboard as others see it, over a real ingest and relays: a browser, a schema, Prometheus.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "process/command_run.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/raw_server.hpp"
#include "process/tag_server.hpp"
#include "process/temporary_folder.hpp"
#include "process/world.hpp"
#include "system/fd.hpp"
#include "system/paths.hpp"

namespace restream::test {

using namespace std::chrono_literals;

namespace {

/// Comes again when it was thrown off, as OBS does; and is away, or hangs, while a file says so.
class PersistentPublisher {
  public:
    PersistentPublisher(const std::string& url, std::filesystem::path away)
        : publisher_(url, Footage::short_gop), away_(std::move(away)) {}
    ~PersistentPublisher() {
        end_.write_end.close();
        thread_.join();
    }
    PersistentPublisher(const PersistentPublisher&) = delete;
    PersistentPublisher& operator=(const PersistentPublisher&) = delete;

  private:
    void run() {
        while (!wait_readable(end_.read_end, Deadline::after(200ms))) {
            const bool is_away = std::filesystem::exists(away_);
            const bool hangs = is_away && content_of(away_) == "hangs";
            if (std::exchange(hangs_, hangs) != hangs) {
                (hangs ? freeze : thaw)(publisher_.pid());
            }
            if (is_away && !hangs) publisher_.stop();
            if (!is_away && !publisher_.runs()) publisher_.start();
        }
    }

    Publisher publisher_;
    std::filesystem::path away_;
    bool hangs_ = false;
    Pipe end_ = make_pipe();
    std::thread thread_{[this] { run(); }};
};

/// A dashboard with an ingest that is live, a platform, and nothing configured yet.
struct Stage {
    World world;
    TagServer platform;
    int port = free_port();
    int nobodys_port = free_port();
    RawServer silent{[](RawConnection& peer) { peer.drain(); }};
    std::optional<PersistentPublisher> publisher;
    std::optional<CommandRun> dashboard;

    explicit Stage(IngestServer ingest) : world(ingest) {
        world.must({"ingest", "start"});
        publisher.emplace(world.ingest_url(), away());
        REQUIRE(world.wait_ingest("live"));
        dashboard.emplace(
            world.start({"dashboard", "--listen", fmt::format("127.0.0.1:{}", port)}));
        REQUIRE(wait_until(Patience(20s), [&] { return is_listening(port); }));
    }
    std::filesystem::path away() const { return world.home() / "away"; }
    /// Runs a client of tests/ to its end.
    Outcome run(const std::string& program, const std::vector<std::string>& arguments,
                Milliseconds longest, const std::string& which = "") const {
        CommandLine line{RESTREAM_TESTS "/" + program};
        line.arguments = arguments;
        line.variables = {
            {"DASHBOARD_URL", fmt::format("http://127.0.0.1:{}", port)},
            {"DASHBOARD_GOOD_URL", platform.url()},
            {"DASHBOARD_REFUSING_URL", platform.url()},
            {"DASHBOARD_NOBODY_URL", fmt::format("rtmp://127.0.0.1:{}/live", nobodys_port)},
            {"DASHBOARD_SILENT_URL", silent.url()},
            {"DASHBOARD_BIN", program_directory()},
            {"DASHBOARD_AWAY", away()},
            {"DASHBOARD_TESTS", which}};
        // As the commands of this world are run; but the browser and npm keep their own home.
        for (const auto& variable : world.command({}).variables) {
            if (variable.first != "HOME") line.variables.push_back(variable);
        }
        return run_command_line(line, longest);
    }
};

std::string build_folder() { return program_directory().parent_path().string(); }

}  // namespace

TEST_SUITE_BEGIN("dashboard_contract");

TEST_CASE("dashboard: is what its description says, and Prometheus can read it") {
    for (const IngestServer ingest : {IngestServer::embedded, IngestServer::nginx}) {
        const Stage stage(ingest);
        const Outcome outcome = stage.run("dashboard/contract_test", {}, 150s);
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    }
}

TEST_SUITE_END();

// Run by tests/scripts/with-browser, which knows whether there is one.
TEST_SUITE_BEGIN("dashboard_browser");

TEST_CASE("dashboard: does in a browser what the commands do") {
    Stage stage(IngestServer::embedded);
    // One of its tests kills the dashboard, and starts another.
    const Outcome outcome = stage.run("scripts/dashboard-page-test", {build_folder()}, 700s);
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
}

TEST_CASE("dashboard: restarts nginx as it restarts the embedded server") {
    Stage stage(IngestServer::nginx);
    const Outcome outcome =
        stage.run("scripts/dashboard-page-test", {build_folder()}, 100s, "restarting the ingest");
    CHECK_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK(has(outcome.output, "# pass 1"));
    CHECK_FALSE(stage.dashboard->has_ended());
}

TEST_SUITE_END();

}  // namespace restream::test
