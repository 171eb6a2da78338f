// Whether a command can see what is wanted and what runs, and whether others can change it.
#pragma once

#include <optional>

#include "state/layout.hpp"
#include "system/path_fault.hpp"

namespace restream {

/// The state folder. Every program calls this as it starts, except doctor, which reports the
/// faults, and processes that a guardian starts: a running relay goes on, also after a crash.
/// **Throws**: Error{refused} if others can change what is in the folder (see system/path_trust.hpp):
/// they could forge wishes, records and tokens.
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
