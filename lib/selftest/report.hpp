// What the self-test found, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "selftest/figures.hpp"

namespace restream::selftest {

enum class Verdict { passed, failed, skipped };

std::string_view verdict_name(Verdict verdict);

/// What a step came to. A value.
struct Outcome {
    Verdict verdict = Verdict::passed;
    std::string words;                                      ///< what was seen
    std::string remedy = {};                                ///< of one that failed
    std::vector<std::pair<std::string, double>> figures{};  ///< names have their units
};

struct StepResult {
    std::string name;   ///< for programs: never renamed
    std::string title;  ///< for people
    Outcome outcome;
    Milliseconds lasted{0};
};

/// What a bad destination did to the good one beside it.
struct Effect {
    Lateness before;
    Lateness during;
};

struct Report {
    std::vector<StepResult> steps;
    std::optional<Effect> stalled;
    std::optional<Effect> vanished;  ///< nothing where it was not asked for
    Milliseconds lasted{0};

    /// At least one step passed, and none failed: what this system cannot do is skipped.
    bool has_passed() const;
    std::size_t count(Verdict verdict) const;
};

/// One document, schema 1, and a line's end.
std::string to_json(const Report& report);

/// How lines are written.
struct TextStyle {
    int width = 80;
    bool has_signs = false;  ///< ✓ and ✗, on a terminal; words elsewhere
    bool has_colour = false;
};

/// A step, in one line or as many as the width asks for.
std::string to_text(const StepResult& step, const TextStyle& style);
/// The measured effect, and how many passed.
std::string closing_text(const Report& report, const TextStyle& style);

/// "[#####.....] 50 %  title", never longer than the width.
std::string progress_text(double share, std::string_view title, int width);

}  // namespace restream::selftest
