#include "state/guardian.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

/// How soon a deleted lock file is noticed.
constexpr Milliseconds lock_check_interval(500);

std::string describe_status(int status) {
    return status < 256 ? fmt::format("exit status {}", status)
                        : fmt::format("signal {}", status - 256);
}

/// Puts the lock back in place. False where another process holds the new file.
bool keep_in_place(FileLock& lock) {
    if (lock.is_in_place()) return true;
    try {
        make_private_directory(lock.path().parent_path());
        auto again = FileLock::try_acquire(lock.path());
        if (!again) return false;
        // A worker holds only the old file. It is ours and ends with us, so this lock alone says
        // enough.
        lock = std::move(*again);
    } catch (const Error&) {
        // The folder cannot be made now (a full disk, say): looked at again at the next turn.
    }
    return true;
}

class Loop {
  public:
    Loop(FileLock& lock, Guarded& guarded, Inbox& inbox)
        : lock_(lock), guarded_(guarded), inbox_(inbox) {}

    void run() {
        while (!is_stopping_) {
            start();
            watch();
            if (!is_stopping_) wait_before_restart();
        }
        end_child();
    }

  private:
    void start() {
        started_at_ = SteadyClock::now();
        try {
            Pipe line = make_pipe();
            child_ = guarded_.start(lock_, line.read_end);
            lifeline_ = std::move(line.write_end);
            guarded_.started(child_->id(), restarts_);
        } catch (const Error& error) {
            child_.reset();
            note_crash(error.what());
        }
    }

    /// Until the child has ended, or a stop.
    void watch() {
        while (child_ && !is_stopping_) {
            if (handle(inbox_.wait(Deadline::after(lock_check_interval), &*child_)) ==
                Inbox::What::child_ended) {
                const auto status = child_->try_wait();
                if (!status) continue;
                child_.reset();
                if (guarded_.is_handover(*status))
                    wait_ = handovers_.after_crash(lived());  // two that disagree: slowly
                else
                    note_crash(describe_status(*status));
            }
        }
    }

    void wait_before_restart() {
        const Deadline deadline = Deadline::after(wait_);
        while (!is_stopping_ && !deadline.has_passed()) {
            const Deadline turn(std::min(deadline.at(), SteadyClock::now() + lock_check_interval));
            const auto what = handle(inbox_.wait(turn));
            if (what == Inbox::What::nudge || what == Inbox::What::reload) return;
        }
    }

    Inbox::What handle(Inbox::What what) {
        if (what == Inbox::What::stop) is_stopping_ = true;
        if (what == Inbox::What::nudge && child_) write_all(lifeline_, "n");
        if (what == Inbox::What::reload) reload();
        if (!keep_in_place(lock_)) is_stopping_ = true;
        if (child_ && !is_stopping_) guarded_.look_after();
        return what;
    }

    void reload() {
        const auto then = guarded_.reload(child_ ? &*child_ : nullptr);
        if (then == Guarded::AfterReload::child_stays || !child_) return;
        end_child();
        child_.reset();
        start();
    }

    Milliseconds lived() const {
        return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - started_at_);
    }

    void note_crash(const std::string& how) {
        wait_ = governor_.after_crash(lived());
        ++restarts_;
        guarded_.crashed(how, restarts_, wait_);
    }

    void end_child() {
        if (!child_) return;
        lifeline_.close();
        guarded_.ask_stop(*child_);
        if (!child_->wait(Deadline::after(guarded_.goodbye()))) {
            child_->ask(Ask::kill);
            child_->wait(Deadline::after(std::chrono::seconds(2)));
        }
    }

    FileLock& lock_;
    Guarded& guarded_;
    Inbox& inbox_;
    std::optional<ChildProcess> child_;
    Fd lifeline_;
    CrashGovernor governor_;
    CrashGovernor handovers_;
    Milliseconds wait_{0};
    SteadyTime started_at_{};
    std::uint32_t restarts_ = 0;
    bool is_stopping_ = false;
};

}  // namespace

Milliseconds CrashGovernor::after_crash(Milliseconds lived) {
    constexpr Milliseconds healthy = std::chrono::seconds(10);
    constexpr Milliseconds longest = std::chrono::seconds(30);
    lives_[crashes_ % lives_.size()] = lived;
    ++crashes_;
    const auto all = std::accumulate(lives_.begin(), lives_.end(), Milliseconds(0));
    const bool are_many = crashes_ >= lives_.size() && all < healthy;
    if (!are_many)
        wait_ = Milliseconds(0);
    else
        wait_ = std::min(longest, std::max(Milliseconds(1000), wait_ * 2));
    return wait_;
}

StartReport::StartReport() : line_(inherited_descriptor(0)) {}

void StartReport::ready() noexcept {
    if (line_.is_open()) write_all(line_, "ready\n");
    line_.close();
}

void StartReport::failed(std::string_view why) noexcept {
    if (line_.is_open()) write_all(line_, why);
    line_.close();
}

std::optional<std::string> await_start_report(const Fd& line, const Deadline& deadline) {
    std::string told;
    char block[512];
    while (told.size() < 4096) {
        if (!wait_readable(line, deadline)) return "it did not start in time";
        const std::size_t got = read_some(line, block);
        if (got == 0) break;
        told.append(block, got);
        if (told == "ready\n") return std::nullopt;
    }
    while (!told.empty() && told.back() == '\n') told.pop_back();
    return told.empty() ? "it ended while it started" : told;
}

void guard(FileLock lock, Guarded& guarded, Inbox& inbox) {
    Loop(lock, guarded, inbox).run();
    // The files are those of whoever has taken over.
    if (lock.is_in_place()) guarded.stopped();
    // Free when this process is gone, not when it is about to go: who waits for the lock counts on
    // it.
    lock.keep_to_the_end();
}

}  // namespace restream
