#include "dashboard/dashboard_control.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "state/boot_flag.hpp"
#include "state/command_lock.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

constexpr std::string_view verb = "dashboard";
constexpr auto stop_patience = std::chrono::seconds(40);

bool is_ended(const Layout& layout) { return is_set_in_this_boot(layout.dashboard_down()); }

/// One that has its lock tells in a moment where it listens, or lets go of it.
std::optional<DashboardRecord> await_record(const Layout& layout, const Deadline& deadline) {
    std::optional<DashboardRecord> record;
    wait_until(deadline, [&] {
        record = live_dashboard(layout);
        return record || !FileLock::is_held(layout.dashboard_lock());
    });
    return record;
}

/// One that runs and whose record was deleted: its PID stands in its lock file, for as long as it
/// holds the lock. The system keeps 15 characters of a program's name.
std::optional<ProcessId> holder_of_lock(const Layout& layout) {
    if (!FileLock::is_held(layout.dashboard_lock())) return std::nullopt;
    const std::string note = try_read_file(layout.dashboard_lock(), 4096).value_or("");
    int pid = 0;
    std::from_chars(note.data(), note.data() + note.size(), pid);
    auto process = pid > 0 ? identify(pid) : std::nullopt;
    if (!process || !program_name(*process).starts_with("restream-dashbo")) return std::nullopt;
    return process;
}

}  // namespace

void DashboardStart::spawn(const Config& config) {
    if (FileLock::is_held(layout_.dashboard_lock())) return;
    Pipe line = make_pipe();
    SpawnRequest request;
    request.program = program_directory() / "restream-dashboard";
    request.inherited = {&line.write_end};
    request.is_detached = true;
    // It keeps the variables with keys: the commands that it starts need them.
    request.with_variables = folder_variables(config.directory, layout_.root());
    const ChildProcess child = ChildProcess::spawn(request);
    report_ = std::move(line.read_end);
}

DashboardStart DashboardStart::begin(const Config& config, const Layout& layout) {
    DashboardStart start(layout);
    make_private_directory(layout.run_directory());
    const CommandLock lock(layout, verb);
    lift_dashboard_end(layout);
    start.spawn(config);
    return start;
}

DashboardStart::Running DashboardStart::wait() const {
    const auto problem = report_ ? await_start_report(*report_, deadline_) : std::nullopt;
    // Where two are started at once, one of them is the dashboard, and the other says so.
    const auto record = await_record(layout_, deadline_);
    if (record) return {report_ && !problem, *record};
    throw Error(ErrorKind::refused,
                "starting the dashboard: " + problem.value_or("the one that ran has just ended"));
}

bool heal_dashboard(const Config& config, const Layout& layout) {
    const auto is_alive = [&] { return FileLock::is_held(layout.dashboard_lock()); };
    // Where all is well no lock is taken: this is asked every few seconds.
    if (is_ended(layout) || is_alive()) return false;
    DashboardStart start(layout);
    {
        make_private_directory(layout.run_directory());
        const CommandLock lock(layout, verb);
        if (is_ended(layout)) return false;
        start.spawn(config);
    }
    return start.wait().is_new;
}

namespace {

/// One that has noted its PID in its lock writes its record at once; before that, it is starting.
Deadline patience_with_record(const Layout& layout) {
    const bool is_up = holder_of_lock(layout).has_value();
    return Deadline::after(std::chrono::seconds(is_up ? 1 : 10));
}

}  // namespace

bool stop_dashboard(const Layout& layout) {
    {
        make_private_directory(layout.run_directory());
        const CommandLock lock(layout, verb);
        // Where it can't be written (a full disk), it is ended all the same.
        static_cast<void>(set_in_this_boot(layout.dashboard_down()));
    }
    const auto record = await_record(layout, patience_with_record(layout));
    const auto process = record ? std::optional(record->process) : holder_of_lock(layout);
    if (!process) return false;
    const auto handle = ProcessHandle::open(*process);
    if (!handle || !handle->ask(Ask::stop)) return false;
    if (!handle->wait_exit(Deadline::after(stop_patience))) {
        throw Error(ErrorKind::refused,
                    fmt::format("the dashboard (PID {}) does not end; what it was asked last is "
                                "still being done",
                                process->pid));
    }
    return true;
}

void require_not_ended(const Layout& layout) {
    if (is_ended(layout)) throw Error(ErrorKind::refused, "it was ended meanwhile");
}

void lift_dashboard_end(const Layout& layout) {
    std::error_code ignored;
    std::filesystem::remove(layout.dashboard_down(), ignored);
}

}  // namespace restream
