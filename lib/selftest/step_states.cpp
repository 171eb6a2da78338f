// The steps that see every state: the ingest, the states, switching on and off.
#include <fmt/format.h>

#include "selftest/step_words.hpp"
#include "selftest/steps.hpp"

namespace restream::selftest {

using std::chrono::seconds;

namespace {

constexpr Milliseconds soon = seconds(8);
/// Ten seconds of flow, and a slow machine.
constexpr Milliseconds longest_confirmation = seconds(20);
/// The first waits between tries are a second, one and a half, two and a quarter.
constexpr Milliseconds longest_comeback = seconds(12);

/// What was reached and when. What fails is told by the first that was not.
class Reached {
  public:
    explicit Reached(Scene& scene) : scene_(scene) {}

    /// Whether everything was up to now, and this was, too.
    bool state(const char* name, const std::string& destination, State state,
               Milliseconds longest = soon) {
        return so(name, destination, longest, [&] {
            const auto record = scene_.record(destination);
            return record && record->state == state;
        });
    }
    bool so(const char* name, const std::string& destination, Milliseconds longest,
            const std::function<bool()>& is_so) {
        if (problem_) return false;
        const SteadyTime begun = SteadyClock::now();
        if (!scene_.wait(longest, is_so)) {
            problem_ = failed(fmt::format("{} was not reached in {} s: {} is {}", name,
                                          std::chrono::duration_cast<seconds>(longest).count(),
                                          destination, scene_.state_words(destination)));
            return false;
        }
        figures_.emplace_back(fmt::format("{}_ms", name), to_ms(SteadyClock::now() - begun));
        return true;
    }
    bool command(const std::string& verb, const std::vector<std::string>& arguments, int status) {
        if (problem_) return false;
        const Captured captured = scene_.command(verb, arguments);
        if (captured.status != status) {
            problem_ =
                command_failed(fmt::format("{} {}", verb, fmt::join(arguments, " ")), captured);
        }
        return !problem_;
    }
    void because(Outcome outcome) {
        if (!problem_) problem_ = std::move(outcome);
    }
    Outcome outcome(std::string words) && {
        Outcome found = problem_ ? std::move(*problem_) : Outcome{.words = std::move(words)};
        found.figures = std::move(figures_);
        return found;
    }

