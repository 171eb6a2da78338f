#include "doctor/system_checks.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "config/platform.hpp"
#include "doctor/found.hpp"

namespace restream {

namespace {

/// Platforms move their ingests about once a year. Source: the history of OBS's services.json.
constexpr auto old_presets = std::chrono::hours(24) * 365;

}  // namespace

std::vector<Diagnosis> check_ffmpeg(const AvFeatures& features) {
    std::vector<Diagnosis> result;
    result.push_back(
        features.missing.empty()
            ? found(Severity::ok, "ffmpeg_complete", features.version)
            : found(Severity::failure, "ffmpeg_incomplete", features.version, features.missing));
    if (!features.has_srt) result.push_back(found(Severity::warning, "ffmpeg_without_srt"));
    return result;
}

Diagnosis check_presets(std::string_view date, WallTime now) {
    const auto made = from_iso8601(std::string(date) + "T00:00:00Z");
    if (!made) return found(Severity::warning, "presets_undated");
    const auto days = std::chrono::duration_cast<std::chrono::hours>(now - *made).count() / 24;
    if (now - *made < old_presets) return found(Severity::ok, "presets_new", date);
    return found(Severity::warning, "presets_old", days);
}

Diagnosis check_services(const std::filesystem::path& share, WallTime now) {
    try {
        return check_presets(load_platforms(share).date, now);
    } catch (const Error& error) {
        return found(Severity::failure, "presets_unreadable", error.what());
    }
}

Diagnosis check_containment(const Contained& here) {
    const std::string landlock =
        here.landlock > 0 ? fmt::format("Landlock {}", here.landlock) : "no Landlock";
    if (here.has_no_new_privileges && here.has_filter && here.has_limits) {
        return found(Severity::ok, "media_contained", "no_new_privs, seccomp, limits, " + landlock);
    }
    std::string missing;
    for (const auto& [is_there, name] : {std::pair(here.has_no_new_privileges, "no_new_privs"),
                                         {here.has_filter, "seccomp"},
                                         {here.has_limits, "limits"}}) {
        if (!is_there) missing += fmt::format("no {}, ", name);
    }
    return found(Severity::warning, "media_uncontained", missing + landlock);
}

std::optional<Diagnosis> check_logout(const std::optional<std::string>& user) {
    if (!user) return std::nullopt;
    return found(Severity::warning, "relays_end_at_logout", *user);
}

}  // namespace restream
