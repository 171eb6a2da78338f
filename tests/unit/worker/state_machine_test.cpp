// A relay's states: each arrow of the design, and a random walk that finds no others.
#include "worker/state_machine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace restream;
using namespace std::chrono_literals;

namespace {

using Machine = StateMachine;

constexpr SteadyTime begin = SteadyTime(1h);
const SessionEnd gone{EndCode::ingest_gone};
const SessionEnd silent{EndCode::ingest_silent};

/// A machine and its clock.
struct Scene {
    Machine machine;
    SteadyTime now = begin;

    explicit Scene(Milliseconds hold = 30s, PlatformFacts service = {}) {
        machine.set_rules({hold, service});
        machine.apply(Machine::Start{}, now);
    }
    bool apply(const Machine::Event& event) { return machine.apply(event, now); }
    void connect() { apply(Machine::IngestReady{}); }
    void go_live() {
        connect();
        apply(Machine::Accepted{});
    }
    void end(EndCode code, double luck = 0) { apply(Machine::Ended{{code}, false, luck}); }
    /// The clock runs to the timer.
    void elapse() {
        REQUIRE(machine.timer());
        now = std::max(now, machine.timer()->at);
        apply(Machine::Elapsed{*machine.timer()});
    }
    void confirm() {
        while (!machine.is_confirmed()) elapse();
    }
    State state() const { return machine.state(); }
};

}  // namespace

TEST_CASE("states: from stopped to live, and confirmed after 10 s of flow") {
    Machine machine;
    CHECK(machine.state() == State::stopped);
    Scene scene(30s, {4s, true});
    CHECK(scene.state() == State::waiting);
    CHECK(scene.apply(Machine::IngestMissing{{EndCode::no_publisher}}));
    CHECK_FALSE(scene.apply(Machine::IngestMissing{{EndCode::no_publisher}}));  // nothing new
    CHECK(scene.machine.why() == SessionEnd{EndCode::no_publisher});
    scene.connect();
    CHECK(scene.state() == State::connecting);
    CHECK_FALSE(scene.machine.why());
    scene.apply(Machine::Accepted{});
    CHECK(scene.state() == State::live);
    CHECK_FALSE(scene.machine.is_settled());
    scene.elapse();
    CHECK(scene.now - begin == 4s);
    CHECK(scene.machine.is_settled());
    CHECK_FALSE(scene.machine.is_confirmed());
    scene.elapse();
    CHECK(scene.now - begin == 10s);
    CHECK(scene.machine.is_confirmed());
    CHECK_FALSE(scene.machine.timer());
}

TEST_CASE("states: what takes nothing is not confirmed by time") {
    Scene scene;
    scene.go_live();
    CHECK(scene.machine.is_settled());
    for (int i = 0; i < 15; ++i) {
        scene.now += 1s;
        scene.apply(Machine::Blocked{});
    }
    CHECK_FALSE(scene.machine.is_confirmed());
    scene.end(EndCode::stalled);
    CHECK(scene.state() == State::backoff);
    CHECK(scene.machine.next_try() == scene.now + 1s);
    CHECK(scene.machine.dirty_end() == scene.now);
}

TEST_CASE("states: an ingest that goes is held for so long, and no longer") {
    Scene scene;
    scene.go_live();
    scene.confirm();
    scene.apply(Machine::IngestLost{gone});
    CHECK(scene.state() == State::holding);
    CHECK(scene.machine.why() == gone);
    CHECK_FALSE(scene.machine.is_confirmed());
    scene.now += 29s;
    CHECK_FALSE(scene.apply(Machine::Elapsed{*scene.machine.timer()}));  // too early
    scene.connect();
    CHECK(scene.state() == State::live);
    CHECK_FALSE(scene.machine.is_confirmed());
    scene.apply(Machine::IngestLost{gone});
    scene.elapse();
    CHECK(scene.state() == State::waiting);
    REQUIRE(scene.machine.finished());
    CHECK(scene.machine.finished()->end == gone);
    CHECK(scene.machine.finished()->facts.said_goodbye);
    CHECK(scene.machine.finished()->facts.was_confirmed);
}

