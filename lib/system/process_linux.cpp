#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/error.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

int signal_number(Ask what) {
    switch (what) {
        case Ask::stop:
            return SIGTERM;
        case Ask::nudge:
            return SIGUSR1;
        case Ask::reload:
            return SIGHUP;
        case Ask::kill:
            return SIGKILL;
    }
    return SIGTERM;
}

// glibc 2.36 has pidfd_open() and pidfd_send_signal(), older ones do not: the system calls are
// older.
int pidfd_open(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

bool pidfd_signal(const Fd& handle, int number) {
    return ::syscall(SYS_pidfd_send_signal, static_cast<int>(handle.native()), number, nullptr,
                     0) == 0;
}

std::string read_boot_id() {
    std::string id = try_read_file("/proc/sys/kernel/random/boot_id", 64).value_or("");
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
}

/// Read once: no process lives through a boot.
const std::string& boot_id() {
    static const std::string id = read_boot_id();
    return id;
}

}  // namespace

std::optional<ProcessId> identify(int pid) {
    const auto stat = try_read_file(fs::path("/proc") / std::to_string(pid) / "stat", 4096);
    if (!stat) return std::nullopt;
    // The command name is in brackets and may hold anything, also brackets: count from the last
    // one.
    const auto name_end = stat->rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= stat->size()) return std::nullopt;
    const char state = (*stat)[name_end + 2];
    if (state == 'Z' || state == 'X') return std::nullopt;
    std::size_t at = name_end + 2;
    constexpr int fields_to_start_time = 19;  // from field 3 (state) to field 22; proc(5)
    for (int i = 0; i < fields_to_start_time; ++i) {
        at = stat->find(' ', at);
        if (at == std::string::npos) return std::nullopt;
        ++at;
    }
    ProcessId id{pid, 0, boot_id()};
    const auto [stop, error] =
        std::from_chars(stat->data() + at, stat->data() + stat->size(), id.start_time);
    if (error != std::errc()) return std::nullopt;
    return id;
}

ProcessId this_process() {
    auto id = identify(::getpid());
    if (!id) throw Error(ErrorKind::refused, "/proc is not readable; restream needs it mounted");
    return *id;
}

std::string program_name(const ProcessId& id) {
    auto name = try_read_file(fs::path("/proc") / std::to_string(id.pid) / "comm", 64).value_or("");
    while (!name.empty() && name.back() == '\n') name.pop_back();
    return identify(id.pid) == id ? name : std::string();
}

ProcessId parent_process() { return identify(::getppid()).value_or(ProcessId{}); }

std::optional<ProcessHandle> ProcessHandle::open(const ProcessId& id) {
    if (id.pid <= 0) return std::nullopt;
    Fd handle(pidfd_open(id.pid));
    if (!handle.is_open()) return std::nullopt;
    // Asked after opening: from here on the handle and the answer are about the same process.
    if (identify(id.pid) != id) return std::nullopt;
    return ProcessHandle(std::move(handle));
}

bool ProcessHandle::ask(Ask what) const { return pidfd_signal(handle_, signal_number(what)); }

bool ProcessHandle::wait_exit(const Deadline& deadline) const {
    return wait_readable(handle_, deadline);
}

namespace {

/// Everything the child needs, made before fork: between fork and exec nothing may allocate.
struct Prepared {
    std::string program;
    std::string directory;
    std::vector<std::string> argument_texts;
    std::vector<std::string> variable_texts;
    std::vector<char*> arguments;
    std::vector<char*> variables;
    std::vector<int> descriptors;  ///< what becomes 0, 1, 2, 3 …; -1: /dev/null
    bool is_detached = false;
    bool leads_group = false;
    bool dies_with_parent = false;
    int parent = 0;
};

std::string_view variable_name(std::string_view entry) { return entry.substr(0, entry.find('=')); }

Prepared prepare(const SpawnRequest& request) {
    Prepared made;
    made.program = request.program.string();
    made.directory = request.working_directory.empty() ? "/" : request.working_directory.string();
    made.argument_texts.push_back(request.program.filename().string());
    for (const auto& text : request.arguments) made.argument_texts.push_back(text);
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const auto name = variable_name(*entry);
        const auto is_name = [&](const std::string& each) { return each == name; };
        const auto is_set = [&](const auto& each) { return each.first == name; };
        if (std::ranges::any_of(request.without_variables, is_name)) continue;
        if (std::ranges::any_of(request.with_variables, is_set)) continue;
        made.variable_texts.emplace_back(*entry);
    }
    for (const auto& [name, value] : request.with_variables) {
        made.variable_texts.push_back(name + "=" + value);
    }
    for (auto& text : made.argument_texts) made.arguments.push_back(text.data());
    for (auto& text : made.variable_texts) made.variables.push_back(text.data());
    made.arguments.push_back(nullptr);
    made.variables.push_back(nullptr);
    for (const Fd* each : {request.input, request.output, request.error}) {
        made.descriptors.push_back(each == nullptr ? -1 : static_cast<int>(each->native()));
    }
    for (const Fd* each : request.inherited) {
        made.descriptors.push_back(static_cast<int>(each->native()));
    }
    made.is_detached = request.is_detached;
    made.leads_group = request.leads_group;
    made.dies_with_parent = request.dies_with_parent;
    made.parent = ::getpid();
    return made;
}

