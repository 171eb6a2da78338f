#include "selftest/step_words.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace restream::selftest {

namespace {

constexpr const char* usual_remedy =
    "run it again while this machine is idle; where it fails again, report it with what "
    "'restream selftest --json' prints";

/// The last line that was said, without what a terminal would act on.
std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto begin = text.rfind('\n');
    if (begin != std::string::npos) text.erase(0, begin + 1);
    return visible_text(text);
}

}  // namespace

Outcome failed(std::string words, std::string remedy) {
    return {.verdict = Verdict::failed,
            .words = std::move(words),
            .remedy = remedy.empty() ? usual_remedy : std::move(remedy)};
}

Outcome command_failed(const std::string& command, const Captured& captured) {
    const std::string said = last_line(captured.error.empty() ? captured.output : captured.error);
    return failed(fmt::format("'restream {}' {}{}{}", command,
                              captured.timed_out ? std::string("did not come back")
                                                 : fmt::format("ended with {}", captured.status),
                              said.empty() ? "" : ": ", said));
}

}  // namespace restream::selftest
