// keep COMMAND…: runs a command, and ends with it whatever it started, even when keep itself is killed.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock.hpp"
#include "process/descendants.hpp"

namespace {

using namespace restream;
using namespace restream::test;

/// How long a process may outlive the command that started it before it counts as left over.
constexpr Milliseconds grace = std::chrono::seconds(5);

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::_Exit(125);
}

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("keep: pipe");
    return {ends[0], ends[1]};
}

int exit_status(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// A folder for all temporary files of the command, in TMPDIR.
std::string make_temporary_folder() {
    std::string path = (std::filesystem::temp_directory_path() / "restream-keep-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) fail("keep: mkdtemp");
    // A test may run a command as another user, in a folder of that user's.
    if (::chmod(path.c_str(), 0711) != 0) fail("keep: chmod");
    return path;
}

int start(char** command, const std::string& folder, const sigset_t& usual_signals) {
    const int pid = ::fork();
    if (pid < 0) fail("keep: fork");
    if (pid > 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_SETMASK, &usual_signals, nullptr);
    ::setenv("TMPDIR", folder.c_str(), 1);
    ::execvp(command[0], command);
    std::perror(command[0]);
    std::_Exit(127);
}

/// The exit status of the command; 137 where keep was killed before it ended.
int wait_for(int command, int lifeline, int children) {
    for (;;) {
        pollfd watched[2] = {{lifeline, POLLIN, 0}, {children, POLLIN, 0}};
        if (::poll(watched, 2, -1) < 0) continue;
        if (watched[1].revents != 0) {
            signalfd_siginfo ignored;
            (void)!::read(children, &ignored, sizeof ignored);
            int status = 0;
            int pid = 0;
            int ended = -1;
            while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
                if (pid == command) ended = exit_status(status);
            }
            if (ended >= 0) return ended;
        }
        if (watched[0].revents != 0) return 137;
    }
}

/// Every process that lost its parent comes home to this one, so none can hide.
int keep(char** command, int lifeline) {
    adopt_orphans();
    sigset_t signals;
    sigset_t usual_signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &signals, &usual_signals);
    const int children = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (children < 0) fail("keep: signalfd");

    const std::string folder = make_temporary_folder();
    int status = wait_for(start(command, folder, usual_signals), lifeline, children);
    if (status != 137) {
        wait_until(
            Deadline::after(grace),
            [] {
                reap_orphans();
                return living_descendants().empty();
            },
            Milliseconds(20));
        const auto left = living_descendants();
        if (!left.empty()) {
            std::fprintf(stderr, "keep: %s has left processes running:\n%s", command[0],
                         describe(left).c_str());
            if (status == 0) status = 1;
        }
    }
    end_descendants();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return status;
}

int lifeline_of_keeper = -1;

/// The keeper sees the end of its lifeline; main() then waits for it.
void let_go(int) { ::close(lifeline_of_keeper); }

}  // namespace

/// Who kills this process by its tree (a test runner whose time ran out) does not reach the keeper:
/// it is nobody's child, and only watches the pipe from here.
int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("Usage: keep COMMAND [ARGUMENT]...\n", stderr);
        return 2;
    }
    const Pipe lifeline = make_pipe();
    const Pipe result = make_pipe();
    const int between = ::fork();
    if (between < 0) fail("keep: fork");
    if (between == 0) {
        ::setsid();
        ::close(lifeline.write_end);
        ::close(result.read_end);
        if (::fork() != 0) std::_Exit(0);
        const int status = keep(argv + 1, lifeline.read_end);
        (void)!::write(result.write_end, &status, sizeof status);
        std::_Exit(0);
    }
    ::waitpid(between, nullptr, 0);
    ::close(lifeline.read_end);
    ::close(result.write_end);
    lifeline_of_keeper = lifeline.write_end;
    struct sigaction action = {};
    action.sa_handler = let_go;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGHUP, &action, nullptr);

    int status = 125;
    if (::read(result.read_end, &status, sizeof status) != sizeof status) {
        std::fputs("keep: the keeper has died\n", stderr);
        return 125;
    }
    return status;
}
