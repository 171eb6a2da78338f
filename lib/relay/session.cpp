#include "relay/session.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace restream {

namespace {

constexpr Milliseconds report_interval(1000);

/// Whether a decoder that was set up for `before` can go on with `after`.
bool are_same_tracks(const std::vector<Tag>& before, const std::vector<Tag>& after) {
    const auto headers = [](const std::vector<Tag>& prefix) {
        std::vector<std::span<const std::uint8_t>> found;
        // The last tag is the keyframe; metadata may differ.
        for (std::size_t i = 0; i + 1 < prefix.size(); ++i) {
            if (prefix[i].type != TagType::script) found.push_back(prefix[i].bytes());
        }
        return found;
    };
    return std::ranges::equal(headers(before), headers(after),
                              [](auto a, auto b) { return std::ranges::equal(a, b); });
}

}  // namespace

Session::Session(const OpenSink& open, SinkRequest request, OnLoss on_loss, Intake& intake,
                 SessionObserver& observer, const Cancel& cancel)
    : open_(open),
      request_(std::move(request)),
      on_loss_(on_loss),
      intake_(intake),
      observer_(observer),
      cancel_(cancel) {}

SessionResult Session::run() {
    observer_.entered(State::connecting, std::nullopt);
    auto opened = open_(request_, cancel_);
    if (auto* end = std::get_if<SessionEnd>(&opened)) return {std::move(*end), facts_};
    sink_ = std::get<std::unique_ptr<Sink>>(std::move(opened));
    facts_.was_accepted = true;
    accepted_at_ = live_since_ = reported_at_ = SteadyClock::now();
    figures_.started = std::chrono::system_clock::now();
    if (const auto file = sink_->file_name(); !file.empty()) observer_.writes_file(file);

    intake_.start_clock();
    rebase_.begin(request_.prefix.back().time, accepted_at_);
    std::optional<SessionEnd> end = send_all(request_.prefix);
    if (!end) observer_.entered(State::live, std::nullopt);
    while (!end) end = step();

    const SteadyTime now = SteadyClock::now();
    facts_.lasted = std::chrono::duration_cast<Milliseconds>(now - accepted_at_);
    report(now);
    return {std::move(*end), facts_};
}

/// One event of the intake. Returns the end, if it is one.
std::optional<SessionEnd> Session::step() {
    const auto event = intake_.next(Deadline(reported_at_ + report_interval));
    if (cancel_.is_requested()) return leave({EndCode::stopped});
    const SteadyTime now = SteadyClock::now();
    if (now - reported_at_ >= report_interval) report(now);
    if (const auto* tag = std::get_if<Tag>(&event)) return send(*tag);
    if (const auto* begun = std::get_if<Intake::Begun>(&event)) return resume(begun->prefix);
    if (const auto* lost = std::get_if<Intake::Lost>(&event)) return lose(lost->why);
    if (std::holds_alternative<Intake::TooSlow>(event)) {
        sink_->finish(Deadline::after(goodbye));
        return SessionEnd{EndCode::too_slow};
    }
    if (hold_until_ && now >= *hold_until_) return leave({EndCode::ingest_gone});
    return std::nullopt;
}

std::optional<SessionEnd> Session::send_all(const std::vector<Tag>& prefix) {
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        Tag tag = prefix[i];
        const bool is_header = i + 1 < prefix.size();
        if (is_header) tag.time = prefix.back().time;  // headers belong to the keyframe behind them
        if (auto end = send(tag)) return end;
    }
    return std::nullopt;
}

std::optional<SessionEnd> Session::send(const Tag& tag) {
    const auto moved = rebase_.apply(tag, SteadyClock::now());
    if (!moved) return std::nullopt;
    if (auto end = sink_->write(*moved)) {
        if (cancel_.is_requested()) return leave({EndCode::stopped});
        return end;
    }
    figures_.bytes_sent += tag.bytes().size();
    if (tag.type == TagType::video) ++figures_.video_messages;
    if (tag.type == TagType::audio) ++figures_.audio_messages;
    return std::nullopt;
}

std::optional<SessionEnd> Session::lose(const SessionEnd& why) {
    if (on_loss_.what == OnIngestLoss::close || on_loss_.hold.count() <= 0) {
        return leave({EndCode::ingest_gone, why.detail});
    }
    hold_until_ = SteadyClock::now() + on_loss_.hold;
    observer_.entered(State::holding, SessionEnd{EndCode::ingest_gone, why.detail});
    return std::nullopt;
}

/// The ingest is back while the destination was held.
std::optional<SessionEnd> Session::resume(const std::vector<Tag>& prefix) {
    if (!are_same_tracks(request_.prefix, prefix)) return leave({EndCode::tracks_changed});
    const SteadyTime now = SteadyClock::now();
    rebase_.begin(prefix.back().time, now);
    if (auto end = send_all(prefix)) return end;
    hold_until_.reset();
    live_since_ = now;
    observer_.entered(State::live, std::nullopt);
    return std::nullopt;
}

/// An ending in order: with a goodbye.
SessionEnd Session::leave(SessionEnd end) {
    sink_->finish(Deadline::after(goodbye));
    facts_.said_goodbye = true;
    return end;
}

void Session::report(SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - reported_at_).count();
    if (seconds > 0.2) {
        const auto bits = static_cast<double>(figures_.bytes_sent - reported_bytes_) * 8;
        const double kbps = bits / seconds / 1000;
        // Smoothed over about four seconds, so that a keyframe does not make it jump.
        const double before = figures_.bitrate_kbps;
        const double smoothed = reported_bytes_ == 0 ? kbps : before + (kbps - before) / 4;
        figures_.bitrate_kbps = static_cast<std::uint32_t>(std::lround(smoothed));
        reported_bytes_ = figures_.bytes_sent;
        reported_at_ = now;
    }
    figures_.dropped_messages = intake_.dropped();
    figures_.queue_ms = static_cast<std::uint32_t>(intake_.waited().count());
    figures_.rtt_ms = sink_->rtt_ms();
    const auto live_for = std::chrono::duration_cast<Milliseconds>(now - live_since_);
    if (!hold_until_ && live_for >= confirmation) facts_.was_confirmed = true;
    observer_.figures(figures_, hold_until_ ? Milliseconds(0) : live_for);
}

}  // namespace restream
