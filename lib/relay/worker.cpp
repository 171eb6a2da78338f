#include "relay/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"

namespace restream {

namespace {

/// For a key command.
constexpr Milliseconds key_patience = std::chrono::seconds(10);

WallTime wall_now() { return std::chrono::system_clock::now(); }

}  // namespace

Record next_life(const std::optional<Record>& last, const std::string& name) {
    Record record;
    record.name = name;
    record.since = record.written = wall_now();
    if (!last) return record;
    record.service = last->service;
    record.url = last->url;
    record.reconnects = last->reconnects;
    record.attempts = last->attempts;
    record.worker_restarts = last->worker_restarts;
    record.dirty_end = last->dirty_end;
    const bool was_in_session = last->state == State::live || last->state == State::holding ||
                                last->state == State::connecting;
    if (was_in_session) record.dirty_end = last->written;
    return record;
}

Worker::Worker(const Registry& registry, LogFile& log, Record first, Means means)
    : name_(first.name),
      log_(log),
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
    const std::lock_guard lock(mutex_);
    if (woken_ != nullptr) woken_->wake();
    changed_.notify_all();
}

void Worker::nudge() {
    const std::lock_guard lock(mutex_);
    is_nudged_ = true;
    changed_.notify_all();
}

void Worker::run() {
    while (!cancel_.is_requested()) {
        enter(State::waiting, std::nullopt);
        if (const auto problem = make_plan()) {
            if (cancel_.is_requested()) break;
            keeper_.count([](Record& record) { ++record.attempts; });
            pause(decide({*problem, {}}));
            continue;
        }
        take_intake();
        intake_->begin_session();
        std::vector<Tag> prefix;
        if (!await_begin(prefix)) continue;
        const SessionResult result = run_session(std::move(prefix));
        intake_->end_session();
        if (!cancel_.is_requested()) pause(decide(result));
    }
    {
        const std::lock_guard lock(mutex_);
        woken_ = nullptr;
    }
    intake_.reset();
    enter(State::stopped, std::nullopt);
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

void Worker::take_intake() {
    const auto& ingest = plan_->config.ingest;
    const Intake::Settings settings{ingest.url, ingest.probe_duration, ingest.probe_bytes};
    if (intake_ && settings == intake_settings_) return;
    {
        const std::lock_guard lock(mutex_);
        woken_ = nullptr;
    }
    intake_ = std::make_unique<Intake>(means_.open_source, settings);
    intake_settings_ = settings;
    const std::lock_guard lock(mutex_);
    woken_ = intake_.get();
}

/// Until the ingest gives a session's begin. False where the worker is to end.
bool Worker::await_begin(std::vector<Tag>& prefix) {
    std::optional<SessionEnd> shown;
    while (!cancel_.is_requested()) {
        auto event = intake_->next(Deadline::after(Milliseconds(0)));
        if (auto* begun = std::get_if<Intake::Begun>(&event)) {
            prefix = std::move(begun->prefix);
            return true;
        }
        if (cancel_.is_requested())
            return false;  // what next() has just taken was the stop's wake()
        const auto obstacle = intake_->obstacle();
        if (obstacle && obstacle != shown) {
            shown = obstacle;
            enter(State::waiting, obstacle);
        }
        intake_->await_change(obstacle, Deadline::after(std::chrono::seconds(1)));
    }
    return false;
}

SessionResult Worker::run_session(std::vector<Tag> prefix) {
    keeper_.count([](Record& record) { ++record.attempts; });
    const Destination& destination = plan_->destination;
    SinkRequest request;
    request.destination = name_;
    request.url = destination.url;
    request.key = plan_->key;
    request.ca_file = destination.ca_file;
    request.prefix = std::move(prefix);
    Session session(means_.open_sink, std::move(request),
                    {destination.on_ingest_loss, destination.hold}, *intake_, *this, cancel_);
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
    std::unique_lock lock(mutex_);
    const Deadline deadline = has_time ? Deadline::after(next.wait) : Deadline::never();
    while (!is_nudged_ && !cancel_.is_requested() && !deadline.has_passed()) {
        changed_.wait_for(lock, deadline.left());
    }
    if (std::exchange(is_nudged_, false)) policy_.forgive();
}

void Worker::enter(State state, const std::optional<SessionEnd>& why,
                   std::optional<Milliseconds> retry_in) {
    {
        // A nudge is for a retry that waits; one that came while none did has had its effect.
        const std::lock_guard lock(mutex_);
        if (state == State::connecting) is_nudged_ = false;
    }
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

void Worker::figures(const SessionFigures& figures, Milliseconds live_for) {
    const auto edit = [&](Record& record) {
        record.session = figures;
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

void Worker::writes_file(const std::string& name) { log_.line(fmt::format("writing {}", name)); }

}  // namespace restream
