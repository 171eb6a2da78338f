// Processes: who they are, how they are started, signalled and waited for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "system/fd.hpp"

namespace restream {

/// A process that cannot be mistaken for a later one of the same PID: a PID alone never identifies
/// one.
struct ProcessId {
    int pid = 0;
    std::uint64_t start_time = 0;  ///< clock ticks since boot
    std::string boot_id;

    bool operator==(const ProcessId&) const = default;
};

ProcessId this_process();
/// Who started this process, if it still lives.
ProcessId parent_process();
/// The process that has this PID now; nothing where there is none, or it has ended (a zombie).
std::optional<ProcessId> identify(int pid);

/// What a process can be asked to do, on every system.
enum class Ask {
    stop,    ///< end in order (SIGTERM)
    nudge,   ///< try now (SIGUSR1)
    reload,  ///< read the configuration again (SIGHUP)
    kill,    ///< end at once (SIGKILL)
};

/// Has this process hear Ask::stop, as if somebody had asked it.
void stop_this_process() noexcept;

/// The name of the program that a process runs, as far as the system keeps it (15 bytes on Linux);
/// empty where it has ended.
std::string program_name(const ProcessId& id);

/// A handle to a running process (a pidfd): what is asked through it can never reach another
/// process, whatever becomes of the PID.
class ProcessHandle {
  public:
    /// Nothing where that very process is gone.
    static std::optional<ProcessHandle> open(const ProcessId& id);

    /// False where it has ended.
    bool ask(Ask what) const;
    /// **Blocks**: until it has ended (true) or the deadline (false).
    bool wait_exit(const Deadline& deadline) const;

  private:
    explicit ProcessHandle(Fd handle) : handle_(std::move(handle)) {}
    Fd handle_;
};

/// How a program is started.
struct SpawnRequest {
    std::filesystem::path program;
    std::vector<std::string> arguments;          ///< without the program itself
    std::vector<std::string> without_variables;  ///< environment variables that are not handed on
    std::vector<std::pair<std::string, std::string>> with_variables;
    std::filesystem::path working_directory;  ///< empty: `/`
    Fd* input = nullptr;                      ///< becomes descriptor 0; nullptr: /dev/null
    Fd* output = nullptr;                     ///< becomes descriptor 1; nullptr: /dev/null
    Fd* error = nullptr;                      ///< becomes descriptor 2; nullptr: /dev/null
    /// Handed on under the numbers 3, 4, …; every other descriptor is closed.
    std::vector<const Fd*> inherited;
    /// A session of its own: lives on when the terminal or the shell goes.
    bool is_detached = false;
    /// A process group of its own, so that all of it can be ended together.
    bool leads_group = false;
    /// Of run_captured: what it left running in its group is killed when it has ended.
    bool takes_group_along = false;
    /// Asked to stop when its parent dies: a second net, never the first.
    bool dies_with_parent = false;
    /// Of run_captured: it goes on, and may print, where who started it is killed.
    bool outlives_its_starter = false;
    /// Of run_captured: what is printed beyond this is left out.
    std::size_t longest_output_bytes = 64 * 1024;
};

/// A child of this process. The destructor reaps it if it has ended, and leaves it alone otherwise.
class ChildProcess {
  public:
    /// **Throws**: Error{refused} where it cannot be started (also where exec fails).
    static ChildProcess spawn(const SpawnRequest& request);

    ChildProcess(ChildProcess&&) noexcept = default;
    ChildProcess& operator=(ChildProcess&&) noexcept = default;
    ~ChildProcess();

    const ProcessId& id() const { return id_; }
    bool ask(Ask what) const;
    /// SIGKILL to its whole group. REQUIRES: leads_group.
    void kill_group() const;

    /// How it ended; nothing while it runs. 0–255: exit status; 256 + n: signal n.
    std::optional<int> try_wait();
    /// **Blocks**: until it has ended or the deadline.
    std::optional<int> wait(const Deadline& deadline);
    /// A descriptor that becomes readable when it has ended.
    const Fd& exit_event() const { return handle_; }

  private:
    ChildProcess(ProcessId id, Fd handle) : id_(std::move(id)), handle_(std::move(handle)) {}
    ProcessId id_;
    Fd handle_;
    std::optional<int> status_;
};

/// What a short-lived program printed and how it ended.
struct Captured {
    int status = 0;  ///< as ChildProcess::try_wait
    bool timed_out = false;
    std::string output;  ///< standard output, at most longest_output_bytes
    std::string error;   ///< standard error, likewise
};

/// Runs a program to its end and captures what it prints. **Blocks**: until it has ended; at the
/// deadline, and soon after `is_cancelled` (asked every 50 ms, if there is one), it is killed with
/// its whole group.
/// **Throws**: Error{refused} where it cannot be started.
Captured run_captured(SpawnRequest request, const Deadline& deadline,
                      const std::function<bool()>& is_cancelled = {});

/// The request that runs `command` by the system's shell.
SpawnRequest shell_request(const std::string& command);

/// Replaces this process by `program` (the dispatcher). Returns only where that fails: the error
/// number. On a system without exec: starts it, waits, exits with its status.
int exec_program(const std::filesystem::path& program, const std::vector<std::string>& arguments);

/// Keeps this process's memory out of core dumps and from debuggers of the same user: for those
/// that hold stream keys.
void forbid_core_dumps() noexcept;

/// No core dump of this process nor of its children, wherever dumps go: configuration and
/// environment hold stream keys. Others may still look at it, as who looks for the holders of a
/// lock does.
void forbid_core_files() noexcept;

/// From now on whoever else wants the processor gets most of it (nice 10).
void give_way() noexcept;

/// Whether the user who runs this could run `program` from PATH; its full path.
std::optional<std::filesystem::path> find_in_path(const std::string& program);

}  // namespace restream
