// Whether a command can see what is wanted and what runs.
#pragma once

#include <optional>

#include "base/path_fault.hpp"
#include "state/layout.hpp"

namespace restream {

/// Why this process cannot read wishes, locks and records; no value if it can. A command asks this
/// first, because a folder or a lock that it may not read looks like one that is missing: it would
/// say that nothing runs. A relay does not ask: it goes on, whatever happens to the folders.
std::optional<PathFault> read_fault(const Layout& layout);

/// **Throws**: Error{refused} with that fault.
void require_readable(const Layout& layout);

}  // namespace restream