TEST_CASE("states: a silent ingest is held, and the hold counts from its last picture") {
    Scene scene;
    scene.go_live();
    const SteadyTime last = scene.now;
    scene.now += 1500ms;
    CHECK(scene.apply(Machine::IngestSilent{silent, last}));
    CHECK(scene.state() == State::holding);
    CHECK(scene.machine.why() == silent);
    CHECK(scene.machine.timer()->at == last + 30s);
    CHECK_FALSE(scene.apply(Machine::IngestSilent{silent, last}));  // nothing new
    scene.connect();
    CHECK(scene.state() == State::live);
    scene.apply(Machine::IngestSilent{silent, last});
    scene.now += 20s;
    CHECK(scene.apply(Machine::IngestLost{gone, scene.now}));  // its connection ends, too
    CHECK(scene.machine.why() == gone);
    CHECK(scene.machine.timer()->at == last + 30s);
    scene.elapse();
    CHECK(scene.state() == State::waiting);
    CHECK(scene.machine.finished()->end == gone);
}

TEST_CASE("states: a silence that outlasts the hold ends the session, and is nobody's fault") {
    Scene scene;
    scene.go_live();
    scene.apply(Machine::IngestSilent{silent, scene.now});
    scene.elapse();
    CHECK(scene.state() == State::waiting);
    CHECK(scene.machine.finished()->end == silent);
    CHECK(scene.machine.finished()->facts.said_goodbye);
    CHECK_FALSE(scene.machine.dirty_end());
}

TEST_CASE("states: without a hold, silence ends no session, but the end of the ingest does") {
    Scene scene(0s);
    scene.go_live();
    scene.apply(Machine::IngestSilent{silent, scene.now});
    CHECK(scene.state() == State::holding);
    CHECK_FALSE(scene.machine.timer());
    scene.apply(Machine::IngestLost{gone});
    CHECK(scene.state() == State::waiting);
}

TEST_CASE("states: sound that goes on without a picture is passed on for longer than the hold") {
    Scene scene;
    scene.go_live();
    scene.apply(Machine::IngestSilent{silent, scene.now, true});
    CHECK(scene.state() == State::holding);
    CHECK_FALSE(scene.machine.timer());
    scene.now += 1min;
    scene.apply(Machine::IngestSilent{silent, scene.now - 2s});  // the sound has stopped, too
    CHECK(scene.machine.timer()->at == scene.now + 28s);
    scene.apply(Machine::IngestSilent{silent, scene.now - 2s, true});
    CHECK_FALSE(scene.machine.timer());
    scene.connect();
    CHECK(scene.state() == State::live);
}

TEST_CASE("states: without a hold, and while connecting, an ingest that goes is waited for") {
    Scene scene(0s);
    scene.go_live();
    scene.apply(Machine::IngestLost{gone});
    CHECK(scene.state() == State::waiting);
    Scene connecting;
    connecting.connect();
    connecting.apply(Machine::IngestLost{gone});
    CHECK(connecting.state() == State::waiting);
    CHECK_FALSE(connecting.machine.dirty_end());
}

TEST_CASE("states: a failure backs off, a nudge or time ends that, confirmed flow resets it") {
    Scene scene;
    Milliseconds last{0};
    for (int i = 0; i < 20; ++i) {
        scene.connect();
        scene.end(EndCode::connection_refused);
        REQUIRE(scene.state() == State::backoff);
        const auto wait =
            std::chrono::duration_cast<Milliseconds>(*scene.machine.next_try() - scene.now);
        CHECK(wait >= last);
        CHECK(wait <= 60s);
        last = wait;
        scene.elapse();
        CHECK(scene.state() == State::waiting);
    }
    CHECK(last == 60s);
    scene.go_live();
    scene.confirm();
    scene.end(EndCode::closed);
    CHECK(scene.state() == State::waiting);  // at once
    scene.connect();
    scene.end(EndCode::connection_refused);
    CHECK(scene.machine.next_try() == scene.now + 1s);
    scene.apply(Machine::Nudge{});
    CHECK(scene.state() == State::waiting);
}

TEST_CASE("states: what only the user can mend waits for the user") {
    Scene scene;
    scene.apply(Machine::NoPlan{{EndCode::key_unavailable, "no file"}});
    CHECK(scene.state() == State::rejected);
    CHECK(scene.machine.why() == SessionEnd{EndCode::key_unavailable, "no file"});
    CHECK_FALSE(scene.machine.next_try());
    scene.apply(Machine::Nudge{});
    CHECK(scene.state() == State::waiting);
    scene.connect();
    scene.end(EndCode::publish_refused);
    CHECK(scene.state() == State::rejected);
    CHECK(scene.machine.next_try() == scene.now + 5min);  // keys last here
}

