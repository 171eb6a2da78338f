#include "worker/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"
#include "config/srt_options.hpp"
#include "config/url_secrets.hpp"
#include "relay/carried.hpp"
#include "relay/worker_kind.hpp"
#include "state/relay_name.hpp"
#include "system/memory.hpp"

namespace restream {

namespace {

WallTime wall_now() { return std::chrono::system_clock::now(); }

}  // namespace

Worker::Worker(const Registry& registry, LogFile& log, Record first, Loop& loop, Means means)
    : name_(first.name),
      registry_(registry),
      log_(log),
      loop_(loop),
      means_(std::move(means)),
      flight_(registry.layout().flight(first.name), first.worker_restarts),
      plan_watch_([this] { return read_plan(); }),
      keeper_(registry, log, first,
              [this](Milliseconds late) {
                  flight_.write(late);
                  look_at_plan();
              }),
      chance_(std::random_device{}()),
      slates_({registry.layout().slate_directory(),
               [&log](const std::string& line) { log.line(line); },
               means_.errands ? means_.errands->slate_starter() : nullptr}),
      hooks_({means_.programs, [&log](const std::string& line) { log.line(line); },
              means_.errands ? means_.errands->hook_starter() : nullptr}) {
    const auto failure = first.failure ? to_session_end(*first.failure) : std::nullopt;
    if (failure) machine_.remember_failure(*failure, first.tries);
    if (first.dirty_end) {
        const auto ago = std::max(WallTime::duration(0), wall_now() - *first.dirty_end);
        if (ago < RetryPolicy::longest_held) {
            machine_.remember_dirty_end(SteadyClock::now() -
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
    tell(StateMachine::Start{});
    while (!cancel_.is_requested()) {
        if (auto problem = make_plan()) {
            if (cancel_.is_requested()) break;
            keeper_.count([](Record& record) { ++record.attempts; });
            tell(StateMachine::NoPlan{std::move(*problem), luck()});
        } else if (is_for_another_) {
            log_.line(
                "the configuration has a hook, a key command or a slate, which this process cannot "
                "run: another process takes over");
            flight_.ended({EndCode::stopped});
            return Left::to_other_worker;
        } else if (!means_.can_carry_to(plan_->destination.url)) {
            log_.line("the destination is of another kind now: another worker takes it over");
            flight_.ended({EndCode::stopped});
            return Left::to_other_worker;
        } else if (is_called_for()) {
            carry();
        } else {
            stand_by();
        }
        pause();
    }
    tell(StateMachine::Stop{});
    return Left::stopped;
}

/// Whether the session is this relay's to carry: a backup's may wait for the primary to fail.
bool Worker::is_called_for() {
    if (!is_backup_relay(name_) || plan_->destination.backup != Backup::failover) {
        primary_.reset();
        return true;
    }
    if (!primary_) {
        primary_.emplace(registry_, std::string(destination_of(name_)), [this] { loop_.wake(); });
    }
    return primary_->turn() == Turn::carry;
}

/// Until it is called for, or the user asks: then the plan is made anew.
void Worker::stand_by() {
    tell(StateMachine::IngestMissing{{EndCode::standby}});
    intake_.reset();
    give_back_memory();
    while (!cancel_.is_requested() && !is_called_for() && !is_nudged_.exchange(false)) {
        loop_.run_once(Deadline::never());
    }
}

/// One session, from the wait for the ingest on.
void Worker::carry() {
    machine_.set_rules(rules());
    const auto& ingest = plan_->config.ingest;
    if (!intake_ || !intake_->is_of(ingest.url, ingest.probe_duration, ingest.probe_bytes)) {
        Intake::Settings settings{ingest.url, ingest.probe_duration, ingest.probe_bytes};
        settings.awaits_flow = std::exchange(was_silent_, false) ||
                               (means_.is_ingest_silent && means_.is_ingest_silent(ingest));
        intake_.emplace(means_.open_source, std::move(settings), loop_, only_);
    }
    if (auto begun = await_begin()) {
        tell(StateMachine::IngestReady{});
        run_session(std::move(*begun));
    }
    only_ = intake_->only();
    // While it waits for a retry, no session takes what arrives.
    if (machine_.state() != State::waiting || !intake_->goes_on()) intake_.reset();
}

StateMachine::Rules Worker::rules() const {
    const Destination& destination = plan_->destination;
    StateMachine::Rules rules;
    rules.service = {destination.late_refusal, destination.key_lifetime == KeyLifetime::forever};
    if (destination.on_ingest_loss != OnIngestLoss::close) rules.hold = destination.hold;
    if (may_show_slate() && slates_.has_one()) rules.hold = destination.slate.limit;
    return rules;
}

bool Worker::takes_other_tracks() const {
    return worker_kind(plan_->destination.url) == WorkerKind::rtmp &&
           plan_->destination.on_track_change == OnTrackChange::pass;
}

/// A slate is another track in the middle of a session.
bool Worker::may_show_slate() const {
    return plan_->destination.on_ingest_loss == OnIngestLoss::slate && takes_other_tracks();
}

void Worker::hide(const Secret& secret) {
    log_.hide(secret);
    flight_.hide(secret);
}

/// Reads the configuration and the secrets. Where that fails but went well before, the last plan
/// stays: a typing error in the configuration ends no relay. Returns why there is no plan.
std::optional<SessionEnd> Worker::make_plan() {
    SessionEnd problem{EndCode::config_invalid};
    try {
        Config config = means_.load();
        Destination destination = carried(config, name_);
        const bool has_none =
            means_.lacks_errands || (means_.errands != nullptr && means_.errands->has_gone());
        is_for_another_ = has_none && needs_errands(destination);
        if (is_for_another_) return std::nullopt;
        if (means_.errands) means_.errands->look();
        hooks_.use(destination, key_variables(config));
        const auto is_cancelled = [this] { return cancel_.is_requested(); };
        auto made = plan_of(std::move(config), std::move(destination), SecretCommands::are_run,
                            is_cancelled,
                            means_.errands ? means_.errands->secret_runner(is_cancelled) : nullptr);
        if (cancel_.is_requested()) return SessionEnd{EndCode::stopped};
        if (auto* plan = std::get_if<Plan>(&made)) {
            for (const Secret* each : {&plan->key, &plan->srt.passphrase, &plan->srt.stream_id}) {
                hide(*each);
            }
            for (const auto& url : {plan->destination.url, plan->config.ingest.url}) {
                for (const Secret& each : url_secrets(url)) hide(each);
            }
            keeper_.count([&](Record& record) {
                record.service = plan->destination.service;
                record.url = plan->destination.display_url();
            });
            plan_ = std::move(*plan);
            plan_watch_.use(*plan_);
            has_other_plan_.store(false);
            return std::nullopt;
        }
        plan_.reset();
        problem = std::move(std::get<SessionEnd>(made));
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

/// For the plan's watch, on the keeper's thread.
std::optional<Plan> Worker::read_plan() const {
    try {
        Config config = means_.load();
        Destination destination = carried(config, name_);
        auto made =
            plan_of(std::move(config), std::move(destination), SecretCommands::are_left_out);
        if (auto* plan = std::get_if<Plan>(&made)) return std::move(*plan);
        return std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// On the keeper's thread, once a second.
void Worker::look_at_plan() {
    const bool has_changed = plan_watch_.has_changed();
    if (has_other_plan_.exchange(has_changed) == has_changed) return;
    if (has_changed) log_.line("the configuration has changed: the next session uses it");
    keeper_.change([&](Record& record) {
        record.restart_pending = has_changed && is_session(record.state);
    });
    loop_.wake();
}

/// Until the ingest gives a session's begin. Nothing where the worker is to end or to stand by, or
/// has to make another plan first.
std::optional<Intake::Begun> Worker::await_begin() {
    while (!cancel_.is_requested() && is_called_for() && !has_other_plan_.load()) {
        const SteadyTime now = SteadyClock::now();
        intake_->take(now);
        auto event = intake_->next();
        if (auto* begun = std::get_if<Intake::Begun>(&event)) return std::move(*begun);
        if (const auto& obstacle = intake_->obstacle()) {
            happened(StateMachine::IngestMissing{*obstacle}, now);
        }
        loop_.run_once(Deadline(intake_->next_turn(now)));
    }
    return std::nullopt;
}

void Worker::run_session(Intake::Begun begun) {
    keeper_.count([](Record& record) { ++record.attempts; });
    const Destination& destination = plan_->destination;
    SinkRequest request;
    request.destination = name_;
    request.url = destination.url;
    request.key = plan_->key;
    request.ca_file = destination.ca_file;
    request.file_mode = destination.file_mode;
    if (destination.url.starts_with("srt:")) {
        request.url = srt_address(destination.url);
        request.srt = plan_->srt;
    }
    request.prefix = std::move(begun.prefix);
    request.sound = std::move(begun.sound);
    Session session(
        loop_, means_.open_sink, std::move(request),
        {.takes_other_tracks = takes_other_tracks(), .slate_after = destination.slate.after},
        *intake_, *this, cancel_);
    session.run(begun.at);
}

/// Waits for the next try, where the machine does. A backup that is not needed any more waits for
/// nothing; when it is needed again, it begins anew.
void Worker::pause() {
    const auto waits = [&] {
        return machine_.state() == State::backoff || machine_.state() == State::rejected;
    };
    if (waits()) {
        intake_.reset();
        give_back_memory();
    }
    while (waits() && !cancel_.is_requested()) {
        const auto timer = machine_.timer();
        if (is_nudged_.exchange(false) || (plan_ && !is_called_for())) {
            tell(StateMachine::Nudge{});
        } else if (timer && SteadyClock::now() >= timer->at) {
            tell(StateMachine::Elapsed{*timer});
        } else {
            loop_.run_once(timer ? Deadline(timer->at) : Deadline::never());
        }
    }
}

double Worker::luck() { return std::uniform_real_distribution<>(0, 1)(chance_); }

void Worker::happened(const StateMachine::Event& event, SteadyTime now) {
    // A slate may have come since the session began.
    if (std::holds_alternative<StateMachine::IngestLost>(event) ||
        std::holds_alternative<StateMachine::IngestSilent>(event)) {
        machine_.set_rules(rules());
    }
    const bool was_in_session = machine_.is_in_session();
    const bool was_silent = machine_.why() && machine_.why()->code == EndCode::ingest_silent;
    const bool has_changed = machine_.apply(event, now);
    if (was_in_session && !machine_.is_in_session()) {
        const auto& [end, facts] = *machine_.finished();
        was_silent_ = was_silent;
        flight_.ended(end);
        log_.line(fmt::format(
            "session ended: {}{}", describe(end),
            facts.was_accepted ? fmt::format(", after {}", format_duration(facts.lasted)) : ""));
    }
    if (has_changed) show();
}

/// Publishes what the machine says.
void Worker::show() {
    const SteadyTime now = SteadyClock::now();
    const State state = machine_.state();
    // A nudge is for a retry that waits; one that came while none did has had its effect.
    if (state == State::connecting) is_nudged_.store(false);
    std::optional<Milliseconds> retry_in;
    if (const auto at = machine_.next_try()) {
        retry_in = std::max(Milliseconds(0), std::chrono::duration_cast<Milliseconds>(*at - now));
    }
    log_change(retry_in);
    keeper_.change([&](Record& record) {
        const auto& why = machine_.why();
        if (record.state != state) record.since = wall_now();
        record.state = state;
        record.confirmed = machine_.is_confirmed();
        record.settled = machine_.is_settled();
        record.reason.reset();
        if (why) record.reason = to_reason(*why, name_);
        record.failure.reset();
        if (const auto& failure = machine_.failure()) record.failure = to_reason(*failure, name_);
        record.tries = machine_.tries();
        record.restart_pending = has_other_plan_.load() && is_session(state);
        record.next_retry.reset();
        if (retry_in) record.next_retry = now + *retry_in;
        record.dirty_end.reset();
        if (const auto at = machine_.dirty_end()) {
            record.dirty_end =
                wall_now() - std::chrono::duration_cast<WallTime::duration>(now - *at);
        }
        const bool is_connected = state == State::live || state == State::holding;
        if (is_connected && !record.session) {
            record.session = SessionFigures{};
            record.session->started = wall_now();
            if (std::exchange(was_connected_, true)) ++record.reconnects;
        } else if (!is_connected) {
            record.session.reset();
        }
        if (state != State::live) record.media.reset();
    });
    hooks_.tell(keeper_.current());
}

/// A line for each state, not for each thing that is known of it.
void Worker::log_change(const std::optional<Milliseconds>& retry_in) {
    const auto& why = machine_.why();
    std::string words =
        fmt::format("{}{}{}", state_name(machine_.state()), why ? ": " + describe(*why) : "",
                    retry_in ? fmt::format(", next try in {}", format_duration(*retry_in)) : "");
    if (words == shown_) return;
    log_.line(words);
    shown_ = std::move(words);
    flight_.entered(machine_.state(), why);
}

void Worker::figures(const SessionFigures& figures, const std::optional<MediaFacts>& media) {
    if (!machine_.is_in_session()) return;
    if (media && machine_.state() == State::live && may_show_slate()) {
        slates_.look(*media, plan_->destination.slate.picture);
    }
    keeper_.count([&](Record& record) {
        record.session = figures;
        record.media = media;
    });
}

void Worker::measured(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                      const FlowFacts& flow) {
    if (!machine_.is_in_session()) return;
    flight_.measured(figures, media, flow, SteadyClock::now());
    if (machine_.is_in_session() && !is_called_for()) {
        tell(StateMachine::Ended{{EndCode::standby}, true, 0});
    }
}

void Worker::burst_is_over() { give_back_memory(); }

void Worker::writes_file(const std::string& name) { log_.line(fmt::format("writing {}", name)); }

}  // namespace restream
