// Names that a command takes although the configuration may be broken.
#pragma once

#include <string>

#include "config/config_reading.hpp"
#include "state/registry.hpp"

namespace restream {

/// Configured, or alive; where the configuration is broken, also wanted. **Throws**: Error{usage}
/// for another name; Error{config} where it may stand in what could not be read.
void check_is_known(const ConfigReading& reading, const Registry& registry,
                    const std::string& name);

}  // namespace restream
