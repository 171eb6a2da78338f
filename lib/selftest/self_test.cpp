#include "selftest/self_test.hpp"

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "selftest/scene.hpp"
#include "selftest/steps.hpp"

namespace restream::selftest {

namespace {

using std::chrono::seconds;

struct Step {
    std::string name;
    std::string title;
    Milliseconds expected;  ///< on an idle machine; only the progress bar believes it
    std::function<Outcome(Scene&)> check;
    bool is_last = false;
};

std::vector<Step> steps_of(const Request& request, Report& report) {
    std::vector<Step> steps = {
        {"ingest", "ingest", seconds(1), check_ingest},
        {"states", "states", seconds(13), check_states},
        {"reenable", "on and off", seconds(5), check_reenable},
        {"stalled", "stalled", seconds(13),
         [&](Scene& scene) { return check_beside(scene, Manner::stalls, report.stalled); }},
        {"killed", "killed", seconds(1), check_killed},
        {"nothing_left", "nothing left", seconds(1), check_nothing_left, true}};
    if (request.with_vanished) {
        const auto vanished = [&](Scene& scene) {
            return check_beside(scene, Manner::vanishes, report.vanished);
        };
        steps.insert(steps.begin() + 4, {"vanished", "vanished", seconds(16), vanished});
    }
    return steps;
}

void run_steps(const std::vector<Step>& steps, const Request& request, const Cancel& cancel,
               Scene& scene, Report& report) {
    Milliseconds all{0};
    Milliseconds before{0};
    for (const Step& each : steps) all += each.expected;
    const auto share = [all](Milliseconds part) {
        return static_cast<double>(part.count()) / static_cast<double>(all.count());
    };
    bool has_ingest = true;
    for (const Step& each : steps) {
        if (request.on_begin) {
            request.on_begin(
                {each.title, share(before), share(before + each.expected), each.expected});
        }
        before += each.expected;
        const SteadyTime begun = SteadyClock::now();
        Outcome outcome{.verdict = Verdict::skipped, .words = "there is no ingest to test it with"};
        if (has_ingest || each.is_last) outcome = each.check(scene);
        if (cancel.is_requested()) throw Error(ErrorKind::no, "cancelled");
        if (each.name == "ingest") has_ingest = outcome.verdict == Verdict::passed;
        const auto lasted = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun);
        report.steps.push_back({each.name, each.title, std::move(outcome), lasted});
        if (request.on_end) request.on_end(report.steps.back());
    }
}

}  // namespace

Report run(const Request& request, const Cancel& cancel) {
    const SteadyTime begun = SteadyClock::now();
    Report report;
    const std::vector<Step> steps = steps_of(request, report);
    {
        Scene scene(request.programs, cancel);
        run_steps(steps, request, cancel, scene, report);
    }
    report.lasted = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun);
    return report;
}

}  // namespace restream::selftest
