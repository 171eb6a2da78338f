#include "relay/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace restream {

namespace {

constexpr Milliseconds report_interval(1000);

/// What a decoder is set up with: the tag after them is the keyframe, and metadata may differ.
std::vector<Tag> headers_of(const std::vector<Tag>& prefix) {
    std::vector<Tag> found;
    for (std::size_t i = 0; i + 1 < prefix.size(); ++i) {
        if (prefix[i].type != TagType::script) found.push_back(prefix[i]);
    }
    return found;
}

bool are_same(const std::vector<Tag>& before, const std::vector<Tag>& after) {
    return std::ranges::equal(before, after, [](const Tag& a, const Tag& b) {
        return a.type == b.type && std::ranges::equal(a.bytes(), b.bytes());
    });
}

}  // namespace

Session::Session(Loop& loop, const OpenSink& open, SinkRequest request, OnLoss on_loss,
                 Intake& intake, SessionObserver& observer, const Cancel& cancel)
    : loop_(loop),
      open_(open),
      request_(std::move(request)),
      on_loss_(on_loss),
      intake_(intake),
      observer_(observer),
      cancel_(cancel) {}

SessionResult Session::run() {
    observer_.entered(State::connecting, std::nullopt);
    sink_ = open_(request_, loop_);
    std::optional<SessionEnd> end = connect();
    if (!end) {
        begin();
        while (!end) end = step();
        facts_.lasted = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - accepted_at_);
        report(SteadyClock::now());
    }
    return {std::move(*end), facts_};
}

/// Until the destination has accepted. Returns the end, if that comes first.
std::optional<SessionEnd> Session::connect() {
    while (!sink_->is_accepted()) {
        if (auto end = sink_->end()) return end;
        if (cancel_.is_requested()) {
            finish();
            return SessionEnd{EndCode::stopped};
        }
        intake_.take(SteadyClock::now());
        if (intake_.is_lost()) {
            finish();
            return SessionEnd{EndCode::ingest_gone};
        }
        loop_.run_once(Deadline::after(report_interval));
    }
    return std::nullopt;
}

void Session::begin() {
    facts_.was_accepted = true;
    now_ = accepted_at_ = live_since_ = reported_at_ = SteadyClock::now();
    figures_.started = std::chrono::system_clock::now();
    if (const auto file = sink_->file_name(); !file.empty()) observer_.writes_file(file);
    intake_.start_clock(now_);
    rebase_.begin(request_.prefix.back().time, now_);
    headers_ = headers_of(request_.prefix);
    send_all(std::exchange(request_.prefix, {}));
    observer_.entered(State::live, std::nullopt);
}

/// One turn: all that has arrived, and then the wait for more. Returns the end, if it is one.
std::optional<SessionEnd> Session::step() {
    now_ = SteadyClock::now();
    if (cancel_.is_requested()) return leave({EndCode::stopped});
    intake_.take(now_);
    if (auto end = carry()) return end;
    if (auto end = sink_->end()) return with_age(std::move(*end));
    if (intake_.is_too_slow(now_)) {
        finish();
        return SessionEnd{EndCode::too_slow};
    }
    if (hold_until_ && now_ >= *hold_until_) return leave({EndCode::ingest_gone});
    if (now_ - reported_at_ >= report_interval) report(now_);
    loop_.run_once(next_turn());
    return std::nullopt;
}

Deadline Session::next_turn() const {
    SteadyTime turn = std::min(reported_at_ + report_interval, intake_.next_turn(now_));
    if (hold_until_) turn = std::min(turn, *hold_until_);
    return Deadline(turn);
}

/// Writes what waits, as far as the sink takes it.
std::optional<SessionEnd> Session::carry() {
    while (sink_->is_ready()) {
        auto event = intake_.next();
        if (std::holds_alternative<Intake::Nothing>(event)) {
            if (!is_burst_over_ && intake_.is_burst_over(now_)) end_burst();
            break;
        }
        if (auto end = handle(std::move(event))) return end;
    }
    return std::nullopt;
}

