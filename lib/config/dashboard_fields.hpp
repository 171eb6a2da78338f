// From the fields of [dashboard] to a DashboardConfig.
#pragma once

#include "config/config.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// **Throws**: Error{config} with the place of what is wrong, and what would be right.
DashboardConfig read_dashboard(const Fields& fields);

}  // namespace restream
