#include "doctor/system_checks.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/service.hpp"

namespace restream {

namespace {

/// Platforms move their ingests about once a year. Source: the history of OBS's services.json.
constexpr auto old_presets = std::chrono::hours(24) * 365;

Diagnosis said(Severity severity, std::string message, std::string cause = "",
               std::string remedy = "") {
    return {{severity, "system", std::move(message), std::move(cause), std::move(remedy)}, {}};
}

}  // namespace

std::vector<Diagnosis> check_ffmpeg(const AvFeatures& features) {
    const std::vector<std::string>& missing = features.missing;
    std::vector<Diagnosis> result;
    if (missing.empty()) {
        result.push_back(said(Severity::ok, fmt::format("FFmpeg {}", features.version)));
    } else {
        result.push_back(
            said(Severity::failure,
                 fmt::format("FFmpeg {} lacks {}", features.version, fmt::join(missing, ", ")),
                 "it was built without", "install the system's own FFmpeg libraries"));
    }
    if (!features.has_srt) {
        result.push_back(
            said(Severity::warning, "FFmpeg cannot speak SRT: srt:// destinations fail",
                 "it was built without libsrt", "install the system's own FFmpeg libraries"));
    }
    return result;
}

Diagnosis check_presets(std::string_view date, WallTime now) {
    const auto made = from_iso8601(std::string(date) + "T00:00:00Z");
    if (!made) {
        return said(Severity::warning, "the presets of the platforms have no date", "",
                    "install restream again");
    }
    const auto days = std::chrono::duration_cast<std::chrono::hours>(now - *made).count() / 24;
    if (now - *made < old_presets) {
        return said(Severity::ok, fmt::format("the presets of the platforms are of {}", date));
    }
    return said(
        Severity::warning, fmt::format("the presets of the platforms are {} days old", days),
        "platforms move their servers",
        "compare 'restream services' with the platforms' pages; a url of your own always wins");
}

Diagnosis check_services(const std::filesystem::path& share, WallTime now) {
    try {
        return check_presets(load_services(share).date, now);
    } catch (const Error& error) {
        return said(Severity::failure, error.what(), "", "install restream again");
    }
}

std::optional<Diagnosis> check_logout(const std::optional<std::string>& user) {
    if (!user) return std::nullopt;
    return said(Severity::warning, "relays will end when you log out",
                "KillUserProcesses is on and you do not linger",
                fmt::format("run 'loginctl enable-linger {}'", *user));
}

}  // namespace restream
