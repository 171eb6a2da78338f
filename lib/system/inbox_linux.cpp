#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.hpp"
#include "system/inbox.hpp"

namespace restream {

namespace {

int number(const Fd* fd) { return fd == nullptr ? -1 : static_cast<int>(fd->native()); }

std::optional<Inbox::What> next_signal(const Fd& signals) {
    signalfd_siginfo info{};
    if (::read(number(&signals), &info, sizeof info) != sizeof info) return std::nullopt;
    switch (info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            return Inbox::What::stop;
        case SIGUSR1:
            return Inbox::What::nudge;
        case SIGHUP:
            return Inbox::What::reload;
        default:
            return std::nullopt;
    }
}

}  // namespace

Inbox::Inbox() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int each : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) ::sigaddset(&wanted, each);
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.is_open()) throw_system_error("opening the signal inbox", errno);
}

Inbox::What Inbox::wait(const Deadline& deadline, const ChildProcess* child, const Fd* line) {
    for (;;) {
        pollfd entries[] = {{number(&signals_), POLLIN, 0},
                            {number(child == nullptr ? nullptr : &child->exit_event()), POLLIN, 0},
                            {number(line), POLLIN, 0}};
        const int ready = ::poll(entries, 3, static_cast<int>(deadline.left().count()));
        if (ready < 0 && errno != EINTR) throw_system_error("waiting for signals", errno);
        if (ready > 0) {
            if (entries[0].revents != 0) {
                if (const auto what = next_signal(signals_)) return *what;
            }
            if (entries[1].revents != 0) return What::child_ended;
            if (entries[2].revents != 0) return What::line_changed;
        } else if (deadline.has_passed()) {
            return What::timeout;
        }
    }
}

}  // namespace restream
