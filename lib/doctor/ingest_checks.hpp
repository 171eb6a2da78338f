// Doctor's look at the ingest: is its server there, can it be reached, does somebody publish.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

/// **Blocks**: 2 s at most, but for the look-up of an external server's name (3 s).
std::vector<Diagnosis> check_ingest(const Config& config, const Registry& registry);

}  // namespace restream
