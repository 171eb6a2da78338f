#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>

#include "base/error.hpp"
#include "system/fd.hpp"

namespace restream {

void Fd::close() noexcept {
    if (native_ != none) ::close(static_cast<int>(native_));
    native_ = none;
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_system_error("making a pipe", errno);
    return {Fd(ends[0]), Fd(ends[1])};
}

namespace {

/// SIGPIPE is blocked for one write and, if the write raised it, taken back.
class WithoutSigpipe {
  public:
    WithoutSigpipe() {
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~WithoutSigpipe() {
        const int saved = errno;
        if (!was_pending_) {
            const timespec at_once{0, 0};
            while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = saved;
    }
    WithoutSigpipe(const WithoutSigpipe&) = delete;
    WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace

bool write_all(const Fd& fd, std::string_view bytes) noexcept {
    const WithoutSigpipe guard;
    while (!bytes.empty()) {
        const ssize_t written = ::write(static_cast<int>(fd.native()), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool wait_readable(const Fd& fd, const Deadline& deadline) noexcept {
    return wait_any_readable({&fd}, deadline);
}

bool wait_any_readable(std::initializer_list<const Fd*> fds, const Deadline& deadline) noexcept {
    return wait_any_readable(std::span(fds.begin(), fds.size()), deadline);
}

bool has_reader(const Fd& write_end) noexcept {
    pollfd entry{static_cast<int>(write_end.native()), 0, 0};
    return ::poll(&entry, 1, 0) == 0;  // POLLERR is told unasked
}

bool wait_any_readable(std::span<const Fd* const> fds, const Deadline& deadline) noexcept {
    std::array<pollfd, 8> entries{};
    assert(fds.size() <= entries.size());
    std::ranges::transform(fds, entries.begin(), [](const Fd* fd) {
        return pollfd{static_cast<int>(fd->native()), POLLIN, 0};
    });
    for (;;) {
        const int ready =
            ::poll(entries.data(), fds.size(), static_cast<int>(deadline.left().count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
        if (deadline.has_passed()) return false;
    }
}

Fd inherited_descriptor(std::size_t index) noexcept {
    const int number = 3 + static_cast<int>(index);
    if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) return Fd();
    return Fd(number);
}

std::size_t read_some(const Fd& fd, std::span<char> into) noexcept {
    for (;;) {
        const ssize_t got = ::read(static_cast<int>(fd.native()), into.data(), into.size());
        if (got < 0 && errno == EINTR) continue;
        return got < 0 ? 0 : static_cast<std::size_t>(got);
    }
}

}  // namespace restream
