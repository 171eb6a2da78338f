// Doctor's look at the dashboard: can it be had, and is it there where it is wanted?
#pragma once

#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"
#include "state/layout.hpp"

namespace restream {

/// Nothing where nobody asked for one.
std::vector<Diagnosis> check_dashboard(const Config& config, const Layout& layout);

}  // namespace restream
