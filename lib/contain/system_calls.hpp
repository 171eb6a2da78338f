// The filter of system calls (seccomp).
#pragma once

#include "contain/contain.hpp"

namespace restream {

/// From now on every thread of this process has these calls only; others fail with EPERM. False
/// where the kernel has no filters. REQUIRES: no new privileges.
bool filter_system_calls(SystemCalls which, bool may_signal) noexcept;

}  // namespace restream
