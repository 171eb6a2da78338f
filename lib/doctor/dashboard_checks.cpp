#include "doctor/dashboard_checks.hpp"

#include <fmt/format.h>

#include "config/key.hpp"
#include "state/dashboard_record.hpp"
#include "state/boot_flag.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

Diagnosis dashboard_finding(Severity severity, std::string message, std::string cause = "",
                            std::string remedy = "") {
    return {{severity, "dashboard", std::move(message), std::move(cause), std::move(remedy)}, {}};
}

}  // namespace

std::vector<Diagnosis> check_dashboard(const Config& config, const Layout& layout) {
    const auto live = live_dashboard(layout);
    if (live) return {dashboard_finding(Severity::ok, fmt::format("it is at {}", live->url))};
    if (FileLock::is_held(layout.dashboard_lock())) {
        return {dashboard_finding(Severity::warning, "it runs, but has no record",
                                  "somebody deleted files of the state folder",
                                  "run 'restream dashboard --stop', and start it again")};
    }
    std::vector<Diagnosis> result;
    if (const auto problem = foresee_dashboard_password_problem(config)) {
        // Its remedy is part of the message.
        result.push_back(dashboard_finding(Severity::warning, "[dashboard] " + problem->message));
    }
    if (config.dashboard.enabled && !is_set_in_this_boot(layout.dashboard_down())) {
        result.push_back(dashboard_finding(Severity::warning, "wanted, but it does not run", "",
                                           "run 'restream dashboard --background': it says why "
                                           "where it cannot be started"));
    }
    return result;
}

}  // namespace restream
