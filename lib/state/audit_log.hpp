// The log of all changes: who made them, and with which result.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "state/audit_entry.hpp"
#include "state/layout.hpp"
#include "system/bounded_file.hpp"

namespace restream {

/// As a relay's log, unless the user sets another bound: nothing in the configuration decides about
/// this file, so that it is written even if that is broken.
inline constexpr FileBound audit_bound{1'000'000, 3};

/// The process that calls this, at the command line.
Actor this_actor();

/// Appends a line. Makes the folder if it is missing. Returns why it can't be written, in words
/// with the path and a remedy; no value if it was.
[[nodiscard]] std::optional<std::string> append_audit(const Layout& layout,
                                                      const AuditEntry& entry);

/// The last entries, the newest last. Lines that are none are left out.
std::vector<AuditEntry> last_changes(const Layout& layout, std::size_t count);

}  // namespace restream