TEST_CASE("states: a key that is refused late is seen as one") {
    Scene scene(30s, {4s, false});
    for (int i = 0; i < RetryPolicy::most_early_closes; ++i) {
        scene.go_live();
        scene.now += 3s;
        scene.end(EndCode::closed);
        CHECK(scene.machine.why()->code == EndCode::closed_early);
        if (scene.state() == State::backoff) scene.elapse();
    }
    CHECK(scene.state() == State::rejected);
    CHECK_FALSE(scene.machine.next_try());
}

TEST_CASE("states: a stop ends every state at once, and its timers have no effect afterwards") {
    for (int i = 0; i < 6; ++i) {
        CAPTURE(i);
        Scene scene;
        if (i >= 1) scene.connect();
        if (i >= 2) scene.apply(Machine::Accepted{});
        if (i == 3) scene.apply(Machine::IngestLost{gone});
        if (i == 4) scene.end(EndCode::reset, 0.5);
        if (i == 5) scene.end(EndCode::publish_refused);
        const auto timer = scene.machine.timer();
        CHECK(scene.apply(Machine::Stop{}));
        CHECK(scene.state() == State::stopped);
        CHECK_FALSE(scene.machine.timer());
        CHECK_FALSE(scene.machine.why());
        scene.now += 24h;
        if (timer) CHECK_FALSE(scene.apply(Machine::Elapsed{*timer}));
        for (const Machine::Event& late : std::vector<Machine::Event>{
                 Machine::Stop{}, Machine::Nudge{}, Machine::IngestReady{}, Machine::Accepted{},
                 Machine::IngestLost{gone}, Machine::Ended{{EndCode::reset}},
                 Machine::NoPlan{{EndCode::config_invalid}}, Machine::Blocked{}}) {
            CHECK_FALSE(scene.apply(late));
        }
        CHECK(scene.apply(Machine::Start{}));
        if (timer) CHECK_FALSE(scene.apply(Machine::Elapsed{*timer}));
        CHECK(scene.state() == State::waiting);
    }
}

TEST_CASE("states: a session that a stop ended said goodbye, one that broke did not") {
    Scene scene;
    scene.go_live();
    scene.end(EndCode::reset);
    CHECK(scene.machine.dirty_end());
    scene.elapse();
    scene.go_live();
    scene.apply(Machine::Stop{});
    CHECK_FALSE(scene.machine.dirty_end());
    CHECK(scene.machine.finished()->end.code == EndCode::stopped);
}

namespace {

/// Throws what can happen at a machine, in any order, and looks after each.
class Walk {
  public:
    explicit Walk(std::uint32_t seed) : chance_(seed) {
        hold_ = Milliseconds(pick(2) * 5000);
        service_ = {Milliseconds(pick(2) * 4000), pick(2) == 0};
        machine_.set_rules({hold_, service_});
    }

    /// Returns what is wrong; empty where nothing is.
    std::string run(int events) {
        for (int i = 0; i < events; ++i) {
            now_ += Milliseconds(pick(4) == 0 ? pick(120'000) : pick(2'000));
            const State from = machine_.state();
            const auto timer = machine_.timer();
            const Machine::Event event = any_event();
            const bool is_stop = std::holds_alternative<Machine::Stop>(event);
            const auto* const elapsed = std::get_if<Machine::Elapsed>(&event);
            const bool has_changed = machine_.apply(event, now_);
            const State to = machine_.state();
            if (from != to && !Machine::is_legal(from, to)) return "an arrow that is none";
            if (from != to && !has_changed) return "a change that is not told";
            if (is_stop && to != State::stopped) return "a stop that is not obeyed";
            if (from == State::stopped && to != from &&
                !std::holds_alternative<Machine::Start>(event)) {
                return "started by something else than a start";
            }
            if (elapsed != nullptr && timer != elapsed->timer && has_changed) {
                return "a timer of an old generation had an effect";
            }
            if (elapsed != nullptr && now_ < elapsed->timer.at && has_changed) {
                return "a timer had an effect before its time";
            }
            if (timer && from != to) old_.push_back(*timer);
            const auto* const silence = std::get_if<Machine::IngestSilent>(&event);
            if (silence != nullptr) is_endless_ = silence->still_flows || hold_ == 0s;
            watch_flow(event, from, to);
            if (auto wrong = look(); !wrong.empty()) return wrong;
        }
        return leads_to_live();
    }

