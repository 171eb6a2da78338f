#include "dashboard/dashboard_control.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "state/boot_flag.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

constexpr auto start_patience = std::chrono::seconds(10);
constexpr auto stop_patience = std::chrono::seconds(40);

void spawn(const Config& config, const Layout& layout) {
    Pipe line = make_pipe();
    SpawnRequest request;
    request.program = program_directory() / "restream-dashboard";
    request.inherited = {&line.write_end};
    request.is_detached = true;
    // It keeps the variables with keys: the commands that it starts need them.
    request.with_variables = {{"RESTREAM_CONFIG_DIR", config.directory.string()},
                              {"RESTREAM_STATE_DIR", layout.root().string()},
                              {"RESTREAM_SHARE_DIR", share_directory().string()}};
    const ChildProcess child = ChildProcess::spawn(request);
    line.write_end.close();
    if (const auto problem = await_start_report(line.read_end, Deadline::after(start_patience))) {
        throw Error(ErrorKind::refused, "starting the dashboard: " + *problem);
    }
}

}  // namespace

DashboardStart start_dashboard(const Config& config, const Layout& layout) {
    std::error_code ignored;
    std::filesystem::remove(layout.dashboard_down(), ignored);
    if (FileLock::is_held(layout.dashboard_lock())) return DashboardStart::was_running;
    spawn(config, layout);
    return DashboardStart::started;
}

bool heal_dashboard(const Config& config, const Layout& layout) {
    if (is_set_in_this_boot(layout.dashboard_down()) ||
        FileLock::is_held(layout.dashboard_lock())) {
        return false;
    }
    spawn(config, layout);
    return true;
}

bool stop_dashboard(const Layout& layout) {
    const auto record = live_dashboard(layout);
    // Where it can't be written (a full disk), it is ended all the same.
    static_cast<void>(set_in_this_boot(layout.dashboard_down()));
    const auto handle = record ? ProcessHandle::open(record->process) : std::nullopt;
    if (!handle || !handle->ask(Ask::stop)) return false;
    if (!handle->wait_exit(Deadline::after(stop_patience))) {
        throw Error(ErrorKind::refused,
                    fmt::format("the dashboard (PID {}) does not end; what it was asked last is "
                                "still being done",
                                record->process.pid));
    }
    return true;
}

}  // namespace restream
