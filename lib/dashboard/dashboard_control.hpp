// Starting and ending the dashboard, from a command.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "state/dashboard_record.hpp"
#include "state/layout.hpp"
#include "system/fd.hpp"

namespace restream {

/// A start of the dashboard that was begun: it takes milliseconds to begin one, and what else is to
/// be started need not wait for the rest.
class DashboardStart {
  public:
    /// Starts it in the background, if it does not live. Lifts what stop_dashboard set.
    /// **Throws**: Error{busy} where another command is at work; Error{refused}.
    static DashboardStart begin(const Config& config, const Layout& layout);

    struct Running {
        bool is_new = false;  ///< it was started by this
        DashboardRecord record;
    };
    /// **Blocks**: until it listens, at most 10 s. **Throws**: Error{refused} with its own words.
    Running wait() const;

  private:
    friend bool heal_dashboard(const Config& config, const Layout& layout);
    explicit DashboardStart(const Layout& layout) : layout_(layout) {}
    void spawn(const Config& config);

    Layout layout_;
    std::optional<Fd> report_;  ///< nothing where one lives
    Deadline deadline_ = Deadline::after(std::chrono::seconds(10));
};

/// Starts it in the background where it died; not where the user ended it in this boot. False where
/// there was nothing to do. **Blocks** and **throws** as DashboardStart.
bool heal_dashboard(const Config& config, const Layout& layout);

/// Ends it; it is not healed before somebody starts it, or the next boot. False where none ran.
/// **Blocks**: until it has ended, at most 50 s: what it was asked last is finished.
/// **Throws**: Error{refused} where it does not end; Error{busy}.
bool stop_dashboard(const Layout& layout);

/// Called by a dashboard that holds its lock.
/// **Throws**: Error{refused} where the user ended it since its start was begun.
void require_not_ended(const Layout& layout);
/// Called by a dashboard that was started by hand, before it takes its lock.
void lift_dashboard_end(const Layout& layout);

}  // namespace restream
