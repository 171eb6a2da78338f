// The self-test: restream's own programs, on the user's machine, with a picture and destinations of
// its own.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/cancel.hpp"
#include "selftest/report.hpp"

namespace restream::selftest {

/// A step begins. Shares are of all the time that is expected.
struct StepBegin {
    std::string_view title;
    double share_before = 0;
    double share_after = 0;
    Milliseconds expected{0};
};

struct Request {
    std::filesystem::path programs;  ///< the folder with restream-enable and the others
    bool with_vanished = false;
    std::function<void(const StepBegin&)> on_begin;
    std::function<void(const StepResult&)> on_end;
};

/// Runs all steps. Where the ingest does not come up, the others are skipped; where one fails, the
/// next is tried.
/// **Blocks**: for about half a minute; ended early by `cancel`, within 3 s.
/// **Throws**: Error{refused} where it cannot be run at all, Error{no} where it was cancelled. In
/// either case nothing is left.
Report run(const Request& request, const Cancel& cancel);

}  // namespace restream::selftest
