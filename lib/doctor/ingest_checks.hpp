// Doctor's look at the ingest: is its server there, can it be reached, does somebody publish.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "doctor/state_checks.hpp"
#include "state/registry.hpp"

namespace restream {

/// **Blocks**: 2 s at most, but for the look-up of an external server's name (3 s).
/// `state`: what is known of the state folder. REQUIRES: it is readable.
std::vector<Diagnosis> check_ingest(const Config& config, const Registry& registry,
                                    const CheckedState& state = {});

}  // namespace restream
