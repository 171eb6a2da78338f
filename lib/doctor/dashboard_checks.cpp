#include "doctor/dashboard_checks.hpp"

#include "config/key.hpp"
#include "doctor/found.hpp"
#include "state/boot_flag.hpp"
#include "state/dashboard_record.hpp"
#include "state/lock.hpp"

namespace restream {

std::vector<Diagnosis> check_dashboard(const Config& config, const Layout& layout) {
    const auto live = live_dashboard(layout);
    if (live) return {found(Severity::ok, "dashboard_runs", live->url)};
    if (FileLock::is_held(layout.dashboard_lock())) {
        return {found(Severity::warning, "dashboard_without_record")};
    }
    std::vector<Diagnosis> result;
    if (const auto problem = foresee_dashboard_password_problem(config)) {
        // Its remedy is part of the message.
        result.push_back(found(Severity::warning, "dashboard_password_unusable", problem->message));
    }
    if (config.dashboard.enabled && !is_set_in_this_boot(layout.dashboard_down())) {
        result.push_back(found(Severity::warning, "dashboard_down"));
    }
    return result;
}

}  // namespace restream
