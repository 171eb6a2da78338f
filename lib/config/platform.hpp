// Platforms known by name: share/services.toml.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/destination.hpp"

namespace restream {

/// One platform. A number that is 0 is not known.
struct Platform {
    std::string id;
    std::string name;  ///< as the platform writes itself
    std::string url;   ///< server part; empty: the user pastes it (per account or event)
    std::string backup_url;
    Backup backup = Backup::failover;  ///< how its backup is meant to be used
    int keyframe_interval_s = 0;
    int max_video_kbps = 0;
    int max_audio_kbps = 0;
    std::vector<std::string> codecs;
    KeyLifetime key_lifetime = KeyLifetime::forever;
    Milliseconds late_refusal = Milliseconds(0);
    OnTrackChange on_track_change = OnTrackChange::pass;
    std::string key_page;  ///< where the user finds the key
    std::string note;
};

struct Platforms {
    std::string date;  ///< of the presets, YYYY-MM-DD
    std::vector<Platform> list;
    const Platform* find(std::string_view id) const;
};

/// Reads `share`/services.toml. **Throws**: Error{refused} where the installation lacks it or it is
/// broken.
Platforms load_platforms(const std::filesystem::path& share);

}  // namespace restream
