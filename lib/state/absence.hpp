// Why a relay does not run: which of the user's wishes and of its own traces say what.
#pragma once

#include <string_view>

#include "state/registry.hpp"

namespace restream {

enum class Absence {
    off,          ///< not wanted
    stopped,      ///< wanted, and stopped by `stop` in this boot
    not_started,  ///< wanted, and nothing has started it since the wish or since the boot
    dead,         ///< wanted and started, and it ended although nobody stopped it
};

/// REQUIRES: its lock was free a moment ago.
Absence absence_of(const Registry& registry, std::string_view relay);

}  // namespace restream
