// Times as people read them: in their own zone, with its name.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace restream {

enum class Zone { local, utc };

/// A time to the second.
struct ShownTime {
    std::string day;   ///< "2026-01-31"
    std::string time;  ///< "20:14:03"
    std::string zone;  ///< "CET", "UTC", or "+03" where the zone has no name
};

ShownTime shown_time(WallTime at, Zone zone);

}  // namespace restream
