#include "doctor/dashboard_checks.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"
#include "config/url.hpp"
#include "doctor/found.hpp"
#include "net/tls_identity.hpp"
#include "state/boot_flag.hpp"
#include "state/dashboard_record.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

/// A browser accepts it to its last second; who renews it needs some days.
constexpr auto soon = std::chrono::days(14);

std::optional<Diagnosis> check_certificate(const DashboardConfig& dashboard, Severity severity) {
    if (!dashboard.has_tls()) return std::nullopt;
    try {
        const TlsIdentity identity({dashboard.certificate, dashboard.key});
        if (identity.left() > soon) return std::nullopt;
        const auto days = std::chrono::duration_cast<std::chrono::days>(identity.left());
        return found(Severity::warning, "dashboard_certificate_ends",
                     dashboard.certificate.string(), days.count());
    } catch (const Error& error) {
        // Its remedy is part of the message.
        return found(severity, "dashboard_certificate_unusable", error.what());
    }
}

std::optional<Diagnosis> check_encryption(const std::string& host, bool has_tls) {
    if (has_tls || host.empty() || is_loopback(host)) return std::nullopt;
    return found(Severity::warning, "dashboard_unencrypted", host);
}

void add(std::vector<Diagnosis>& all, std::optional<Diagnosis> one) {
    if (one) all.push_back(std::move(*one));
}

}  // namespace

std::vector<Diagnosis> check_dashboard(const Config& config, const Layout& layout) {
    const auto live = live_dashboard(layout);
    std::vector<Diagnosis> result;
    if (live) {
        result.push_back(found(Severity::ok, "dashboard_runs", live->url));
        add(result, check_encryption(live->listen, live->url.starts_with("https:")));
        add(result, check_certificate(config.dashboard, Severity::warning));
        return result;
    }
    if (FileLock::is_held(layout.dashboard_lock())) {
        return {found(Severity::warning, "dashboard_without_record")};
    }
    if (const auto problem = foresee_dashboard_password_problem(config)) {
        // Its remedy is part of the message.
        result.push_back(found(Severity::warning, "dashboard_password_unusable", problem->message));
    }
    add(result, check_encryption(config.dashboard.listen_host, config.dashboard.has_tls()));
    const bool is_wanted =
        config.dashboard.enabled && !is_set_in_this_boot(layout.dashboard_down());
    add(result,
        check_certificate(config.dashboard, is_wanted ? Severity::failure : Severity::warning));
    if (is_wanted) result.push_back(found(Severity::warning, "dashboard_down"));
    return result;
}

}  // namespace restream
