// Doctor's look at the hooks: can what they name be run, or reached?
#pragma once

#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"

namespace restream {

/// Hooks that cannot work: a URL that is missing or none, a program that is not there.
std::vector<Diagnosis> check_hooks(const Config& config);

}  // namespace restream
