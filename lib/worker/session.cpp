#include "worker/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace restream {

namespace {

constexpr Milliseconds report_interval(1000);

/// What decoders are set up with: the last tag is a frame, and metadata may differ.
SetupTags headers_of(const std::vector<Tag>& prefix) {
    SetupTags found;
    for (std::size_t i = 0; i + 1 < prefix.size(); ++i) {
        if (prefix[i].type != TagType::script) found.keep(prefix[i]);
    }
    return found;
}

}  // namespace

Session::Session(Loop& loop, const OpenSink& open, SinkRequest request, Ways ways, Intake& intake,
                 SessionOwner& owner, const Cancel& cancel)
    : loop_(loop),
      open_(open),
      request_(std::move(request)),
      ways_(ways),
      intake_(intake),
      owner_(owner),
      cancel_(cancel) {}

void Session::run(SteadyTime begun_at) {
    now_ = SteadyClock::now();
    dropped_before_ = intake_.dropped();
    sink_ = open_(request_, loop_);
    while (owner_.machine().state() == State::connecting) connect(begun_at);
    while (is_on()) step();
    report(now_);
    finish();
}

/// One turn while the destination has not accepted.
void Session::connect(SteadyTime begun_at) {
    now_ = SteadyClock::now();
    if (cancel_.is_requested()) return tell(StateMachine::Stop{});
    if (auto how = sink_->end()) return end(std::move(*how), false);
    intake_.take(now_);
    if (sink_->is_accepted() && is_start_known()) return begin(begun_at);
    if (intake_.is_lost()) return tell(StateMachine::IngestLost{{EndCode::ingest_gone}});
    loop_.run_once(start_by_.value_or(Deadline::after(report_interval)));
}

/// Whether both tracks' first times are there, or are not to be waited for any longer.
bool Session::is_start_known() {
    const TagType first = request_.prefix.back().type;
    const TagType other = first == TagType::video ? TagType::audio : TagType::video;
    if (!intake_.carries(other) || intake_.first_time(other) || intake_.is_lost()) return true;
    if (!start_by_) start_by_ = Deadline(now_ + ways_.longest_start);
    return start_by_->has_passed();
}

/// What the session's times begin with: at `first`, and the other track's first message.
Rebase::First Session::first_times(const Tag& first) const {
    Rebase::First times;
    if (first.type == TagType::audio) {
        times.audio = first.time;
    } else {
        times.video = first.time;
        times.audio = intake_.first_time(TagType::audio);
    }
    constexpr std::int32_t most_stored_ms = 30'000;
    if (const auto last = intake_.last_time(first.type)) {
        times.stored = Milliseconds(std::clamp(last->since(first.time), 0, most_stored_ms));
    }
    return times;
}

void Session::begin(SteadyTime begun_at) {
    accepted_at_ = reported_at_ = now_;
    figures_.started = std::chrono::system_clock::now();
    if (const auto file = sink_->file_name(); !file.empty()) owner_.writes_file(file);
    intake_.start_clock(now_);
    const Intake::Begun begun{std::exchange(request_.prefix, {}), std::nullopt, begun_at};
    rebase_.begin(first_times(begun.prefix.back()), begun_at);
    headers_ = next_headers_ = headers_of(begun.prefix);
    send_all(begun);
    tell(StateMachine::Accepted{});
}

/// One turn: all that has arrived, and then the wait for more.
void Session::step() {
    now_ = SteadyClock::now();
    if (cancel_.is_requested()) return tell(StateMachine::Stop{});
    intake_.take(now_);
    carry();
    if (!is_on()) return;
    look_for_silence();
    if (!is_on()) return;
    show_slate();
    if (auto how = sink_->end()) {
        if (how->code == EndCode::tracks_changed) intake_.begin_next_later();
        return end(with_age(std::move(*how)), false);
    }
    if (intake_.is_too_slow(now_)) return end(too_slow(), false);
    keep_time();
    if (!is_on()) return;
    if (now_ - reported_at_ >= report_interval) report(now_);
    loop_.run_once(next_turn());
}

