// Doctor's look at those whom the embedded server refused or cut off lately.
#pragma once

#include <vector>

#include "doctor/finding.hpp"
#include "ingest/publications_record.hpp"

namespace restream {

/// The latest of each, also while somebody publishes. A publisher that was cut off in the last ten
/// minutes is a warning; all others are for information.
std::vector<Diagnosis> check_turned_away(const PublicationsRecord& record, WallTime now);

}  // namespace restream
