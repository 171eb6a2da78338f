// Doctor's look at the destinations: does the name exist, does the server accept, can the file be
// written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/registry.hpp"

namespace restream {

/// Why a host cannot be connected to.
struct ReachProblem {
    enum class Step { name, connection };
    Step step;
    std::string message;
};

/// Looks the name up (3 s at most), then connects by TCP (`longest`). Nothing where that works.
std::optional<ReachProblem> reach_problem(const std::string& host, int port, Milliseconds longest);

/// All destinations at once. What fails for one that nobody wants now is a warning.
/// **Blocks**: 5 s at most.
std::vector<Diagnosis> check_destinations(const Config& config, const Registry& registry);

}  // namespace restream
