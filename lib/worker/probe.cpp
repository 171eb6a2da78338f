#include "worker/probe.hpp"

#include <algorithm>
#include <utility>

#include "flv/media_meter.hpp"
#include "flv/tag_body.hpp"

namespace restream {

namespace {

/// How often Cancel is looked at, and whether anybody publishes.
constexpr Milliseconds asking_interval(50);

/// Learns from every tag what can be learned without decoding.
class Observer {
  public:
    void take(const Tag& tag);
    Probe result() const;
    bool has_keyframe() const { return seen_.to_keyframe.has_value(); }
    /// Video has begun, or the metadata promises it.
    bool expects_video() const { return is_video_expected_; }

  private:
    static Milliseconds since(SteadyTime begin, SteadyTime now) {
        return std::chrono::duration_cast<Milliseconds>(now - begin);
    }

    SteadyTime begun_ = SteadyClock::now();
    MediaMeter meter_;
    Probe seen_;
    bool is_video_expected_ = false;
};

void Observer::take(const Tag& tag) {
    const SteadyTime now = SteadyClock::now();
    ++seen_.messages;
    meter_.observe(tag, now);
    if (is_metadata(tag)) is_video_expected_ |= announces_video(tag);
    const bool is_video = tag.type == TagType::video;
    const bool is_audio = tag.type == TagType::audio;
    const auto body = is_video   ? video_body(tag.bytes())
                      : is_audio ? audio_body(tag.bytes())
                                 : std::nullopt;
    if (!body || body->kind == TagBody::Kind::other) return;
    is_video_expected_ |= is_video;
    if (body->kind != TagBody::Kind::frame) return;
    if (is_audio) ++seen_.audio_messages;
    if (is_video) ++seen_.video_messages;
    if (body->is_keyframe && !seen_.to_keyframe) seen_.to_keyframe = since(begun_, now);
}

Probe Observer::result() const {
    const SteadyTime now = SteadyClock::now();
    Probe probe = seen_;
    probe.media = meter_.facts(now);
    probe.watched = since(begun_, now);
    return probe;
}

/// The next thing that the source gives; Nothing at the deadline, or where it was cancelled.
TagSource::Event next_event(TagSource& source, Loop& loop, const Deadline& deadline,
                            const Cancel& cancel) {
    for (;;) {
        if (cancel.is_requested()) return TagSource::Nothing{};
        auto event = source.poll();
        const bool is_there = !std::holds_alternative<TagSource::Nothing>(event);
        if (is_there || deadline.has_passed()) return event;
        const SteadyTime turn = SteadyClock::now() + asking_interval;
        loop.run_once(Deadline(std::min(turn, deadline.at())));
    }
}

/// Reads for the span. It counts from the first keyframe, where one is to come: a server without a
/// GOP cache sends no picture before it.
void watch(TagSource& source, Loop& loop, const ProbeRequest& request, Observer& observer,
           const Cancel& cancel) {
    const Deadline keyframe_wait = Deadline::after(request.longest_keyframe_wait);
    Deadline until = Deadline::after(request.span);
    bool has_keyframe = observer.has_keyframe();
    for (;;) {
        const bool is_waiting = !has_keyframe && observer.expects_video();
        const Deadline end = is_waiting && keyframe_wait.at() > until.at() ? keyframe_wait : until;
        if (end.has_passed()) return;
        auto event = next_event(source, loop, end, cancel);
        const auto* const tag = std::get_if<Tag>(&event);
        if (!tag) return;  // what was seen still counts
        observer.take(*tag);
        if (has_keyframe || !observer.has_keyframe()) continue;
        has_keyframe = true;
        until = Deadline::after(request.span);
    }
}

/// Until the ingest sends something: nothing then, or why it does not.
std::optional<SessionEnd> await_first(TagSource& source, Loop& loop, const ProbeRequest& request,
                                      Observer& observer, const Cancel& cancel) {
    const Deadline deadline = Deadline::after(std::max(request.span, request.least_opening));
    bool is_told = false;
    while (!deadline.has_passed() && !cancel.is_requested()) {
        const Deadline turn(std::min(deadline.at(), SteadyClock::now() + asking_interval));
        auto event = next_event(source, loop, turn, cancel);
        if (const auto* const tag = std::get_if<Tag>(&event)) {
            observer.take(*tag);
            // Other data messages (|RtmpSampleAccess) are the server's own.
            if (tag->type != TagType::script || is_metadata(*tag)) return std::nullopt;
        }
        if (auto* const end = std::get_if<SessionEnd>(&event)) return std::move(*end);
        if (is_told || !source.has_no_publisher()) continue;
        is_told = true;
        if (request.on_no_publisher) request.on_no_publisher();
    }
    if (cancel.is_requested()) return SessionEnd{EndCode::stopped};
    return SessionEnd{is_told ? EndCode::no_publisher : EndCode::ingest_down};
}

}  // namespace

std::variant<Probe, SessionEnd> probe_ingest(const OpenSource& open, const ProbeRequest& request,
                                             Loop& loop, const Cancel& cancel) {
    SourceRequest source_request;
    source_request.url = request.url;
    source_request.longest_silence = request.span + std::chrono::seconds(1);
    Observer observer;
    const auto source = open(source_request, loop);
    if (auto end = await_first(*source, loop, request, observer, cancel)) return std::move(*end);
    watch(*source, loop, request, observer, cancel);
    if (cancel.is_requested()) return SessionEnd{EndCode::stopped};
    return observer.result();
}

}  // namespace restream
