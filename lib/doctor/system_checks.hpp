// Doctor's look at what restream stands on: FFmpeg, the presets of the platforms, logout.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "contain/contain.hpp"
#include "doctor/finding.hpp"
#include "media/features.hpp"

namespace restream {

std::vector<Diagnosis> check_ffmpeg(const AvFeatures& features);

/// `date` is the presets', YYYY-MM-DD.
Diagnosis check_presets(std::string_view date, WallTime now);
/// The same for those of this installation; a failure where it lacks them.
Diagnosis check_services(const std::filesystem::path& share, WallTime now);

/// `here` as containment_here() tells. Without Landlock, the rest is enough.
Diagnosis check_containment(const Contained& here);

/// `user` as user_killed_at_logout tells.
std::optional<Diagnosis> check_logout(const std::optional<std::string>& user);

}  // namespace restream
