// Whether a command can see what is wanted and what runs, and whether others can change it.
#pragma once

#include <optional>

#include "base/path_fault.hpp"
#include "state/layout.hpp"

namespace restream {

/// The state folder, for every program as it starts, but doctor, which tells its faults, and what a
/// guardian starts: what runs already goes on, also after a crash. **Throws**: Error{refused} where
/// others can change what is in it (see base/path_trust.hpp): wishes, records and tokens would be
/// theirs.
Layout trusted_state();

/// Which folder of it others can change, and what helps. No value if there is none.
std::optional<PathFault> trust_fault(const Layout& layout);

/// Why this process cannot read wishes, locks and records, or must not believe them; no value if it
/// can. A command asks this first, because a folder or a lock that it may not read looks like one
/// that is missing: it would say that nothing runs. A relay does not ask: it goes on, whatever
/// happens to the folders.
std::optional<PathFault> read_fault(const Layout& layout);

/// **Throws**: Error{refused} with that fault.
void require_readable(const Layout& layout);

}  // namespace restream