  private:
    Scene& scene_;
    std::optional<Outcome> problem_;
    std::vector<std::pair<std::string, double>> figures_;
};

void come_live(Scene& scene, Reached& reached) {
    LocalSink& sink = scene.add(good, Manner::ponders);
    if (!reached.command("enable", {good}, 0)) return;
    reached.state("waiting", good, State::waiting);
    scene.publish();
    reached.state("connecting", good, State::connecting);
    sink.behave(Manner::takes);
    reached.state("live", good, State::live);
    reached.so("keyframe", good, soon,
               [&] { return sink.last_session().first_keyframe.has_value(); });
}

/// Nobody listens there; then somebody does; then it is switched off.
void fail_and_come_back(Scene& scene, Reached& reached) {
    const std::string name = "away";
    LocalSink& sink = scene.add(name, Manner::is_closed);
    if (!reached.command("enable", {name}, 5)) return;
    reached.state("backoff", name, State::backoff);
    sink.behave(Manner::takes);
    reached.state("live_after_backoff", name, State::live, longest_comeback);
    if (!reached.command("disable", {name}, 0)) return;
    reached.so("stopped", name, soon, [&] {
        const auto record = scene.record(name);
        const bool is_gone = !scene.registry().is_alive(name);
        return is_gone && (!record || record->state == State::stopped) &&
               sink.last_session().said_goodbye;
    });
}

void be_rejected(Scene& scene, Reached& reached) {
    const std::string name = "refusing";
    scene.add(name, Manner::refuses);
    if (!reached.command("enable", {name}, 5)) return;
    reached.state("rejected", name, State::rejected);
    reached.command("disable", {name}, 0);
}

void be_held(Scene& scene, Reached& reached) {
    LocalSink& sink = scene.sink(good);
    const std::size_t sessions = sink.session_count();
    scene.leave();
    if (!reached.state("holding", good, State::holding)) return;
    const std::size_t pictures = sink.picture_count();
    scene.publish();
    reached.state("live_again", good, State::live);
    reached.so("picture_again", good, soon, [&] { return sink.picture_count() > pictures; });
    if (sink.session_count() != sessions) {
        reached.because(failed("the publisher came back, and the destination saw a new session"));
    }
}

}  // namespace

Outcome check_ingest(Scene& scene) {
    const SteadyTime begun = SteadyClock::now();
    const Captured started = scene.command("ingest", {"start"});
    if (started.status != 0) return command_failed("ingest start", started);
    const SteadyTime up = SteadyClock::now();
    scene.publish();
    if (!scene.wait(soon, [&] { return scene.is_published(); })) {
        return failed("the ingest took no publisher: " + scene.publisher_trouble());
    }
    const double start_ms = to_ms(up - begun);
    const double taken_ms = to_ms(SteadyClock::now() - up);
    return {.words = fmt::format("up after {:.0f} ms, publisher taken after {:.0f} ms", start_ms,
                                 taken_ms),
            .figures = {{"start_ms", start_ms}, {"taken_ms", taken_ms}}};
}

Outcome check_states(Scene& scene) {
    Reached reached(scene);
    scene.leave();
    come_live(scene, reached);
    fail_and_come_back(scene, reached);
    be_rejected(scene, reached);
    reached.so("confirmed", good, longest_confirmation, [&] {
        const auto record = scene.record(good);
        return record && record->state == State::live && record->confirmed;
    });
    reached.command("status", {good}, 0);
    be_held(scene, reached);
    return std::move(reached).outcome(
        "waiting, connecting, live, confirmed, holding, live again in the same session; backoff, "
        "rejected, stopped");
}

namespace {

/// How long the first keyframe took; nothing, and why, where it did not come.
std::optional<double> switch_on_and_off(Scene& scene, LocalSink& sink, const std::string& name,
                                        Outcome& problem) {
    const std::size_t sessions = sink.session_count();
    const SteadyTime begun = SteadyClock::now();
    const Captured enabled = scene.command("enable", {name});
    if (enabled.status != 0) {
        problem = command_failed("enable " + name, enabled);
        return std::nullopt;
    }
    const bool came = scene.wait(soon, [&] {
        return sink.session_count() == sessions + 1 &&
               sink.last_session().first_keyframe.has_value();
    });
    const auto keyframe = sink.last_session().first_keyframe;
    if (!came || !keyframe) {
        problem = failed(fmt::format("no keyframe arrived in a session of its own: it is {}",
                                     scene.state_words(name)));
        return std::nullopt;
    }
    const Captured disabled = scene.command("disable", {name});
    if (disabled.status != 0) {
        problem = command_failed("disable " + name, disabled);
        return std::nullopt;
    }
    if (!scene.wait(soon, [&] { return sink.last_session().said_goodbye; })) {
        problem = failed("a session ended without a goodbye");
        return std::nullopt;
    }
    return to_ms(*keyframe - begun);
}

}  // namespace

Outcome check_reenable(Scene& scene) {
    const std::string name = "again";
    LocalSink& sink = scene.add(name);
    std::vector<double> took;
    Outcome outcome;
    // The first time also pays for what is read from the disk: it counts as the others do.
    while (took.size() < reenable_count && !scene.is_cancelled()) {
        const auto ms = switch_on_and_off(scene, sink, name, outcome);
        if (!ms) break;
        took.push_back(*ms);
    }
    const double p50 = percentile(took, 0.5);
    const double most = percentile(took, 1);
    const std::string words =
        fmt::format("{} of {} times live; first keyframe after {:.0f} ms (p50), {:.0f} ms at most",
                    took.size(), reenable_count, p50, most);
    outcome.words = outcome.words.empty() ? words : words + "; " + outcome.words;
    outcome.figures = {{"wanted", reenable_count},
                       {"live", static_cast<double>(took.size())},
                       {"first_keyframe_p50_ms", p50},
                       {"first_keyframe_max_ms", most}};
    return outcome;
}

}  // namespace restream::selftest