/// What happens by time alone.
void Session::keep_time() {
    if (intake_.waited(now_) >= longest_flowing_wait) tell(StateMachine::Blocked{});
    const auto timer = owner_.machine().timer();
    if (timer && now_ >= timer->at) tell(StateMachine::Elapsed{*timer});
}

Deadline Session::next_turn() const {
    SteadyTime turn =
        std::min({reported_at_ + report_interval, intake_.next_turn(now_), slate_turn()});
    if (const auto& timer = owner_.machine().timer()) turn = std::min(turn, timer->at);
    return Deadline(turn);
}

/// Writes what waits, as far as the sink takes it.
void Session::carry() {
    while (is_on() && sink_->is_ready()) {
        auto event = intake_.next();
        if (std::holds_alternative<Intake::Nothing>(event)) {
            if (!is_burst_over_ && intake_.is_burst_over(now_)) end_burst();
            break;
        }
        handle(std::move(event));
    }
}

/// What the ingest had stored has been sent, faster than it was made.
void Session::end_burst() {
    is_burst_over_ = true;
    rate_.restart(now_, figures_.bytes_sent);
    reported_at_ = now_;
    owner_.burst_is_over();
}

void Session::handle(Intake::Event event) {
    if (auto* arrived = std::get_if<Intake::Arrived>(&event)) {
        pass(std::move(*arrived));
    } else if (const auto* begun = std::get_if<Intake::Begun>(&event)) {
        resume(*begun);
    } else if (const auto* lost = std::get_if<Intake::Lost>(&event)) {
        is_lost_ = true;
        silence_ = Silence::none;
        if (owner_.machine().state() == State::live) shows_slate_ = false;
        last_picture_ = lost->last_picture;
        tell(StateMachine::IngestLost{lost->why, last_picture_});
    }
}

/// A publisher whose connection stands may send no picture, or nothing.
void Session::look_for_silence() {
    const Silence silence = is_lost_ ? Silence::none : intake_.silence(now_);
    if (silence == silence_) return;
    silence_ = silence;
    if (silence == Silence::none) {
        // A decoder that was set up for the slate goes on with a keyframe: see resume().
        if (shows_slate_) return tell(StateMachine::IngestMissing{{EndCode::waiting_for_keyframe}});
        return tell(StateMachine::IngestReady{});
    }
    if (owner_.machine().state() == State::live) shows_slate_ = false;
    last_picture_ = intake_.last_picture();
    const bool is_sound_left = silence == Silence::picture;
    SessionEnd why{EndCode::ingest_silent};
    if (is_sound_left) why.detail = sound_without_picture;
    tell(StateMachine::IngestSilent{std::move(why), last_picture_,
                                    is_sound_left && owner_.slate() == nullptr});
}

bool Session::is_too_much(TrackChange change) const {
    return change == TrackChange::tracks ||
           (change == TrackChange::settings && !ways_.takes_other_tracks);
}

/// A publisher may change its mind while it publishes. What the destination cannot take begins
/// another session: with the first keyframe behind the new header. Up to that, pictures are of the
/// old one, and still this session's.
void Session::pass(Intake::Arrived arrived) {
    const Tag& tag = arrived.tag;
    if (tag.type != TagType::script && SetupTags::is_one(tag)) {
        next_headers_.keep(tag);
        is_change_due_ = is_too_much(track_change(headers_, next_headers_));
        if (is_change_due_) return;
        headers_ = next_headers_;
    } else if (is_change_due_ && arrived.begins) {
        intake_.begin_next(std::move(arrived));
        return end({EndCode::tracks_changed}, true);
    } else if (is_change_due_ && is_of_change(tag, headers_, next_headers_)) {
        ++left_out_;
        return;
    }
    send(tag, arrived.at);
}

/// While it holds, from a while on: what there is to be shown instead.
void Session::show_slate() {
    Slate* const slate = owner_.machine().state() == State::holding ? owner_.slate() : nullptr;
    if (slate == nullptr || !is_slate_due()) return;
    if (!std::exchange(shows_slate_, true)) {
        if (!is_lost_) intake_.begin_again();
        slate->begin(now_);
        rebase_.begin_apart(now_);
        for (const Tag& header : slate->headers()) send(header, now_);
        const EndCode why = is_lost_ ? EndCode::ingest_gone : EndCode::ingest_silent;
        tell(StateMachine::IngestMissing{{why, "the slate is shown"}});
    }
    while (sink_->is_ready()) {
        const auto tag = slate->next(now_);
        if (!tag) break;
        send(*tag, now_);
    }
}

