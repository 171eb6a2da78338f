#include "relay/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "config/key.hpp"

namespace restream {

namespace {

/// For a key command.
constexpr Milliseconds key_patience = std::chrono::seconds(10);

WallTime wall_now() { return std::chrono::system_clock::now(); }

}  // namespace

Worker::Worker(const Registry& registry, LogFile& log, Record first, Loop& loop, Means means)
    : name_(first.name),
      log_(log),
      loop_(loop),
      means_(std::move(means)),
      keeper_(registry, log, first),
      chance_(std::random_device{}()) {
    if (first.dirty_end) {
        const auto ago = std::max(WallTime::duration(0), wall_now() - *first.dirty_end);
        if (ago < RetryPolicy::longest_held) {
            policy_.remember_dirty_end(SteadyClock::now() -
                                       std::chrono::duration_cast<SteadyClock::duration>(ago));
        }
    }
}

void Worker::stop() {
    cancel_.request();
    loop_.wake();
}

void Worker::nudge() {
    is_nudged_.store(true);
    loop_.wake();
}

Worker::Left Worker::run() {
    while (!cancel_.is_requested()) {
        enter(State::waiting, std::nullopt);
        if (const auto problem = make_plan()) {
            if (cancel_.is_requested()) break;
            keeper_.count([](Record& record) { ++record.attempts; });
            pause(decide({*problem, {}}));
            continue;
        }
        if (!means_.can_carry_to(plan_->destination.url)) {
            log_.line("the destination is of another kind now: another worker takes it over");
            return Left::to_other_worker;
        }
        const auto result = carry();
        if (result && !cancel_.is_requested()) pause(decide(*result));
    }
    enter(State::stopped, std::nullopt);
    return Left::stopped;
}

/// One session, from the wait for the ingest on. Nothing where the worker is to end before it
/// begins.
std::optional<SessionResult> Worker::carry() {
    const auto& ingest = plan_->config.ingest;
    Intake intake(means_.open_source, {ingest.url, ingest.probe_duration, ingest.probe_bytes},
                  loop_);
    std::vector<Tag> prefix;
    if (!await_begin(intake, prefix)) return std::nullopt;
    return run_session(intake, std::move(prefix));
}

/// Reads the configuration and the key. Where that fails but went well before, the last plan stays:
/// a typing error in the configuration ends no relay. Returns why there is no plan.
std::optional<SessionEnd> Worker::make_plan() {
    SessionEnd problem{EndCode::config_invalid};
    try {
        Config config = means_.load();
        Destination destination = config.at(name_);
        auto key = resolve_key(destination, Deadline::after(key_patience),
                               [this] { return cancel_.is_requested(); });
        if (cancel_.is_requested()) return SessionEnd{EndCode::stopped};
        if (auto* secret = std::get_if<Secret>(&key)) {
            log_.hide(*secret);
            keeper_.count([&](Record& record) {
                record.service = destination.service;
                record.url = destination.display_url();
            });
            plan_ = Plan{std::move(config), std::move(destination), std::move(*secret)};
            return std::nullopt;
        }
        plan_.reset();
        problem = {EndCode::key_unavailable, std::get<KeyProblem>(key).message};
    } catch (const Error& error) {
        problem.detail = error.what();
    }
    log_.line(describe(problem));
    if (plan_) {
        log_.line("going on with the configuration as it was");
        return std::nullopt;
    }
    return problem;
}

/// Until the ingest gives a session's begin. False where the worker is to end.
bool Worker::await_begin(Intake& intake, std::vector<Tag>& prefix) {
    std::optional<SessionEnd> shown;
    while (!cancel_.is_requested()) {
        const SteadyTime now = SteadyClock::now();
        intake.take(now);
        auto event = intake.next();
        if (auto* begun = std::get_if<Intake::Begun>(&event)) {
            prefix = std::move(begun->prefix);
            return true;
        }
        const auto& obstacle = intake.obstacle();
        if (obstacle && obstacle != shown) {
            shown = obstacle;
            enter(State::waiting, obstacle);
        }
        loop_.run_once(Deadline(intake.next_turn(now)));
    }
    return false;
}

SessionResult Worker::run_session(Intake& intake, std::vector<Tag> prefix) {
    keeper_.count([](Record& record) { ++record.attempts; });
    const Destination& destination = plan_->destination;
    SinkRequest request;
    request.destination = name_;
    request.url = destination.url;
    request.key = plan_->key;
    request.ca_file = destination.ca_file;
    request.prefix = std::move(prefix);
    Session session(loop_, means_.open_sink, std::move(request),
                    {destination.on_ingest_loss, destination.hold}, intake, *this, cancel_);
    const SessionResult result = session.run();
    log_.line(fmt::format("session ended: {}{}", describe(result.end),
                          result.facts.was_accepted
                              ? fmt::format(", after {}", format_duration(result.facts.lasted))
                              : ""));
    return result;
}

NextTry Worker::decide(const SessionResult& result) {
    const ServiceFacts service =
        plan_ ? ServiceFacts{plan_->destination.late_refusal,
                             plan_->destination.key_lifetime == KeyLifetime::forever}
              : ServiceFacts{};
    const double luck = std::uniform_real_distribution<>(0, 1)(chance_);
    const NextTry next = policy_.after(result.end, result.facts, service, SteadyClock::now(), luck);
    const bool is_dirty = result.facts.was_accepted && !result.facts.said_goodbye;
    keeper_.count([&](Record& record) {
        if (is_dirty)
            record.dirty_end = wall_now();
        else if (result.facts.said_goodbye)
            record.dirty_end.reset();
    });
    return next;
}

void Worker::pause(const NextTry& next) {
    if (next.kind == NextTry::Kind::at_once) return;
    const bool is_rejected = next.kind != NextTry::Kind::after;
    const bool has_time = next.kind != NextTry::Kind::after_user;
    enter(is_rejected ? State::rejected : State::backoff, next.shown,
          has_time ? std::optional(next.wait) : std::nullopt);
    give_back_memory();
    const Deadline deadline = has_time ? Deadline::after(next.wait) : Deadline::never();
    while (!is_nudged_.load() && !cancel_.is_requested() && !deadline.has_passed()) {
        loop_.run_once(deadline);
    }
    if (is_nudged_.exchange(false)) policy_.forgive();
}

void Worker::enter(State state, const std::optional<SessionEnd>& why,
                   std::optional<Milliseconds> retry_in) {
    // A nudge is for a retry that waits; one that came while none did has had its effect.
    if (state == State::connecting) is_nudged_.store(false);
    log_.line(
        fmt::format("{}{}{}", state_name(state), why ? ": " + describe(*why) : "",
                    retry_in ? fmt::format(", next try in {}", format_duration(*retry_in)) : ""));
    keeper_.change([&](Record& record) {
        if (record.state != state) record.since = wall_now();
        record.state = state;
        record.confirmed = record.settled = false;
        record.reason.reset();
        record.next_retry.reset();
        if (why) {
            record.reason = Reason{std::string(end_code_name(why->code)), describe(*why),
                                   remedy(why->code, name_)};
        }
        if (retry_in) record.next_retry = wall_now() + *retry_in;
        if (state != State::live && state != State::holding) record.session.reset();
        if (state != State::live) record.media.reset();
    });
}

void Worker::entered(State state, const std::optional<SessionEnd>& why) {
    enter(state, why);
    if (state != State::live) return;
    const bool is_instant = plan_->destination.late_refusal.count() == 0;
    keeper_.change([&](Record& record) {
        if (!record.session) {
            record.session = SessionFigures{};
            record.session->started = wall_now();
            if (was_connected_) ++record.reconnects;
        }
        record.settled = is_instant;
    });
    was_connected_ = true;
}

void Worker::figures(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                     Milliseconds live_for) {
    const auto edit = [&](Record& record) {
        record.session = figures;
        record.media = media;
        if (record.state != State::live) return;
        record.settled = live_for >= plan_->destination.late_refusal;
        record.confirmed = live_for >= Session::confirmation;
    };
    const Record before = keeper_.current();
    const bool will_change = before.state == State::live &&
                             (before.settled != (live_for >= plan_->destination.late_refusal) ||
                              before.confirmed != (live_for >= Session::confirmation));
    if (will_change)
        keeper_.change(edit);
    else
        keeper_.count(edit);
}

void Worker::burst_is_over() { give_back_memory(); }

void Worker::writes_file(const std::string& name) { log_.line(fmt::format("writing {}", name)); }

}  // namespace restream
