#include "worker/state_machine.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace restream {

namespace {

using enum State;

/// The arrows of the design, but those to stopped, which lead from everywhere.
constexpr std::array<std::pair<State, State>, 17> arrows = {{
    {stopped, waiting},
    {waiting, connecting},
    {waiting, backoff},   // no configuration, no key
    {waiting, rejected},  // the same
    {connecting, live},
    {connecting, waiting},
    {connecting, backoff},
    {connecting, rejected},
    {live, holding},
    {live, waiting},
    {live, backoff},
    {live, rejected},  // a key that is refused late
    {holding, live},
    {holding, waiting},
    {holding, backoff},
    {holding, rejected},
    {backoff, waiting},
}};

}  // namespace

bool StateMachine::is_legal(State from, State to) {
    if (to == stopped) return from != stopped;
    if (from == rejected) return to == waiting;
    return std::ranges::find(arrows, std::pair(from, to)) != arrows.end();
}

bool StateMachine::apply(const Event& event, SteadyTime now) {
    const std::uint64_t before = changes_;
    std::visit([&](const auto& each) { take(each, now); }, event);
    return changes_ != before;
}

std::optional<SteadyTime> StateMachine::next_try() const {
    if ((state_ != backoff && state_ != rejected) || !timer_) return std::nullopt;
    return timer_->at;
}

void StateMachine::take(const Start&, SteadyTime) {
    if (state_ == stopped) enter(waiting, std::nullopt);
}

void StateMachine::take(const Stop&, SteadyTime now) {
    if (state_ == stopped) return;
    if (is_in_session()) {
        const SessionEnd end{EndCode::stopped};
        (void)policy_.after(end, finish(end, true, now), rules_.service, now, 0);
    }
    forget_failure();
    enter(stopped, std::nullopt);
}

void StateMachine::take(const Nudge&, SteadyTime) {
    if (state_ != backoff && state_ != rejected) return;
    policy_.forgive();
    enter(waiting, std::nullopt);
}

void StateMachine::take(const NoPlan& event, SteadyTime now) {
    if (state_ != waiting) return;
    ++tries_;
    follow(policy_.after(event.why, {}, rules_.service, now, event.luck), now);
}

void StateMachine::take(const IngestMissing& event, SteadyTime) {
    if ((state_ != waiting && state_ != holding) || why_ == event.why) return;
    why_ = event.why;
    ++changes_;
}

void StateMachine::take(const IngestReady&, SteadyTime now) {
    if (state_ == waiting) {
        accepted_at_.reset();
        was_confirmed_ = false;
        ++tries_;
        enter(connecting, std::nullopt);
    } else if (state_ == holding) {
        enter_live(now);
    }
}

void StateMachine::take(const IngestLost& event, SteadyTime now) {
    const SessionEnd gone{EndCode::ingest_gone, event.why.detail};
    const bool is_held = state_ == live || state_ == holding;
    if (is_held && rules_.hold.count() > 0) {
        hold(gone, event.since.value_or(now) + rules_.hold);
    } else if (is_held || state_ == connecting) {
        end_session(gone, true, 0, now);
    }
}

void StateMachine::take(const IngestSilent& event, SteadyTime) {
    if (state_ != live && state_ != holding) return;
    std::optional<SteadyTime> until;
    // Without a hold, the end of the ingest's connection ends the session, and no silence before.
    if (rules_.hold.count() > 0 && !event.still_flows) until = event.since + rules_.hold;
    hold(event.why, until);
}

/// Where it holds already, a timer that was set stays: it counts from the same last picture.
void StateMachine::hold(const SessionEnd& why, std::optional<SteadyTime> until) {
    if (state_ == live) return enter(holding, why, until);
    if (why_ != why) {
        why_ = why;
        ++changes_;
    }
    if (timer_.has_value() != until.has_value()) set_timer(until);
}

void StateMachine::take(const Accepted&, SteadyTime now) {
    if (state_ != connecting) return;
    accepted_at_ = now;
    enter_live(now);
}

