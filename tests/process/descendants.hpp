// Every process that descends from the test program, also when its parents have died.
#pragma once

#include <string>
#include <vector>

namespace restream::test {

struct Descendant {
    int pid = 0;
    std::string command;  ///< its argv, joined by blanks

    bool operator==(const Descendant&) const = default;
};

/// Makes this program a child subreaper: an orphan comes home to it instead of to init, so no
/// process that a test caused can hide by losing its parent.
void adopt_orphans();

/// The living ones (no zombies), in no order.
std::vector<Descendant> living_descendants();

/// One line each: for messages.
std::string describe(const std::vector<Descendant>& descendants);

/// Kills every descendant, also those that are born meanwhile, and reaps them.
/// REQUIRES: no ChildProcess is alive whose status is still to be asked.
void end_descendants();

/// Reaps orphans that have ended. The same requirement.
void reap_orphans();

}  // namespace restream::test
