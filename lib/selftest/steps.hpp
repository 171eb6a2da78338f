// The steps of the self-test. Each has deadlines of its own, and says what it saw.
#pragma once

#include <optional>

#include "selftest/report.hpp"
#include "selftest/scene.hpp"

namespace restream::selftest {

/// How often a destination is switched on and off.
constexpr int reenable_count = 20;
/// Later than this, viewers would see it; a destination that waits for another one is late by
/// seconds. So much and no less, because the machine is also somebody else's.
constexpr double most_later_ms = 250;
/// A queue holds 3 s, and gives its memory back late.
constexpr double most_growth_mib = 64;

/// The ingest server comes up, and takes the publisher.
Outcome check_ingest(Scene& scene);
/// Every state, of the good destination and of two others. The good one is live at its end.
Outcome check_states(Scene& scene);
/// On and off again, each time with a session and a goodbye of its own.
Outcome check_reenable(Scene& scene);
/// A destination that takes nothing more (`stalls`), or whose machine answers nothing more
/// (`vanishes`), beside the good one.
Outcome check_beside(Scene& scene, Manner manner, std::optional<Effect>& effect);
/// The good one's worker is killed.
Outcome check_killed(Scene& scene);
/// Everything is stopped; nothing is left. Ends the scene.
Outcome check_nothing_left(Scene& scene);

}  // namespace restream::selftest
