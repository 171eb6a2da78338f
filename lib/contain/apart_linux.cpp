#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "contain/apart.hpp"
#include "contain/contain.hpp"
#include "system/fd_linux.hpp"

namespace restream {

namespace {

// What the child says begins with one of these.
constexpr char did = '+';
constexpr char failed = '-';

/// From `first` to `last`. **Source**: close_range(2): since Linux 5.9.
void close_between(unsigned first, unsigned last) {
    if (::syscall(SYS_close_range, first, last, 0U) == 0) return;
    const long most = ::sysconf(_SC_OPEN_MAX);
    for (unsigned each = first; each <= last && static_cast<long>(each) < most; ++each) {
        ::close(static_cast<int>(each));
    }
}

void close_all_but(std::vector<int> kept) {
    std::ranges::sort(kept);
    unsigned first = 0;
    for (const int each : kept) {
        const auto next = static_cast<unsigned>(each);
        if (next > first) close_between(first, next - 1);
        first = next + 1;
    }
    close_between(first, ~0U);
}

[[noreturn]] void work_in_child(const Apart& how, const std::function<std::string()>& work,
                                const Fd& answer, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    std::string said(1, failed);
    try {
        std::vector<int> kept = {STDERR_FILENO, number(answer)};
        for (const Fd* each : how.keeps) kept.push_back(number(*each));
        close_all_but(std::move(kept));
        Containment nothing;
        nothing.readable.emplace();
        nothing.writable.emplace();
        nothing.ports.emplace();
        nothing.memory_bytes = how.memory_bytes;
        nothing.processor = how.processor;
        contain(nothing);
        said = did + work();
    } catch (const std::bad_alloc&) {
        said += "it needs too much memory";
    } catch (const std::exception& error) {
        said += error.what();
    }
    write_all(answer, said);
    ::_exit(0);
}

/// A child that is killed and waited for, if it was not before.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (pid_ > 0) end();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Ends it, where it has not ended yet. How it did: what it said of itself before stays.
    int end() {
        ::kill(pid_, SIGKILL);
        return wait();
    }
    Milliseconds processor() const {
        const auto time = [](const timeval& value) {
            return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
        };
        return std::chrono::duration_cast<Milliseconds>(time(used_.ru_utime) +
                                                        time(used_.ru_stime));
    }

  private:
    /// **Blocks**: until it has ended.
    int wait() {
        int status = 0;
        while (::wait4(pid_, &status, 0, &used_) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return status;
    }

    pid_t pid_;
    rusage used_{};
};

[[noreturn]] void fail(const std::string& why) {
    throw Error(ErrorKind::refused, "the decoding process " + why);
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)) {
        return "was ended: it took too long";
    }
    if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
    return fmt::format("ended with status {} and no result", WEXITSTATUS(status));
}

}  // namespace

DoneApart do_apart(const Apart& how, const std::function<std::string()>& work) {
    const Deadline deadline = Deadline::after(how.patience);
    Pipe answer = make_pipe();
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw_system_error("starting a process that decodes", errno);
    if (pid == 0) work_in_child(how, work, answer.write_end, parent);
    Child child(pid);
    answer.write_end.close();
    std::string said;
    for (;;) {
        std::array<char, 16384> block{};
        if (!wait_readable(answer.read_end, deadline)) fail("did not end in time");
        const std::size_t got = read_some(answer.read_end, block);
        if (got == 0) break;
        said.append(block.data(), got);
        if (said.size() > how.longest_result_bytes + 1) fail("returned too much data");
    }
    // Who closed its pipe has ended, or never will by itself.
    const int status = child.end();
    if (said.empty() || status != 0) fail(how_it_ended(status));
    if (said.front() != did) throw Error(ErrorKind::refused, said.substr(1));
    return {said.substr(1), child.processor()};
}

}  // namespace restream
