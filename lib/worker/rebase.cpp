#include "worker/rebase.hpp"

#include <algorithm>
#include <cstdlib>

#include "flv/frame.hpp"

namespace restream {

namespace {

/// Enhanced RTMP can carry 256 tracks of a kind; no encoder sends that many.
constexpr std::size_t most_tracks = 16;
/// Steps backward that stand still: encoders that take their times from two clocks.
constexpr std::int32_t longest_disorder_ms = 200;
/// A step that is longer than the time that passed by more than this may be a jump.
constexpr std::int32_t least_jump_ms = 100;
/// Where a clock jumped behind a pause, the messages behind it may still catch up: so much of the
/// pause counts at once, the rest where they do not.
constexpr std::int32_t longest_pause_ms = 500;
/// How far from where it was expected a track may go on to share a constant with another one.
constexpr std::int32_t likeness_ms = 1'000;
/// Tracks of one clock jump at their next message.
constexpr Milliseconds jump_together = std::chrono::seconds(10);
/// How far ahead of its track a sequence header's or a cue's own time may be to count.
constexpr std::int32_t longest_ahead_of_frames_ms = 200;
/// A time before the session's begin can be told from a late one within this.
constexpr Milliseconds young = std::chrono::hours(1);

RtmpTime later(RtmpTime a, RtmpTime b) { return b.since(a) > 0 ? b : a; }

RtmpTime earlier(RtmpTime time, std::int64_t ms) {
    return RtmpTime(time.ms() - static_cast<std::uint32_t>(ms));
}

RtmpTime moved(RtmpTime in, std::uint32_t shift) { return RtmpTime(in.ms() + shift); }

std::uint32_t shift_between(RtmpTime in, RtmpTime out) { return out.ms() - in.ms(); }

std::int32_t passed_ms(SteadyTime from, SteadyTime to) {
    constexpr std::int64_t most = 24LL * 3600 * 1000;
    const auto passed = std::chrono::duration_cast<Milliseconds>(to - from).count();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(passed, 0, most));
}

std::size_t index_of(TagType type) { return type == TagType::video ? 0 : 1; }

std::int64_t between(RtmpTime a, RtmpTime b) { return std::abs(std::int64_t(a.since(b))); }

TagType other_type(TagType type) {
    return type == TagType::video ? TagType::audio : TagType::video;
}

}  // namespace

std::int64_t Rebase::lead_of(RtmpTime out, SteadyTime at) const {
    const auto wall = std::chrono::duration_cast<Milliseconds>(at - *origin_).count();
    return out.since(RtmpTime(static_cast<std::uint32_t>(wall)));
}

Rebase::Track& Rebase::track_of(TagType type, std::uint8_t number) {
    Track* same_type = nullptr;
    for (Track& each : tracks_) {
        if (each.type != type) continue;
        if (each.number == number) return each;
        if (same_type == nullptr) same_type = &each;
    }
    if (same_type != nullptr && tracks_.size() >= most_tracks) return *same_type;
    Track& added = tracks_.emplace_back();
    added.type = type;
    added.number = number;
    return added;
}

const Rebase::Track* Rebase::first_of(TagType type) const {
    const auto found = std::ranges::find(tracks_, type, &Track::type);
    return found == tracks_.end() ? nullptr : &*found;
}

/// A running track of the other type: a witness of what time it is.
const Rebase::Track* Rebase::other_than(const Track& track) const {
    const TagType type = other_type(track.type);
    const auto found = std::ranges::find_if(
        tracks_, [&](const Track& each) { return each.type == type && each.is_running; });
    return found == tracks_.end() ? nullptr : &*found;
}

/// Where a track goes on whose publisher's clock says nothing about it.
RtmpTime Rebase::next_out(TagType type, SteadyTime at, Milliseconds stored) const {
    const Track* track = first_of(type);
    if (track == nullptr || !track->out) track = first_of(other_type(type));
    if (track == nullptr || !track->out) return RtmpTime();
    const auto wall = std::chrono::duration_cast<Milliseconds>(at - stored - *origin_).count();
    const RtmpTime due = RtmpTime(static_cast<std::uint32_t>(wall))
                             .plus(static_cast<std::int32_t>(track->pace.usual_ms()));
    return later(track->out->plus(1), due);
}

