// A bad destination beside the good one: what it costs the good one.
#include <fmt/format.h>

#include <algorithm>

#include "selftest/picture.hpp"
#include "selftest/step_words.hpp"
#include "selftest/steps.hpp"
#include "selftest/system.hpp"

namespace restream::selftest {

using std::chrono::seconds;

namespace {

/// Enough messages for a p99: 77 a second.
constexpr std::uint32_t calm_pictures = 4 * pictures_per_second;
/// Kernels' buffers take a second, the queue three: then it drops.
constexpr std::uint32_t bad_pictures = 7 * pictures_per_second;
constexpr Milliseconds longest_bad = seconds(25);
constexpr Milliseconds soon = seconds(8);
constexpr double mib = 1024.0 * 1024.0;

/// No machine can be made to vanish here: nothing of restream is to blame.
Outcome skipped(const std::string& why) {
    return {.verdict = Verdict::skipped, .words = "no machine can be made to vanish here: " + why};
}

/// The worst that was seen of the bad one.
struct Watched {
    std::uint64_t dropped = 0;
    std::uint64_t most_bytes = 0;
    std::string reason;  ///< why its session ended
    SteadyTime begun = SteadyClock::now();
    SteadyTime noticed{};  ///< that it had to be ended

    void look(const Scene& scene, const std::string& name) {
        const auto record = scene.record(name);
        if (!record) return;
        if (record->session) dropped = std::max(dropped, record->session->dropped_messages);
        if (record->worker) most_bytes = std::max(most_bytes, resident_bytes(*record->worker));
        if (reason.empty() && record->reason && record->state != State::live) {
            reason = record->reason->message;
            noticed = SteadyClock::now();
        }
    }
};

bool has_all(Scene& scene, const Counts& until) {
    const auto arrivals = scene.sink(good).last_session().arrivals;
    return std::ranges::any_of(arrivals, [&](const Arrival& each) {
        return each.what == Arrival::What::picture && each.number + 1 >= until.pictures;
    });
}

/// What became of the messages between two counts, at the good one.
Lateness measure(Scene& scene, const Counts& from, const Counts& to) {
    // One picture more, so that the last sound has arrived as well.
    scene.wait(soon, [&] { return has_all(scene, {to.pictures + 2, to.sounds}); });
    return lateness(scene.sink(good).arrivals(), from, to);
}

bool wait_published(Scene& scene, const Counts& from, std::uint32_t pictures,
                    const std::function<bool()>& is_so) {
    return scene.wait(longest_bad, [&] {
        return is_so() && scene.published().pictures >= from.pictures + pictures;
    });
}

std::string lateness_words(const Effect& effect) {
    return fmt::format(
        "the good one lost {} of {} messages; p50/p99/max {:.1f}/{:.1f}/{:.1f} ms before, "
        "{:.1f}/{:.1f}/{:.1f} ms during",
        effect.during.lost, effect.during.messages, effect.before.p50_ms, effect.before.p99_ms,
        effect.before.max_ms, effect.during.p50_ms, effect.during.p99_ms, effect.during.max_ms);
}

/// Back to normal, or switched off.
struct Aftermath {
    std::optional<Outcome> problem;
    double ms = 0;
};

Aftermath come_back(Scene& scene, const std::string& name) {
    LocalSink& sink = scene.sink(name);
    const SteadyTime begun = SteadyClock::now();
    const std::size_t pictures = sink.picture_count();
    sink.behave(Manner::takes);
    const bool is_back = scene.wait(seconds(15), [&] {
        const auto record = scene.record(name);
        return record && record->state == State::live && sink.picture_count() > pictures;
    });
    const double ms = to_ms(SteadyClock::now() - begun);
    if (is_back) return {{}, ms};
    return {failed(fmt::format("once it took messages again, it did not come back: it is {}",
                               scene.state_words(name))),
            ms};
}

Aftermath switch_off(Scene& scene, const std::string& name) {
    const SteadyTime begun = SteadyClock::now();
    const Captured disabled = scene.command("disable", {name});
    const double ms = to_ms(SteadyClock::now() - begun);
    if (disabled.status == 0) return {{}, ms};
    return {command_failed("disable " + name, disabled), ms};
}

std::optional<Outcome> judge(const Effect& effect, const Watched& bad, double growth_mib,
                             Manner manner) {
    if (effect.before.messages == 0 || effect.during.messages == 0) {
        return failed("nothing was published meanwhile");
    }
    if (effect.during.lost > 0) {
        return failed("it lost messages because of another destination");
    }
    if (effect.during.p99_ms > effect.before.p99_ms + most_later_ms) {
        return failed("it waited for another destination");
    }
    if (bad.dropped == 0) return failed("nothing was dropped at the bad one");
    if (manner == Manner::vanishes && bad.reason.empty()) {
        return failed("that the other one had vanished was not noticed");
    }
    if (growth_mib > most_growth_mib) return failed("the bad one's worker grew too large");
    return std::nullopt;
}

Outcome conclude(const Effect& effect, const Watched& bad, double growth_mib,
                 const Aftermath& after, Manner manner) {
    const bool is_stall = manner == Manner::stalls;
    std::string words = fmt::format("{}; the bad one dropped {}, its worker grew by {:.1f} MiB",
                                    lateness_words(effect), bad.dropped, growth_mib);
    Outcome outcome;
    if (auto problem = judge(effect, bad, growth_mib, manner)) {
        outcome = std::move(*problem);
    } else if (after.problem) {
        outcome = *after.problem;
    }
    words += is_stall
                 ? fmt::format(" and was back after {:.0f} ms", after.ms)
                 : fmt::format("; noticed after {:.1f} s", to_ms(bad.noticed - bad.begun) / 1000);
    outcome.words = outcome.words.empty() ? words : outcome.words + ": " + words;
    outcome.figures = {{"dropped", static_cast<double>(bad.dropped)},
                       {"worker_most_mib", static_cast<double>(bad.most_bytes) / mib},
                       {"worker_growth_mib", growth_mib},
                       {is_stall ? "live_again_ms" : "disable_ms", after.ms}};
    if (!is_stall) outcome.figures.emplace_back("noticed_ms", to_ms(bad.noticed - bad.begun));
    return outcome;
}

/// The bad one is live beside the good one; or why not.
std::optional<Outcome> bring_up(Scene& scene, const std::string& name) {
    scene.add(name);
    const Captured enabled = scene.command("enable", {name});
    if (enabled.status != 0) return command_failed("enable " + name, enabled);
    const auto both_live = [&] {
        const auto one = scene.record(good), other = scene.record(name);
        return one && other && one->state == State::live && other->state == State::live;
    };
    if (scene.wait(soon, both_live)) return std::nullopt;
    return failed(fmt::format("the good one is {}, the other one {}", scene.state_words(good),
                              scene.state_words(name)));
}

Lateness measure_calm(Scene& scene) {
    const Counts begin = scene.published();
    wait_published(scene, begin, calm_pictures, [] { return true; });
    return measure(scene, begin, scene.published());
}

Lateness measure_bad(Scene& scene, const std::string& name, Manner manner, Watched& bad) {
    scene.sink(name).behave(manner);
    bad.begun = SteadyClock::now();
    const Counts begin = scene.published();
    // A machine that vanished has to be noticed; one that stalls may be forgiven.
    wait_published(scene, begin, bad_pictures, [&] {
        bad.look(scene, name);
        return bad.dropped > 0 && (manner == Manner::stalls || !bad.reason.empty());
    });
    return measure(scene, begin, scene.published());
}

}  // namespace

Outcome check_beside(Scene& scene, Manner manner, std::optional<Effect>& effect) {
    const bool is_stall = manner == Manner::stalls;
    const std::string name = is_stall ? "stalled" : "vanished";
    if (!is_stall) {
        if (const auto why = why_none_can_vanish()) return skipped(*why);
    }
    if (auto problem = bring_up(scene, name)) return *problem;
    Effect seen;
    seen.before = measure_calm(scene);
    Watched bad;
    bad.look(scene, name);
    const std::uint64_t slim_bytes = bad.most_bytes;
    seen.during = measure_bad(scene, name, manner, bad);
    if (!scene.sink(name).can_vanish()) {
        switch_off(scene, name);
        return skipped("this system refuses a filter on a connected socket");
    }
    effect = seen;
    Aftermath after = is_stall ? come_back(scene, name) : Aftermath{};
    const Aftermath off = switch_off(scene, name);
    if (!is_stall) after.ms = off.ms;
    if (!after.problem) after.problem = off.problem;
    const double growth = static_cast<double>(bad.most_bytes - slim_bytes) / mib;
    return conclude(seen, bad, growth, after, manner);
}

}  // namespace restream::selftest