void StateMachine::take(const Blocked&, SteadyTime now) {
    if (state_ != live || is_confirmed_) return;
    flows_since_ = now;
    look_at_flow(now);
}

void StateMachine::take(const Ended& event, SteadyTime now) {
    if (is_in_session()) end_session(event.end, event.said_goodbye, event.luck, now);
}

void StateMachine::take(const Elapsed& event, SteadyTime now) {
    if (timer_ != event.timer || now < timer_->at) return;
    switch (state_) {
        case live:
            look_at_flow(now);
            break;
        case holding: {
            const bool is_silent = why_ && why_->code == EndCode::ingest_silent;
            end_session({is_silent ? EndCode::ingest_silent : EndCode::ingest_gone}, true, 0, now);
            break;
        }
        default:
            enter(waiting, std::nullopt);
    }
}

void StateMachine::enter(State state, std::optional<SessionEnd> why,
                         std::optional<SteadyTime> until) {
    assert(state == state_ || is_legal(state_, state));
    state_ = state;
    why_ = std::move(why);
    is_settled_ = is_confirmed_ = false;
    ++changes_;
    set_timer(until);
}

void StateMachine::forget_failure() {
    failure_.reset();
    tries_ = 0;
}

void StateMachine::enter_live(SteadyTime now) {
    forget_failure();
    enter(live, std::nullopt);
    flows_since_ = now;
    look_at_flow(now);
}

/// What has flowed for long enough is settled, then confirmed.
void StateMachine::look_at_flow(SteadyTime now) {
    const SteadyTime settled_at = flows_since_ + rules_.service.late_refusal;
    const SteadyTime confirmed_at = flows_since_ + confirmation;
    if (!is_settled_ && now >= settled_at) {
        is_settled_ = true;
        ++changes_;
    }
    if (!is_confirmed_ && now >= confirmed_at) {
        is_confirmed_ = was_confirmed_ = true;
        ++changes_;
    }
    if (is_settled_ && is_confirmed_) {
        set_timer(std::nullopt);
    } else if (is_settled_ || is_confirmed_) {
        set_timer(is_settled_ ? confirmed_at : settled_at);
    } else {
        set_timer(std::min(settled_at, confirmed_at));
    }
}

/// The one that was set before, if any, is of an old generation from now on.
void StateMachine::set_timer(std::optional<SteadyTime> at) {
    ++generation_;
    timer_.reset();
    if (at) timer_ = Timer{generation_, *at};
}

/// The facts of the session that ends now.
SessionFacts StateMachine::finish(const SessionEnd& end, bool said_goodbye, SteadyTime now) {
    SessionFacts facts;
    facts.was_accepted = accepted_at_.has_value();
    facts.was_confirmed = was_confirmed_;
    facts.said_goodbye = said_goodbye && facts.was_accepted;
    if (accepted_at_) facts.lasted = std::chrono::duration_cast<Milliseconds>(now - *accepted_at_);
    finished_ = Finished{end, facts};
    return facts;
}

void StateMachine::end_session(const SessionEnd& end, bool said_goodbye, double luck,
                               SteadyTime now) {
    const SessionFacts facts = finish(end, said_goodbye, now);
    follow(policy_.after(end, facts, rules_.service, now, luck), now);
}

void StateMachine::follow(NextTry next, SteadyTime now) {
    const bool has_failed =
        next.kind != NextTry::Kind::at_once || !is_nobodys_fault(next.shown.code);
    if (has_failed) failure_ = next.shown;
    switch (next.kind) {
        case NextTry::Kind::at_once:
            enter(waiting, std::nullopt);
            break;
        case NextTry::Kind::after:
            enter(backoff, std::move(next.shown), now + next.wait);
            break;
        case NextTry::Kind::after_user:
            enter(rejected, std::move(next.shown));
            break;
        case NextTry::Kind::after_long:
            enter(rejected, std::move(next.shown), now + next.wait);
            break;
    }
}

}  // namespace restream