  private:
    int pick(int below) { return static_cast<int>(chance_() % static_cast<std::uint32_t>(below)); }
    double luck() { return pick(1000) / 1000.0; }

    Machine::Event any_event() {
        constexpr std::array codes = {EndCode::connection_refused,
                                      EndCode::publish_refused,
                                      EndCode::closed,
                                      EndCode::reset,
                                      EndCode::stalled,
                                      EndCode::too_slow,
                                      EndCode::tracks_changed,
                                      EndCode::config_invalid,
                                      EndCode::not_supported,
                                      EndCode::tls_expired,
                                      EndCode::unreachable,
                                      EndCode::stopped};
        const SessionEnd end{codes[static_cast<std::size_t>(pick(codes.size()))]};
        switch (pick(17)) {
            case 16:
                return Machine::IngestSilent{silent, now_ - Milliseconds(pick(2'000)),
                                             pick(2) == 0};
            case 0:
                return Machine::Start{};
            case 1:
                if (pick(4) == 0) return Machine::Stop{};
                return Machine::Start{};
            case 2:
                return Machine::Nudge{};
            case 3:
                return Machine::NoPlan{end, luck()};
            case 4:
                return Machine::IngestMissing{end};
            case 5:
                return Machine::IngestLost{gone};
            case 6:
                return Machine::Blocked{};
            case 7:
            case 8:
                return Machine::Ended{end, pick(2) == 0, luck()};
            case 9:
            case 10:
                if (machine_.timer()) return Machine::Elapsed{*machine_.timer()};
                return Machine::IngestReady{};
            case 11:
                if (old_.empty()) return Machine::Elapsed{{7, now_}};
                return Machine::Elapsed{
                    old_[static_cast<std::size_t>(pick(static_cast<int>(old_.size())))]};
            case 12:
            case 13:
                return Machine::Accepted{};
            default:
                return Machine::IngestReady{};
        }
    }

    void watch_flow(const Machine::Event& event, State from, State to) {
        const bool has_begun = to == State::live && from != State::live;
        const bool is_stuck = std::holds_alternative<Machine::Blocked>(event) && !was_confirmed_;
        if (has_begun || is_stuck) flows_since_ = now_;
        was_confirmed_ = machine_.is_confirmed();
    }

    std::string look() const {
        const State state = machine_.state();
        const auto& timer = machine_.timer();
        const bool has_reason = machine_.why().has_value();
        if (machine_.is_confirmed() &&
            (state != State::live || now_ - flows_since_ < Machine::confirmation)) {
            return "confirmed without flow";
        }
        if (machine_.is_settled() &&
            (state != State::live || now_ - flows_since_ < Milliseconds(0))) {
            return "settled without being live";
        }
        switch (state) {
            case State::stopped:
                if (timer || has_reason) return "stopped, and not done";
                break;
            case State::backoff:
                if (!timer) return "gives up silently";
                if (timer->at - now_ > RetryPolicy::longest_held) return "waits for too long";
                [[fallthrough]];
            case State::rejected:
                if (!has_reason) return "waits without a reason";
                if (timer && timer->at - now_ > RetryPolicy::rejected_wait) return "waits longer";
                break;
            case State::holding:
                if ((!timer && !is_endless_) || !has_reason)
                    return "holds for ever, or for nothing";
                if (timer && timer->at - now_ > hold_) return "holds for too long";
                break;
            case State::live:
                if (!timer && !machine_.is_confirmed()) return "never to be confirmed";
                break;
            default:
                if (timer) return "a timer without use";
        }
        return "";
    }

    /// From wherever it stands, a world in which all is well makes it live.
    std::string leads_to_live() {
        for (int i = 0; i < 5; ++i) {
            switch (machine_.state()) {
                case State::stopped:
                    machine_.apply(Machine::Start{}, now_);
                    break;
                case State::waiting:
                case State::holding:
                    machine_.apply(Machine::IngestReady{}, now_);
                    break;
                case State::connecting:
                    machine_.apply(Machine::Accepted{}, now_);
                    break;
                case State::backoff:
                    now_ = std::max(now_, machine_.timer()->at);
                    machine_.apply(Machine::Elapsed{*machine_.timer()}, now_);
                    break;
                case State::rejected:
                    machine_.apply(Machine::Nudge{}, now_);
                    break;
                case State::live:
                    return "";
            }
        }
        return machine_.state() == State::live ? "" : "never live again";
    }

    std::minstd_rand chance_;
    Machine machine_;
    SteadyTime now_ = begin;
    Milliseconds hold_{};
    PlatformFacts service_;
    std::vector<Machine::Timer> old_;
    SteadyTime flows_since_ = begin;
    bool was_confirmed_ = false;
    bool is_endless_ = false;  ///< the last silence: nothing ends its hold
};

}  // namespace

TEST_SUITE_BEGIN("walk");

TEST_CASE("states: 100,000 random sequences of events meet nothing that is not in the design") {
    for (std::uint32_t seed = 1; seed <= 100'000; ++seed) {
        const std::string wrong = Walk(seed).run(12 + static_cast<int>(seed % 12));
        CAPTURE(seed);
        REQUIRE(wrong == "");
    }
}

TEST_SUITE_END();

TEST_CASE("states: a failure keeps its reason, through each new try, until one is live") {
    Scene scene;
    CHECK_FALSE(scene.machine.failure());
    scene.connect();
    CHECK(scene.machine.tries() == 1);
    CHECK_FALSE(scene.machine.failure());
    scene.end(EndCode::connect_timed_out);
    const SessionEnd timed_out{EndCode::connect_timed_out};
    CHECK(scene.state() == State::backoff);
    for (std::uint64_t i = 2; i < 6; ++i) {
        scene.elapse();
        CHECK(scene.state() == State::waiting);
        CHECK(scene.machine.failure() == timed_out);
        scene.connect();
        CHECK(scene.state() == State::connecting);
        CHECK(scene.machine.failure() == timed_out);
        CHECK(scene.machine.tries() == i);
        scene.end(EndCode::connect_timed_out);
    }
    // The user's own try keeps it, too.
    scene.apply(Machine::Nudge{});
    CHECK(scene.machine.failure() == timed_out);
    // An ingest that is away meanwhile is another matter: it is why(), and the failure stays.
    scene.apply(Machine::IngestMissing{{EndCode::no_publisher}});
    CHECK(scene.machine.why() == SessionEnd{EndCode::no_publisher});
    CHECK(scene.machine.failure() == timed_out);
    scene.connect();
    scene.apply(Machine::IngestLost{gone});
    CHECK(scene.machine.failure() == timed_out);
    scene.connect();
    scene.apply(Machine::Accepted{});
    CHECK(scene.state() == State::live);
    CHECK_FALSE(scene.machine.failure());
    CHECK(scene.machine.tries() == 0);
}

TEST_CASE("states: the newest failure is shown, also where the next try comes at once") {
    Scene scene;
    scene.go_live();
    scene.confirm();
    scene.end(EndCode::closed);
    CHECK(scene.state() == State::waiting);  // at once
    CHECK(scene.machine.failure() == SessionEnd{EndCode::closed});
    scene.connect();
    scene.end(EndCode::connection_refused);
    CHECK(scene.machine.failure() == SessionEnd{EndCode::connection_refused});
    scene.apply(Machine::Stop{});
    CHECK_FALSE(scene.machine.failure());
    CHECK(scene.machine.tries() == 0);
}

TEST_CASE("states: a publisher that leaves is no failure of the destination") {
    Scene scene(Milliseconds(0));
    scene.go_live();
    scene.apply(Machine::IngestLost{gone});
    CHECK(scene.state() == State::waiting);
    CHECK_FALSE(scene.machine.failure());
}

TEST_CASE("states: an earlier life's failure is kept, as one of this life is") {
    Machine machine;
    machine.remember_failure({EndCode::worker_crashed, "signal 11"}, 3);
    machine.apply(Machine::Start{}, begin);
    CHECK(machine.failure() == SessionEnd{EndCode::worker_crashed, "signal 11"});
    machine.apply(Machine::IngestReady{}, begin);
    CHECK(machine.tries() == 4);
    machine.apply(Machine::Accepted{}, begin);
    CHECK_FALSE(machine.failure());
}
