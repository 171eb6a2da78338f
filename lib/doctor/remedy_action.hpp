// What a program can do about a finding: the command that its remedy names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/finding.hpp"

namespace restream {

/// A restream command, and the destinations it is for.
struct RemedyAction {
    std::string command;             ///< "start", "ingest restart", "doctor --fix", …
    std::vector<std::string> names;  ///< empty: it is for no destination, for all, or for a new one

    bool operator==(const RemedyAction&) const = default;
};

/// The first command in single quotes of the remedy that changes something, else the first that
/// explains; of findings about keys, the message counts, too. "doctor --fix" where that mends the
/// finding. Nothing where all is well, where a program could do nothing with it, and where it names
/// a destination that the finding does not: a part of these texts may come from elsewhere.
std::optional<RemedyAction> remedy_action(const Diagnosis& diagnosis);

}  // namespace restream