void Rebase::begin(const First& first, SteadyTime at) {
    const bool is_session_begin = !origin_;
    if (is_session_begin) origin_ = at;
    for (Track& each : tracks_) each.is_running = false;
    is_apart_ = false;
    starts_ = {};
    const TagType type = first.video ? TagType::video : TagType::audio;
    const RtmpTime in = first.video ? *first.video : first.audio.value_or(RtmpTime());
    RtmpTime out = next_out(type, at, first.stored);
    const auto other = first.video ? first.audio : std::nullopt;
    const std::int32_t ahead = other ? other->since(in) : 0;
    const bool is_together = other && between(*other, in) <= longest_distance_ms;
    if (is_together) {
        const Track* const before = first_of(TagType::audio);
        const RtmpTime least = before != nullptr && before->out ? *before->out : RtmpTime();
        const std::int32_t missing = least.since(out.plus(ahead));
        // At the begin of a session there is room for all.
        if (missing > (is_session_begin ? 0 : longest_cut_ms)) out = out.plus(missing);
    }
    starts_[index_of(type)] = Start{shift_between(in, out), out};
    if (!other) return;
    const RtmpTime other_out =
        is_together ? out.plus(ahead) : next_out(TagType::audio, at, first.stored);
    starts_[index_of(TagType::audio)] = Start{shift_between(*other, other_out), other_out};
}

void Rebase::begin_apart(SteadyTime at) {
    if (!origin_) origin_ = at;
    for (Track& each : tracks_) each.is_running = false;
    starts_ = {};
    is_apart_ = true;
}

/// All that comes is later by so much.
void Rebase::make_room(std::int32_t ms) {
    for (Track& each : tracks_) {
        if (!each.is_running) continue;
        each.shift += static_cast<std::uint32_t>(ms);
        each.pace.shift(ms);
    }
    for (auto& each : starts_) {
        if (each) *each = Start{each->shift + static_cast<std::uint32_t>(ms), each->out.plus(ms)};
    }
}

std::optional<Tag> Rebase::apply(const Tag& tag, SteadyTime at) {
    if (!origin_) {
        First first;
        (tag.type == TagType::audio ? first.audio : first.video) = tag.time;
        begin(first, at);
    }
    Tag made = tag;
    if (tag.type == TagType::script) {
        made.time = script_time(tag.time);
        return made;
    }
    const auto body = body_of(tag);
    Track& track = track_of(tag.type, body ? body->track : 0);
    if (!body || body->kind != TagBody::Kind::frame) {
        track.out = passive_time(track, tag.time);
    } else if (track.is_running) {
        follow(track, tag.time, at);
    } else if (!start(track, tag.time, at)) {
        ++discarded_;
        return std::nullopt;
    }
    made.time = *track.out;
    return made;
}

/// Metadata and cues: often 0, whatever time it is.
RtmpTime Rebase::script_time(RtmpTime in) {
    const auto running = std::ranges::find(tracks_, true, &Track::is_running);
    RtmpTime out = script_out_.value_or(RtmpTime());
    if (running != tracks_.end()) {
        const RtmpTime own = moved(in, running->shift);
        const std::int32_t ahead = own.since(*running->out);
        const bool counts = ahead >= 0 && ahead <= longest_ahead_of_frames_ms;
        out = counts ? own : *running->out;
    } else if (starts_[0] || starts_[1]) {
        // In front of all frames: with the track that is behind.
        out = starts_[0] ? starts_[0]->out : starts_[1]->out;
        if (starts_[1] && out.since(starts_[1]->out) > 0) out = starts_[1]->out;
    }
    script_out_ = script_out_ ? later(*script_out_, out) : out;
    return *script_out_;
}

/// What is no frame: see script_time().
RtmpTime Rebase::passive_time(const Track& track, RtmpTime in) const {
    if (track.is_running) {
        const RtmpTime own = moved(in, track.shift);
        const std::int32_t ahead = own.since(*track.out);
        return ahead >= 0 && ahead <= longest_ahead_of_frames_ms ? own : *track.out;
    }
    // In front of the track's first frame.
    RtmpTime out;
    if (const auto& start = starts_[index_of(track.type)]) {
        const RtmpTime own = moved(in, start->shift);
        const bool counts =
            own.since(track.out.value_or(RtmpTime())) >= 0 && start->out.since(own) >= 0;
        if (counts) return own;
        out = start->out;
    } else if (const Track* const other = other_than(track); other != nullptr) {
        out = *other->out;
    } else if (const auto& other_start = starts_[index_of(other_type(track.type))]) {
        out = other_start->out;
    }
    return track.out ? later(*track.out, out) : out;
}

std::uint32_t Rebase::first_shift(const Track& track, RtmpTime in, SteadyTime at) const {
    if (is_apart_) return shift_between(in, next_out(track.type, at, Milliseconds(0)));
    if (const auto& known = starts_[index_of(track.type)]) return known->shift;
    RtmpTime expected = next_out(track.type, at, Milliseconds(0));
    std::optional<std::uint32_t> shared;
    if (const Track* const other = other_than(track); other != nullptr) {
        expected = other->out->plus(passed_ms(other->at, at));
        shared = other->shift;
    } else if (const auto& start = starts_[index_of(other_type(track.type))]) {
        shared = start->shift;
    }
    const bool is_near = shared && between(moved(in, *shared), expected) <= longest_distance_ms;
    return is_near ? *shared : shift_between(in, expected);
}

