// Doctor's look at what is sent without encryption.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/platform.hpp"
#include "doctor/finding.hpp"

namespace restream {

/// Stream keys and logins that cross the Internet unencrypted: rtmp to a server that is neither on
/// this machine nor in its own network. `services`: who offers rtmps.
std::vector<Diagnosis> check_clear_text(const Config& config, const Platforms& services);

}  // namespace restream
