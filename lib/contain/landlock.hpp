// Landlock: what a thread may still reach of files, TCP ports and other processes; landlock(7).
#pragma once

#include "contain/contain.hpp"

namespace restream {

/// The version of the kernel's interface; 0 where it has none, or it is off.
int landlock_version() noexcept;

/// Takes from this thread what `what` does not leave it: files and ports, the running of any
/// program, listening, signals to processes outside, moving files from one folder to another.
/// Returns the version that was used; 0 where
/// nothing was taken. REQUIRES: no new privileges.
int apply_landlock(const Containment& what) noexcept;

}  // namespace restream