/// A track's first frame since begin(). False where it is from before that.
bool Rebase::start(Track& track, RtmpTime in, SteadyTime at) {
    std::uint32_t shift = first_shift(track, in, at);
    std::int32_t behind = 0;
    if (track.out)
        behind = track.out->since(moved(in, shift));
    else if (at - *origin_ < young)
        behind = RtmpTime().since(moved(in, shift));
    if (behind > 0 && behind <= longest_cut_ms) return false;
    if (behind > 0) {
        make_room(behind);
        shift += static_cast<std::uint32_t>(behind);
    }
    track.is_running = true;
    track.in = in;
    track.at = at;
    track.shift = shift;
    track.former_shift.reset();
    track.out = moved(in, shift);
    track.pace.begin(lead_of(*track.out, at), at);
    const Track* const other = other_than(track);
    track.other_out = other != nullptr ? other->out : std::nullopt;
    return true;
}

void Rebase::follow(Track& track, RtmpTime in, SteadyTime at) {
    const std::int64_t step = in.since(track.in);
    const Track* const other = other_than(track);
    // What is due: the time that passed, or what the other track made of it, where a server sends
    // what it had stored.
    const std::int32_t passed = passed_ms(track.at, at);
    const std::int32_t made =
        other != nullptr && track.other_out ? other->out->since(*track.other_out) : 0;
    const std::int32_t due = std::max(passed, made);
    const bool is_behind = step < -longest_disorder_ms;
    const bool is_uneven = step - due > least_jump_ms;
    const bool is_ahead = is_uneven && track.pace.is_ahead(lead_of(moved(in, track.shift), at), at);
    if (is_behind || is_ahead) {
        const std::int32_t pause = std::max(std::min(passed, longest_pause_ms), made);
        move(track, shift_after_jump(track, in, pause, at), at);
    } else if (is_uneven || step < 0) {
        if (const auto shared = shift_of_moved(track, in, due, at)) move(track, *shared, at);
    }
    track.in = in;
    track.at = at;
    track.out = later(*track.out, moved(in, track.shift));
    if (const auto lag = track.pace.observe(lead_of(*track.out, at), at)) {
        catch_up(track, *lag, at);
    }
    track.other_out = other != nullptr ? other->out : std::nullopt;
}

/// The constant of another track that has jumped before it, or its own from before; else one with
/// which it goes on where it is due.
std::uint32_t Rebase::shift_after_jump(const Track& track, RtmpTime in, std::int32_t due,
                                       SteadyTime at) const {
    RtmpTime expected = track.out->plus(due);
    // What is ahead of the wall clock waits for it.
    const std::int64_t ahead = lead_of(expected, at) - track.pace.usual_ms();
    if (ahead > 0) expected = later(*track.out, earlier(expected, ahead));
    std::int64_t least_miss = likeness_ms + 1;
    std::uint32_t best = shift_between(in, expected);
    const auto try_one = [&](std::uint32_t shift) {
        const RtmpTime out = moved(in, shift);
        const std::int64_t miss = between(out, expected);
        const bool is_backward = out.since(*track.out) < -longest_disorder_ms;
        if (shift == track.shift || is_backward || miss >= least_miss) return;
        least_miss = miss;
        best = shift;
    };
    for (const Track& each : tracks_) {
        if (&each != &track && each.is_running) try_one(each.shift);
    }
    if (track.former_shift) try_one(*track.former_shift);
    return best;
}

/// A small jump that shows only because another track of the same clock was moved for it: without
/// that, the distance between the two would be another one from now on.
std::optional<std::uint32_t> Rebase::shift_of_moved(const Track& track, RtmpTime in,
                                                    std::int32_t due, SteadyTime at) const {
    const RtmpTime expected = track.out->plus(due);
    const std::int64_t own_miss = between(moved(in, track.shift), expected);
    for (const Track& each : tracks_) {
        const bool is_of_it = each.is_running && each.former_shift == track.shift &&
                              each.shift != track.shift && at - each.moved_at < jump_together;
        if (!is_of_it) continue;
        if (between(moved(in, each.shift), expected) < own_miss / 2) return each.shift;
    }
    return std::nullopt;
}

void Rebase::move(Track& track, std::uint32_t shift, SteadyTime at) {
    if (shift == track.shift) return;
    track.former_shift = track.shift;
    track.shift = shift;
    track.moved_at = at;
}

/// The publisher's clock has stood still: for this track, and for those that fell behind with it.
void Rebase::catch_up(Track& track, std::int64_t ms, SteadyTime at) {
    const std::uint32_t before = track.shift;
    for (Track& each : tracks_) {
        const bool is_with_it =
            each.is_running && each.shift == before && each.pace.lag_ms() > ms / 2;
        if (&each != &track && !is_with_it) continue;
        move(each, before + static_cast<std::uint32_t>(ms), at);
        each.pace.caught_up(ms);
    }
    track.out = moved(track.in, track.shift);
}

}  // namespace restream
