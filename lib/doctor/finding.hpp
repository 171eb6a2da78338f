// One line of doctor: what was found, why it is so, what helps.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

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

    bool operator==(const Finding&) const = default;
};

/// A finding, and what `--fix` may do about it.
struct Diagnosis {
    Finding finding;
    /// Mends it; false where it could not. Empty where only the user can.
    std::function<bool()> mend;
};

/// Mends what can be mended: such a finding becomes `ok`, and its message says so.
void mend_all(std::span<Diagnosis> diagnoses);

/// {"schema": 1, "failures": N, "warnings": N, "findings": […]}.
std::string to_json(std::span<const Diagnosis> diagnoses);

enum class Colour { off, on };
/// A line each, with a mark; cause and remedy indented below.
std::string to_text(std::span<const Diagnosis> diagnoses, Colour colour);

}  // namespace restream