/// What the ingest had stored has been sent, faster than it was made.
void Session::end_burst() {
    is_burst_over_ = true;
    has_rate_ = false;
    reported_bytes_ = figures_.bytes_sent;
    reported_at_ = now_;
    observer_.burst_is_over();
}

std::optional<SessionEnd> Session::handle(Intake::Event event) {
    if (const auto* tag = std::get_if<Tag>(&event))
        send(*tag);
    else if (const auto* begun = std::get_if<Intake::Begun>(&event))
        return resume(begun->prefix);
    else if (const auto* lost = std::get_if<Intake::Lost>(&event))
        return lose(lost->why);
    return std::nullopt;
}

void Session::send_all(const std::vector<Tag>& prefix) {
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        Tag tag = prefix[i];
        const bool is_header = i + 1 < prefix.size();
        if (is_header) tag.time = prefix.back().time;  // headers belong to the keyframe behind them
        send(tag);
    }
}

void Session::send(const Tag& tag) {
    const auto moved = rebase_.apply(tag, now_);
    if (!moved) return;
    sink_->write(*moved);
    figures_.bytes_sent += tag.bytes().size();
    if (tag.type == TagType::video) ++figures_.video_messages;
    if (tag.type == TagType::audio) ++figures_.audio_messages;
}

std::optional<SessionEnd> Session::lose(const SessionEnd& why) {
    if (on_loss_.what == OnIngestLoss::close || on_loss_.hold.count() <= 0) {
        return leave({EndCode::ingest_gone, why.detail});
    }
    hold_until_ = now_ + on_loss_.hold;
    observer_.entered(State::holding, SessionEnd{EndCode::ingest_gone, why.detail});
    return std::nullopt;
}

/// The ingest is back while the destination was held.
std::optional<SessionEnd> Session::resume(const std::vector<Tag>& prefix) {
    if (!are_same(headers_, headers_of(prefix))) return leave({EndCode::tracks_changed});
    intake_.start_clock(now_);
    rebase_.begin(prefix.back().time, now_);
    send_all(prefix);
    hold_until_.reset();
    live_since_ = now_;
    observer_.entered(State::live, std::nullopt);
    return std::nullopt;
}

/// An ending in order: with a goodbye.
SessionEnd Session::leave(SessionEnd end) {
    finish();
    facts_.said_goodbye = true;
    return end;
}

/// Says goodbye, and waits until it is said.
void Session::finish() {
    const Deadline deadline = Deadline::after(goodbye);
    sink_->finish(deadline);
    while (!sink_->end() && !deadline.has_passed()) loop_.run_once(deadline);
}

/// Where the destination closed: also how long after it had accepted.
SessionEnd Session::with_age(SessionEnd end) const {
    if (end.code != EndCode::closed && end.code != EndCode::reset) return end;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now_ - accepted_at_);
    const std::string words = describe_duration(age) + " after it accepted";
    end.detail = end.detail.empty() ? words : fmt::format("{}; {}", words, end.detail);
    return end;
}

void Session::report(SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - reported_at_).count();
    if (seconds > 0.2) {
        const auto bits = static_cast<double>(figures_.bytes_sent - reported_bytes_) * 8;
        const double kbps = bits / seconds / 1000;
        // Smoothed over about four seconds, so that a keyframe does not make it jump.
        const double before = figures_.bitrate_kbps;
        const double smoothed = has_rate_ ? before + (kbps - before) / 4 : kbps;
        has_rate_ = true;
        figures_.bitrate_kbps = static_cast<std::uint32_t>(std::lround(smoothed));
        reported_bytes_ = figures_.bytes_sent;
        reported_at_ = now;
    }
    figures_.dropped_messages = intake_.dropped();
    figures_.queue_ms = static_cast<std::uint32_t>(intake_.waited(now).count());
    figures_.rtt_ms = sink_->rtt_ms();
    const auto live_for = std::chrono::duration_cast<Milliseconds>(now - live_since_);
    if (!hold_until_ && live_for >= confirmation) facts_.was_confirmed = true;
    observer_.figures(figures_, intake_.media(now), hold_until_ ? Milliseconds(0) : live_for);
}

}  // namespace restream
