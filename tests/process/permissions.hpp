// Commands that obey permissions although root runs the tests.
#pragma once

#include "process/command_run.hpp"

namespace restream::test {

/// The same command without root's power to pass by permissions. As another user: unchanged.
CommandLine bound_by_permissions(CommandLine line);
/// Whether that works here: some containers keep root from giving up power.
bool can_be_bound_by_permissions();

}  // namespace restream::test
