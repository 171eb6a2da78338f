// Running a program to its end, and what it printed.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "system/fd_linux.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

/// Where a child prints. A pipe, which is emptied as it fills; or a file in memory, into which it
/// can print although nobody is left who reads.
class Outlet {
  public:
    enum class Kind { pipe, file };

    explicit Outlet(Kind kind) {
        if (kind == Kind::pipe) {
            Pipe made = make_pipe();
            read_end_ = std::move(made.read_end);
            write_end_ = std::move(made.write_end);
            ::fcntl(number(read_end_), F_SETFL, O_NONBLOCK);
            return;
        }
        file_ = Fd(::memfd_create("output", MFD_CLOEXEC));
        write_end_ = Fd(file_.is_open() ? ::fcntl(number(file_), F_DUPFD_CLOEXEC, 0) : Fd::none);
        if (!write_end_.is_open()) {
            throw Error(ErrorKind::refused, "a file in memory cannot be made",
                        {errno, std::generic_category()});
        }
    }

    /// For the child; closed here when it has been started.
    Fd& write_end() { return write_end_; }
    /// To be polled; -1 where there is nothing to wait for.
    int to_poll() const { return read_end_.is_open() ? number(read_end_) : -1; }

    /// Reads what is there.
    void drain(std::size_t most_bytes) {
        if (!take(::read(number(read_end_), block_, sizeof block_), most_bytes)) read_end_.close();
    }
    /// What is there when the child has ended; not what its own children may print later. Bounded,
    /// for one that floods.
    void drain_rest(std::size_t most_bytes) {
        for (int i = 0; i < most_rounds && read_end_.is_open(); ++i) {
            errno = 0;
            drain(most_bytes);
            if (errno == EAGAIN) return;
        }
        for (off_t at = 0; file_.is_open() && text_.size() < most_bytes;) {
            const ssize_t got = ::pread(number(file_), block_, sizeof block_, at);
            if (got <= 0) return;
            take(got, most_bytes);
            at += got;
        }
    }
    std::string text() && { return std::move(text_); }

  private:
    static constexpr int most_rounds = 32;
    /// False at the end.
    bool take(ssize_t got, std::size_t most_bytes) {
        if (got < 0) return errno == EINTR || errno == EAGAIN;
        if (got == 0) return false;
        const std::size_t room = most_bytes - std::min(text_.size(), most_bytes);
        text_.append(block_, std::min(room, static_cast<std::size_t>(got)));
        return true;
    }

    Fd read_end_;
    Fd file_;
    Fd write_end_;
    std::string text_;
    char block_[4096];
};

}  // namespace

Captured run_captured(SpawnRequest request, const Deadline& deadline,
                      const std::function<bool()>& is_cancelled) {
    constexpr Milliseconds between_questions(50);
    const auto kind = request.outlives_its_starter ? Outlet::Kind::file : Outlet::Kind::pipe;
    Outlet output(kind);
    Outlet error(kind);
    request.output = &output.write_end();
    request.error = &error.write_end();
    request.leads_group = true;
    const std::size_t most = request.longest_output_bytes;
    // Where nobody is left to kill it at the deadline.
    request.dies_with_parent = !request.outlives_its_starter;
    ChildProcess child = ChildProcess::spawn(request);
    output.write_end().close();
    error.write_end().close();
    Captured captured;
    bool has_ended = false;
    while (!has_ended) {
        pollfd entries[] = {{output.to_poll(), POLLIN, 0},
                            {error.to_poll(), POLLIN, 0},
                            {static_cast<int>(child.exit_event().native()), POLLIN, 0}};
        const Milliseconds longest =
            is_cancelled ? std::min(deadline.left(), between_questions) : deadline.left();
        ::poll(entries, 3, static_cast<int>(longest.count()));
        has_ended = entries[2].revents != 0;
        if (entries[0].revents != 0) output.drain(most);
        if (entries[1].revents != 0) error.drain(most);
        if (!has_ended && (deadline.has_passed() || (is_cancelled && is_cancelled()))) {
            captured.timed_out = true;
            child.kill_group();
            child.wait(Deadline::after(std::chrono::seconds(2)));
            break;
        }
    }
    if (request.takes_group_along) child.kill_group();
    output.drain_rest(most);
    error.drain_rest(most);
    captured.output = std::move(output).text();
    captured.error = std::move(error).text();
    captured.status = child.try_wait().value_or(256 + SIGKILL);
    return captured;
}

}  // namespace restream
