#include "relay/intake.hpp"

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
      readiness_(settings_.probe_duration, settings_.probe_bytes) {}

void Intake::open() {
    SourceRequest request;
    request.url = settings_.url;
    source_ = open_(request, loop_);
    has_had_tag_ = false;
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
            has_more_ = lost_.has_value();
            if (has_more_) return;
        } else if (auto* why = std::get_if<SessionEnd>(&event)) {
            close(std::move(*why), now);
            return;
        } else {
            break;
        }
    }
    if (source_->has_no_publisher()) obstacle_ = SessionEnd{EndCode::no_publisher};
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
    if (is_of_publisher(tag)) {
        has_had_tag_ = true;
        if (!is_delivering_) obstacle_ = SessionEnd{code_of(readiness_.missing())};
    }
    if (can_begin) obstacle_.reset();
    if (is_delivering_) {
        queue_.push(std::move(tag), now, can_begin);
    } else if (can_begin && !lost_) {  // Lost is fetched before anything new begins
        begun_ = Begun{readiness_.headers(), now};
        begun_->prefix.push_back(std::move(tag));
        is_delivering_ = true;
    }
}

void Intake::lose(SessionEnd why) {
    // A publisher that left is, from now on, one that is missing.
    obstacle_ = why.code == EndCode::ingest_gone ? SessionEnd{EndCode::no_publisher} : why;
    if (is_delivering_) lost_ = std::move(why);
    is_delivering_ = false;
    meter_.reset();
}

std::optional<MediaFacts> Intake::media(SteadyTime now) const {
    MediaFacts facts = meter_.facts(now);
    if (!facts.video && !facts.audio) return std::nullopt;
    return facts;
}

Intake::Event Intake::next() {
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
    if (lost_) return Lost{*std::exchange(lost_, std::nullopt)};
    return Nothing{};
}

void Intake::begin_again(Arrived first) {
    Begun begun{passed_.all(), first.at};
    begun.prefix.push_back(std::move(first.tag));
    begin_again(std::move(begun));
}

void Intake::begin_again(Begun begun) {
    begun_ = std::move(begun);
    goes_on_ = true;
    queue_.stop_clock();
}

void Intake::begin_again_later() {
    while (auto arrived = queue_.pop()) {
        if (arrived->begins) return begin_again(std::move(*arrived));
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
    if (is_known) return SteadyTime::max();
    return now + asking_interval;
}

}  // namespace restream
