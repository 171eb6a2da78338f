// The loop of a small parent that keeps one child alive under a lock.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "state/lock.hpp"
#include "system/fd.hpp"
#include "system/inbox.hpp"
#include "system/process.hpp"

namespace restream {

/// What a guardian guards: how its child is started and ended, and what is told about it.
class Guarded {
  public:
    virtual ~Guarded() = default;

    /// Starts the child, which inherits the lock, and nothing else of its parent but `lifeline`: a
    /// pipe that ends when the guardian does, whatever ends it. A byte on it is a nudge.
    /// **Throws**: Error where it cannot be started: counts as a crash.
    virtual ChildProcess start(const FileLock& lock, const Fd& lifeline) = 0;
    /// Told after it was started.
    virtual void started(const ProcessId& child, std::uint32_t restarts) = 0;
    /// Whether a child that ended with this status asks for another in its place: no crash, and it
    /// is started again at once.
    virtual bool is_handover(int) const { return false; }
    /// Told after it has crashed; `wait` is how long until it is started again.
    virtual void crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) = 0;
    /// Asks the child to end in order. Its lifeline has been closed already.
    virtual void ask_stop(const ChildProcess& child) = 0;
    /// How long it may take to end before it is killed.
    virtual Milliseconds goodbye() const = 0;
    /// What becomes of the child after a new look at the configuration.
    enum class AfterReload {
        child_stays,
        child_is_replaced,  ///< it is ended in order, and started anew
    };
    /// `restream` wants a new look at the configuration. `child`: nullptr while there is none; then
    /// one is started afterwards, whatever wait was left.
    virtual AfterReload reload(const ChildProcess*) { return AfterReload::child_stays; }
    /// Called again and again, at least twice a second while there is a child: for upkeep that
    /// takes no time.
    virtual void look_after() {}
    /// Told at the end, when the child is gone and before the lock is free; not where another
    /// process has taken over.
    virtual void stopped() = 0;
};

/// When a crashed child is started again: at once, but with a growing wait where the last three
/// lived for less than 10 s in all. What was waited between them counts for nothing.
class CrashGovernor {
  public:
    /// The wait before the next start, after the crash of one that had lived for so long.
    Milliseconds after_crash(Milliseconds lived);

  private:
    std::array<Milliseconds, 3> lives_ = {};
    std::size_t crashes_ = 0;
    Milliseconds wait_{0};
};

/// Guards until asked to stop. Restarts the child when it ends by itself; never once it was asked
/// to stop. Watches that its lock stays in place: where the file was deleted or replaced it takes
/// it anew; where another process holds the new one, that one has taken over, and it ends.
/// **Blocks**: until then.
void guard(FileLock lock, Guarded& guarded, Inbox& inbox);

/// How long a new guardian waits for its predecessor to let go of the lock.
constexpr Milliseconds patience_with_predecessor = std::chrono::seconds(6);

/// How a guardian tells its starter what came of it: "ready" when it holds its lock and has
/// published its first record, else why not. Where it was started by hand, nobody is told.
class StartReport {
  public:
    StartReport();
    /// Whether somebody who started it in the background waits for what it tells.
    bool is_awaited() const { return line_.is_open(); }
    void ready() noexcept;
    void failed(std::string_view why) noexcept;

  private:
    Fd line_;
};

/// Reads what a StartReport tells. Nothing: ready. **Blocks**: until told, the process is gone, or
/// deadline.
std::optional<std::string> await_start_report(const Fd& line, const Deadline& deadline);

}  // namespace restream
