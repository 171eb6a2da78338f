#include "worker/intake.hpp"

#include <algorithm>
#include <utility>

namespace restream {

namespace {

/// Between tries to open the ingest: it is on this machine or near; OBS and nginx come back within
/// seconds, and each try costs one local connection.
constexpr Milliseconds shortest_retry(100);
constexpr Milliseconds longest_retry(1000);
/// How often it is asked whether anybody publishes, until that is known.
constexpr Milliseconds asking_interval(250);

/// What a server stores, it sends within this time, and without a pause of this length.
constexpr Milliseconds longest_burst(300);
constexpr Milliseconds longest_burst_pause(50);

/// Servers send other data messages (|RtmpSampleAccess) to whoever plays, also when nobody
/// publishes.
bool is_of_publisher(const Tag& tag) { return tag.type != TagType::script || is_metadata(tag); }

EndCode code_of(Readiness::Missing missing) {
    switch (missing) {
        case Readiness::Missing::picture:
            return EndCode::waiting_for_picture;
        case Readiness::Missing::sound:
            return EndCode::waiting_for_sound;
        case Readiness::Missing::keyframe:
            break;
    }
    return EndCode::waiting_for_keyframe;
}

}  // namespace

Intake::Intake(const OpenSource& open, Settings settings, Loop& loop, std::optional<TagType> only)
    : open_(open),
      settings_(std::move(settings)),
      loop_(loop),
      only_(only),
      retry_(shortest_retry),
      readiness_(settings_.probe_duration, settings_.probe_bytes),
      awaits_flow_(settings_.awaits_flow) {
    if (awaits_flow_) obstacle_ = SessionEnd{EndCode::ingest_silent};
}

void Intake::open() {
    SourceRequest request;
    request.url = settings_.url;
    source_ = open_(request, loop_);
    has_had_tag_ = false;
    first_tag_at_.reset();
    readiness_.begin();
    if (const auto only = std::exchange(only_, std::nullopt)) readiness_.expect_only(*only);
}

void Intake::take(SteadyTime now) {
    if (!source_) {
        if (open_at_ && now < *open_at_) return;
        open();
    }
    // What the next publisher begins with may come in one piece with the end of the last: it waits
    // until that end is fetched, else its keyframe would come too early.
    if (has_more_ && lost_) return;
    has_more_ = false;
    for (;;) {
        auto event = source_->poll();
        if (auto* tag = std::get_if<Tag>(&event)) {
            take_tag(std::move(*tag), now);
        } else if (std::holds_alternative<TagSource::PublisherLeft>(event)) {
            readiness_.begin();
            lose({EndCode::ingest_gone});
            awaits_flow_ = false;  // the next publisher is not the one that was silent
            has_more_ = lost_.has_value();
            if (has_more_) return;
        } else if (auto* why = std::get_if<SessionEnd>(&event)) {
            close(std::move(*why), now);
            return;
        } else {
            break;
        }
    }
    if (source_->has_no_publisher()) {
        obstacle_ = SessionEnd{EndCode::no_publisher};
    } else if ((!is_delivering_ || awaits_flow_) && silence(now) != Silence::none) {
        obstacle_ = SessionEnd{EndCode::ingest_silent};
    }
}

void Intake::close(SessionEnd why, SteadyTime now) {
    source_.reset();
    if (has_had_tag_) retry_ = shortest_retry;
    open_at_ = now + retry_;
    retry_ = std::min(retry_ * 2, longest_retry);
    lose(std::move(why));
}

void Intake::take_tag(Tag tag, SteadyTime now) {
    const bool can_begin = readiness_.observe(tag, now);
    meter_.observe(tag, now);
    arrivals_.add(tag.bytes().size(), now);
    if (is_of_publisher(tag)) note_publisher(tag, now);
    if (can_begin && !awaits_flow_) obstacle_.reset();
    if (is_delivering_) {
        queue_.push(std::move(tag), now, can_begin);
    } else if (can_begin && !lost_) {  // Lost is fetched before anything new begins
        begun_ = Begun{readiness_.headers(), readiness_.sound(), now};
        begun_->prefix.push_back(std::move(tag));
        is_delivering_ = true;
        begins_again_ = false;
    }
}

void Intake::note_publisher(const Tag& tag, SteadyTime now) {
    has_had_tag_ = true;
    if (!first_tag_at_) first_tag_at_ = last_tag_at_ = now;
    const bool is_behind_burst =
        now - *first_tag_at_ > longest_burst || now - last_tag_at_ > longest_burst_pause;
    last_tag_at_ = now;
    // Some servers hold everything back until the next keyframe.
    meter_.begin(now + Readiness::announced_wait);
    const bool is_media = tag.type != TagType::script && !SetupTags::is_one(tag);
    if (awaits_flow_ && is_behind_burst && is_media) {
        awaits_flow_ = false;
        obstacle_.reset();
    }
    if (!is_delivering_ && !awaits_flow_) {
        obstacle_ = SessionEnd{code_of(readiness_.missing())};
    }
}

void Intake::lose(SessionEnd why) {
    // A publisher that left is, from now on, one that is missing.
    obstacle_ = why.code == EndCode::ingest_gone ? SessionEnd{EndCode::no_publisher} : why;
    if (awaits_flow_) {
        begun_.reset();
        queue_ = TagQueue();
    } else if (is_delivering_ || begins_again_) {
        lost_ = Lost{std::move(why), last_picture()};
    }
    is_delivering_ = begins_again_ = false;
    meter_.reset();
}

void Intake::begin_again() {
    is_delivering_ = false;
    begins_again_ = true;
}

std::optional<MediaFacts> Intake::media(SteadyTime now) const {
    MediaFacts facts = meter_.facts(now);
    if (!facts.video && !facts.audio) return std::nullopt;
    return facts;
}

Intake::Event Intake::next() {
    if (awaits_flow_) return Nothing{};
    if (begun_) {
        goes_on_ = false;
        passed_.clear();
        for (const Tag& each : begun_->prefix) passed_.keep(each);
        return *std::exchange(begun_, std::nullopt);
    }
    if (auto arrived = queue_.pop()) {
        passed_.keep(arrived->tag);
        return std::move(*arrived);
    }
    if (lost_) return *std::exchange(lost_, std::nullopt);
    return Nothing{};
}

void Intake::begin_next(Arrived first) {
    Begun begun{passed_.all(), readiness_.sound(), first.at};
    begun.prefix.push_back(std::move(first.tag));
    begin_next(std::move(begun));
}

void Intake::begin_next(Begun begun) {
    begun_ = std::move(begun);
    goes_on_ = true;
    queue_.stop_clock();
}

void Intake::begin_next_later() {
    while (auto arrived = queue_.pop()) {
        if (arrived->begins) return begin_next(std::move(*arrived));
        passed_.keep(arrived->tag);
    }
    goes_on_ = true;
    is_delivering_ = false;
    queue_.stop_clock();
}

SteadyTime Intake::next_turn(SteadyTime now) const {
    if (!source_) return open_at_.value_or(now);
    if (has_more_ && !lost_) return now;
    const bool is_known = has_had_tag_ || (obstacle_ && obstacle_->code == EndCode::no_publisher);
    const SteadyTime silent_at = meter_.pulse().silent_at(now);
    return is_known ? silent_at : std::min(silent_at, now + asking_interval);
}

}  // namespace restream
