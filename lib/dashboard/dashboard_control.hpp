// Starting and ending the dashboard, from a command.
#pragma once

#include <string>

#include "config/config.hpp"
#include "dashboard/dashboard_record.hpp"
#include "state/layout.hpp"

namespace restream {

enum class DashboardStart { started, was_running };

/// Starts it in the background, if it does not live, and waits until it listens. Lifts what
/// stop_dashboard set.
/// **Blocks**: at most 10 s. **Throws**: Error{refused} with its own words.
DashboardStart start_dashboard(const Config& config, const Layout& layout);

/// The same, but not where the user ended it in this boot. False where there was nothing to do.
bool heal_dashboard(const Config& config, const Layout& layout);

/// Ends it; it is not healed before somebody starts it, or the next boot. False where none ran.
/// **Blocks**: until it has ended, at most 40 s: what it was asked last is finished.
/// **Throws**: Error{refused} where it does not end.
bool stop_dashboard(const Layout& layout);

}  // namespace restream