bool Session::is_slate_due() const {
    return shows_slate_ || (!intake_.has_waiting() && now_ >= last_picture_ + ways_.slate_after);
}

/// When the slate, if there is one, has something to send.
SteadyTime Session::slate_turn() const {
    const Slate* const slate =
        owner_.machine().state() == State::holding ? owner_.slate() : nullptr;
    if (slate == nullptr) return SteadyTime::max();
    // What waits for the destination goes first.
    if (!shows_slate_ && intake_.has_waiting()) return SteadyTime::max();
    if (!shows_slate_) return last_picture_ + ways_.slate_after;
    // Where the sink is not ready, it is what the loop waits for.
    return sink_->is_ready() ? slate->next_turn() : SteadyTime::max();
}

void Session::send_all(const Intake::Begun& begun) {
    const auto& prefix = begun.prefix;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        Tag tag = prefix[i];
        const bool is_header = i + 1 < prefix.size();
        if (is_header) tag.time = prefix.back().time;  // headers belong to the keyframe behind them
        send(tag, begun.at);
    }
}

void Session::send(const Tag& tag, SteadyTime at) {
    const auto moved = rebase_.apply(tag, at);
    if (!moved) return;
    sink_->write(*moved);
    figures_.bytes_sent += tag.bytes().size();
    if (tag.type == TagType::video) ++figures_.video_messages;
    if (tag.type == TagType::audio) ++figures_.audio_messages;
}

/// The ingest is back while the destination was held.
void Session::resume(const Intake::Begun& begun) {
    next_headers_ = headers_of(begun.prefix);
    if (is_too_much(track_change(headers_, next_headers_))) {
        intake_.begin_next(begun);
        return end({EndCode::tracks_changed}, true);
    }
    headers_ = next_headers_;
    is_change_due_ = false;
    is_lost_ = shows_slate_ = false;
    silence_ = Silence::none;
    intake_.start_clock(now_);
    rebase_.begin(first_times(begun.prefix.back()), begun.at);
    send_all(begun);
    tell(StateMachine::IngestReady{});
}

void Session::tell(const StateMachine::Event& event) { owner_.happened(event, now_); }

/// A goodbye that is due is said afterwards: see run(). Figures of a session that has ended are
/// nobody's.
void Session::end(SessionEnd end, bool said_goodbye) {
    if (accepted_at_ != SteadyTime()) report(now_);
    tell(StateMachine::Ended{std::move(end), said_goodbye, owner_.luck()});
}

/// Says goodbye, where the destination still listens, and waits until it is said.
void Session::finish() {
    if (sink_->end()) return;
    const Deadline deadline = Deadline::after(goodbye);
    sink_->finish(deadline);
    while (!sink_->end() && !deadline.has_passed()) loop_.run_once(deadline);
}

/// Sound does not wait for as long where a little moves: a way on which nothing does is another
/// trouble, which the connection itself is just about to tell, or has told of a moment before.
SessionEnd Session::too_slow() const {
    const auto standing = sink_->standing(now_);
    if (standing < TagQueue::longest_audio_wait / 2) return {EndCode::too_slow};
    return {EndCode::stalled, fmt::format("it took nothing for {:.3g} s",
                                          std::chrono::duration<double>(standing).count())};
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
    reported_at_ = now;
    rate_.add(now, figures_.bytes_sent);
    figures_.bitrate_kbps = rate_.kbps();
    figures_.dropped_messages = intake_.dropped() - dropped_before_ + discarded();
    figures_.queue_ms = static_cast<std::uint32_t>(intake_.waited(now).count());
    figures_.rtt_ms = sink_->rtt_ms();
    const auto media = intake_.media(now);
    owner_.figures(figures_, media);
    // What the publisher sent in disorder says nothing about the destination.
    SessionFigures flow = figures_;
    flow.dropped_messages -= discarded();
    owner_.measured(flow, media, {intake_.take_arrivals(now), intake_.tcp(), sink_->tcp()});
}

}  // namespace restream
