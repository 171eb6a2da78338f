#include "media/probe.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "media/packets.hpp"
#include "media/tracks.hpp"

namespace restream {

namespace {

/// The source tells that nobody publishes one second after it began to open.
constexpr Milliseconds least_opening(1500);
/// How often Cancel is looked at, and whether anybody publishes.
constexpr Milliseconds asking_interval(50);
/// So much is kept to learn the tracks from; a keyframe and some sound are among the first.
constexpr std::size_t most_prefix_tags = 200;
constexpr std::uint8_t video_avc = 7;

/// Times and sizes of one kind of message.
struct Tally {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::optional<RtmpTime> first;
    RtmpTime last;

    void add(const Tag& tag) {
        ++messages;
        bytes += tag.bytes().size();
        if (!first) first = tag.time;
        last = tag.time;
    }
    double span_s() const { return first ? last.since(*first) / 1000.0 : 0; }
    /// Messages a second, each but the last with the time to its successor.
    double rate() const { return span_s() > 0 ? static_cast<double>(messages - 1) / span_s() : 0; }
    int kbps() const {
        if (rate() <= 0) return 0;
        const double per_message = static_cast<double>(bytes) / static_cast<double>(messages);
        return static_cast<int>(std::lround(per_message * rate() * 8 / 1000));
    }
};

/// Learns from every tag what can be learned without decoding.
class Observer {
  public:
    void take(const Tag& tag);
    Probe result() const;
    bool has_keyframe() const { return to_keyframe_.has_value(); }
    /// Video has begun, or the metadata promises it.
    bool expects_video() const { return video_facts_.has_value() || is_video_promised_; }

  private:
    void take_video(const Tag& tag);
    void take_audio(const Tag& tag);

    SteadyTime begun_ = SteadyClock::now();
    std::uint64_t messages_ = 0;
    std::vector<Tag> prefix_;
    Tally video_;
    Tally audio_;
    Tally keyframes_;
    std::optional<VideoFacts> video_facts_;
    std::optional<AudioFacts> audio_facts_;
    std::optional<std::int32_t> composition_time_;
    bool has_b_frames_ = false;
    bool is_video_promised_ = false;
    std::optional<Milliseconds> to_keyframe_;
};

void Observer::take(const Tag& tag) {
    ++messages_;
    if (prefix_.size() < most_prefix_tags) prefix_.push_back(tag);
    if (is_metadata(tag)) {
        constexpr std::string_view name = "videocodecid";
        const auto bytes = tag.bytes();
        is_video_promised_ |=
            std::search(bytes.begin(), bytes.end(), name.begin(), name.end()) != bytes.end();
    }
    if (tag.type == TagType::video) take_video(tag);
    if (tag.type == TagType::audio) take_audio(tag);
}

void Observer::take_video(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_command || facts->is_end_of_sequence) return;
    video_facts_ = facts;
    if (facts->is_sequence_header) return;
    video_.add(tag);
    if (facts->codec == video_avc && tag.bytes().size() >= 5) {
        const std::int32_t time = composition_time_ms(tag.bytes());
        if (composition_time_ && *composition_time_ != time) has_b_frames_ = true;
        composition_time_ = time;
    }
    if (!facts->is_keyframe) return;
    keyframes_.add(tag);
    if (!to_keyframe_) {
        to_keyframe_ = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun_);
    }
}

void Observer::take_audio(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    if (!facts) return;
    audio_facts_ = facts;
    if (!facts->is_sequence_header) audio_.add(tag);
}

double rounded(double value, double step) { return std::round(value / step) * step; }

std::string profile_of(const AVCodecParameters& parameters) {
    const char* const name = avcodec_profile_name(parameters.codec_id, parameters.profile);
    return name ? name : "";
}

void add_parameters(const std::vector<Tag>& prefix, Probe& probe) {
    const auto learned = learn_tracks(prefix);
    const auto* const tracks = std::get_if<Tracks>(&learned);
    if (!tracks) return;  // a codec of Enhanced RTMP, or headers still missing
    if (probe.video && tracks->video) {
        probe.video->profile = profile_of(*tracks->video);
        probe.video->width = tracks->video->width;
        probe.video->height = tracks->video->height;
    }
    if (probe.audio && tracks->audio) {
        probe.audio->profile = profile_of(*tracks->audio);
        probe.audio->sample_rate = tracks->audio->sample_rate;
        probe.audio->channels = tracks->audio->ch_layout.nb_channels;
    }
}

Probe Observer::result() const {
    Probe probe;
    probe.messages = messages_;
    probe.watched = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun_);
    probe.to_keyframe = to_keyframe_;
    if (video_facts_) {
        ProbedVideo& video = probe.video.emplace();
        video.codec = video_codec_name(*video_facts_);
        video.fps = rounded(video_.rate(), 0.1);
        video.bitrate_kbps = video_.kbps();
        video.messages = video_.messages;
        if (keyframes_.messages > 1) {
            video.keyframe_interval_s = rounded(1 / keyframes_.rate(), 0.01);
        }
        if (composition_time_) video.has_b_frames = has_b_frames_;
    }
    if (audio_facts_) {
        ProbedAudio& audio = probe.audio.emplace();
        audio.codec = audio_codec_name(*audio_facts_);
        audio.bitrate_kbps = audio_.kbps();
        audio.messages = audio_.messages;
    }
    add_parameters(prefix_, probe);
    return probe;
}

/// The next thing that the source gives; Nothing at the deadline, or where it was cancelled.
TagSource::Event next_event(TagSource& source, Loop& loop, const Deadline& deadline,
                            const Cancel& cancel) {
    for (;;) {
        auto event = source.poll();
        const bool is_there = !std::holds_alternative<TagSource::Nothing>(event);
        if (is_there || deadline.has_passed() || cancel.is_requested()) return event;
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
    bool has_keyframe = false;
    while (true) {
        const bool is_waiting = !has_keyframe && observer.expects_video();
        const Deadline end = is_waiting && keyframe_wait.at() > until.at() ? keyframe_wait : until;
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
    const Deadline deadline = Deadline::after(std::max(request.span, least_opening));
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
                                             const Cancel& cancel) {
    SourceRequest source_request;
    source_request.url = request.url;
    source_request.longest_silence = request.span + std::chrono::seconds(1);
    Loop loop;
    Observer observer;
    const auto source = open(source_request, loop);
    if (auto end = await_first(*source, loop, request, observer, cancel)) return std::move(*end);
    watch(*source, loop, request, observer, cancel);
    if (cancel.is_requested()) return SessionEnd{EndCode::stopped};
    return observer.result();
}

}  // namespace restream
