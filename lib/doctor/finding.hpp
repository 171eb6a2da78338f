// One line of doctor: what was found, why it is so, what helps.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sentence.hpp"

namespace restream {

/// A failure keeps something wanted from working; a warning may do so one day.
enum class Severity { ok, warning, failure };

std::string_view severity_name(Severity severity);

/// A value. Never holds a secret.
struct Finding {
    Severity severity = Severity::ok;
    std::string area;     ///< "config", "state", "relays", "ingest", "destinations", "dashboard",
                          ///< "system"
    std::string message;  ///< a sentence without capital and full stop
    std::string cause;    ///< may be empty
    std::string remedy;   ///< may be empty
    std::string code{};   ///< a row of finding_table, or of publisher_troubles
    Values values{};      ///< what the sentences' gaps are filled with

    bool operator==(const Finding&) const = default;
};

/// The sentence, filled. REQUIRES: as many values as it has names.
Finding to_finding(Severity severity, const Sentence& sentence, std::vector<Value> values);

/// A finding, and what `--fix` may do about it.
struct Diagnosis {
    Finding finding;
    /// Mends it; false where it could not. Empty where only the user can.
    std::function<bool()> mend;
};

/// Mends what can be mended: such a finding becomes `ok`, and its message says so; its code
/// stays.
void mend_all(std::span<Diagnosis> diagnoses);

/// {"schema": 1, "failures": N, "warnings": N, "findings": […]}.
std::string to_json(std::span<const Diagnosis> diagnoses);

enum class Colour { off, on };
/// A line each, with a mark; cause and remedy indented below.
std::string to_text(std::span<const Diagnosis> diagnoses, Colour colour);

}  // namespace restream