/// In the child: puts the descriptors at 0, 1, 2, 3 … and closes all others but `report`, which
/// moves. Returns the new number of `report`, or -1.
int arrange_descriptors(Prepared& made, int report) {
    const int count = static_cast<int>(made.descriptors.size());
    const int first_free = count + 1;
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return -1;
    // First all out of the way, then each to its place: no dup2 can hit one that is still needed.
    for (int& each : made.descriptors) {
        each = ::fcntl(each < 0 ? null : each, F_DUPFD_CLOEXEC, first_free);
        if (each < 0) return -1;
    }
    const int moved_report = ::fcntl(report, F_DUPFD_CLOEXEC, first_free);
    if (moved_report < 0) return -1;
    for (int i = 0; i < count; ++i) {
        if (::dup2(made.descriptors[static_cast<std::size_t>(i)], i) < 0) return -1;
    }
    if (::dup2(moved_report, count) < 0) return -1;
    ::fcntl(count, F_SETFD, FD_CLOEXEC);
    ::syscall(SYS_close_range, unsigned(count + 1), ~0u, 0u);
    return count;
}

[[noreturn]] void become(Prepared& made, int report) {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (const int number : {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGCHLD}) {
        ::sigaction(number, &standard, nullptr);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (made.is_detached)
        ::setsid();
    else if (made.leads_group)
        ::setpgid(0, 0);
    const int moved_report = arrange_descriptors(made, report);
    int failure = errno;
    if (moved_report >= 0) {
        report = moved_report;
        if (made.dies_with_parent) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != made.parent) ::_exit(0);  // it died before we asked to be told
        }
        if (::chdir(made.directory.c_str()) == 0) {
            ::execve(made.program.c_str(), made.arguments.data(), made.variables.data());
        }
        failure = errno;
    }
    [[maybe_unused]] const auto written = ::write(report, &failure, sizeof failure);
    ::_exit(127);
}

int to_status(const siginfo_t& info) {
    return info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
}

}  // namespace

ChildProcess ChildProcess::spawn(const SpawnRequest& request) {
    Prepared made = prepare(request);
    Pipe report = make_pipe();
    const int pid = ::fork();
    if (pid < 0) throw_system_error("starting " + made.program, errno);
    if (pid == 0) become(made, static_cast<int>(report.write_end.native()));
    // Our child, not reaped yet: its PID cannot be anybody else's.
    Fd handle(pidfd_open(pid));
    report.write_end.close();
    int failure = 0;
    const bool has_failed = read_some(report.read_end, {reinterpret_cast<char*>(&failure),
                                                        sizeof failure}) == sizeof failure;
    if (has_failed || !handle.is_open()) {
        if (!handle.is_open()) failure = EMFILE;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        throw_system_error("starting " + made.program, failure);
    }
    return {identify(pid).value_or(ProcessId{pid, 0, {}}), std::move(handle)};
}

ChildProcess::~ChildProcess() {
    if (handle_.is_open()) try_wait();
}

bool ChildProcess::ask(Ask what) const { return pidfd_signal(handle_, signal_number(what)); }

void ChildProcess::kill_group() const {
    // The leader may be a zombie: as long as it is not reaped, its group cannot be anybody else's.
    if (!status_) ::kill(-id_.pid, SIGKILL);
}

std::optional<int> ChildProcess::try_wait() {
    if (status_) return status_;
    siginfo_t info{};
    const int failed =
        ::waitid(P_PIDFD, static_cast<id_t>(handle_.native()), &info, WEXITED | WNOHANG);
    if (failed == 0 && info.si_pid != 0) status_ = to_status(info);
    return status_;
}

std::optional<int> ChildProcess::wait(const Deadline& deadline) {
    if (!status_ && wait_readable(handle_, deadline)) return try_wait();
    return try_wait();
}

SpawnRequest shell_request(const std::string& command) {
    SpawnRequest request;
    request.program = "/bin/sh";
    request.arguments = {"-c", command};
    return request;
}

int exec_program(const fs::path& program, const std::vector<std::string>& arguments) {
    std::vector<std::string> texts = {program.string()};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    ::execv(program.c_str(), pointers.data());
    return errno;
}

void stop_this_process() noexcept { ::kill(::getpid(), signal_number(Ask::stop)); }

void forbid_core_dumps() noexcept {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // The limit does not hold where core_pattern is a pipe; this does.
    ::prctl(PR_SET_DUMPABLE, 0);
}

void forbid_core_files() noexcept {
    // Shorter than any dump; and 1, other than 0, also keeps the kernel from piping one to a
    // handler, core(5).
    const rlimit least{1, 1};
    ::setrlimit(RLIMIT_CORE, &least);
}

void give_way() noexcept { ::setpriority(PRIO_PROCESS, 0, 10); }

std::optional<fs::path> find_in_path(const std::string& program) {
    const std::string path = environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        const fs::path candidate = fs::path(path.substr(at, end - at)) / program;
        std::error_code error;
        if (candidate.is_absolute() && fs::is_regular_file(candidate, error) &&
            ::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace restream
