#include "flv/media_meter.hpp"

#include <algorithm>
#include <cmath>

namespace restream {

namespace {

/// Beyond these, timestamps have jumped: another clock begins.
constexpr std::int32_t longest_step_ms = 10'000;
constexpr std::int32_t longest_step_back_ms = 1'000;

double rounded(double value, double steps_per_one) {
    return std::round(value * steps_per_one) / steps_per_one;
}

int whole_kbps(double kbps) {
    constexpr double most = 100'000'000;
    return static_cast<int>(std::lround(std::min(kbps, most)));
}

/// Whether a message belongs to what is watched. A track of a lower number, or another codec,
/// takes the old one's place: then everything is new.
template <typename Watched>
bool take_place(Watched& watched, const TagBody& body) {
    if (watched.kind) {
        if (body.track > watched.kind->track) return false;
        const bool is_same = body.track == watched.kind->track &&
                             body.fourcc == watched.kind->fourcc &&
                             body.codec == watched.kind->codec;
        if (is_same) return true;
    }
    watched = Watched();
    watched.kind = body;
    watched.kind->bytes = {};
    return true;
}

/// Puts a frame into the window; where its clock has jumped, or goes backwards a little, as if it
/// had not. Returns the time that counts.
template <typename Watched>
RtmpTime add_frame(Watched& watched, RtmpTime time, std::size_t bytes, SteadyTime now) {
    if (watched.last_time) {
        const std::int32_t step = time.since(*watched.last_time);
        if (step > longest_step_ms || step < -longest_step_back_ms) {
            watched.forget_flow();
        } else if (step < 0) {
            time = *watched.last_time;
        }
    }
    watched.flow.add(time, bytes);
    watched.last_time = time;
    watched.last_arrival = now;
    return time;
}

bool is_same(const Payload& a, const Payload& b) {
    return a == b || std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace

bool MediaMeter::Track::is_flowing(SteadyTime now) const {
    return last_time && now - last_arrival <= longest_silence;
}

void MediaMeter::Video::forget_flow() {
    flow = {};
    last_time.reset();
    last_keyframe.reset();
    interval_count = 0;
}

void MediaMeter::Audio::forget_flow() {
    flow = {};
    last_time.reset();
}

void MediaMeter::Video::add_keyframe(RtmpTime time) {
    if (last_keyframe) {
        const std::int32_t interval = time.since(*last_keyframe);
        if (interval <= 0) return;  // the second slice of the same one
        intervals_ms[interval_count++ % intervals_ms.size()] = interval;
    }
    last_keyframe = time;
}

void MediaMeter::Video::add_composition(std::int32_t ms) {
    least_composition_ms = compositions == 0 ? ms : std::min(least_composition_ms, ms);
    most_composition_ms = compositions == 0 ? ms : std::max(most_composition_ms, ms);
    ++compositions;
}

/// The median: one keyframe more at a change of scene does not count.
std::optional<double> MediaMeter::Video::keyframe_interval_s() const {
    const std::size_t count = std::min(interval_count, intervals_ms.size());
    if (count == 0) return std::nullopt;
    auto sorted = intervals_ms;
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
    const double twice = double(sorted[(count - 1) / 2]) + sorted[count / 2];
    return rounded(twice / 2000, 100);
}

std::optional<bool> MediaMeter::Video::has_b_frames() const {
    // A constant delay, rounded to milliseconds, varies by one.
    constexpr std::int32_t least_difference_ms = 2;
    constexpr std::uint32_t enough = 16;  // x264 has at most 16 B-frames in a row
    if (content.may_reorder == false) return false;
    if (most_composition_ms - least_composition_ms >= least_difference_ms) return true;
    if (compositions > enough) return false;
    return std::nullopt;
}

void MediaMeter::observe(const Tag& tag, SteadyTime now) {
    if (tag.type == TagType::video) {
        const auto body = video_body(tag.bytes());
        if (!body || body->kind == TagBody::Kind::other) return;
        if (body->kind == TagBody::Kind::frame) pulse_.picture(tag.time, now);
        observe_video(tag, *body, now);
    } else if (tag.type == TagType::audio) {
        const auto body = audio_body(tag.bytes());
        if (!body || body->kind == TagBody::Kind::other) return;
        if (body->kind == TagBody::Kind::frame) pulse_.sound(tag.time, now);
        observe_audio(tag, *body, now);
    }
}

void MediaMeter::observe_video(const Tag& tag, const TagBody& body, SteadyTime now) {
    if (!take_place(video_, body)) return;
    if (body.kind == TagBody::Kind::sequence_header) {
        if (is_same(video_.header, tag.payload)) return;
        const VideoHeader content = read_video_header(body);
        if (content != video_.content) {  // another picture: nothing that was measured holds
            const auto kind = video_.kind;
            video_ = Video();
            video_.kind = kind;
            video_.content = content;
        }
        video_.header = tag.payload;
        return;
    }
    const RtmpTime time = add_frame(video_, tag.time, body.bytes.size(), now);
    if (body.composition_ms) video_.add_composition(*body.composition_ms);
    if (body.is_keyframe) video_.add_keyframe(time);
}

void MediaMeter::observe_audio(const Tag& tag, const TagBody& body, SteadyTime now) {
    if (!take_place(audio_, body)) return;
    if (body.kind == TagBody::Kind::sequence_header) {
        if (is_same(audio_.header, tag.payload)) return;
        audio_.content = read_audio_header(body);
        audio_.header = tag.payload;
        return;
    }
    // A codec without sequence headers tells in each message, or, for MP3, in some.
    const bool tells_itself = audio_.header.is_empty();
    if (tells_itself && (audio_.content.channels == 0 || body.format != audio_.kind->format)) {
        audio_.content = read_audio_header(body);
        audio_.kind->format = body.format;
    }
    add_frame(audio_, tag.time, body.bytes.size(), now);
}

MediaFacts MediaMeter::facts(SteadyTime now) const {
    MediaFacts facts;
    if (video_.kind) {
        VideoTrack& track = facts.video.emplace(to_track(*video_.kind, video_.content));
        const auto flow = video_.is_flowing(now) ? video_.flow.figures() : std::nullopt;
        if (flow) {
            track.bitrate_kbps = whole_kbps(flow->kbps);
            // What the header says is exact, where it is true: milliseconds are not.
            constexpr double likeness = 0.01;
            const bool is_true =
                track.fps && std::abs(*track.fps - flow->frames_per_s) < *track.fps * likeness;
            if (!is_true) track.fps = flow->frames_per_s;
        }
        if (track.fps) track.fps = rounded(*track.fps, 100);
        track.keyframe_interval_s = video_.keyframe_interval_s();
        track.b_frames = video_.has_b_frames();
    }
    if (audio_.kind) {
        AudioTrack& track = facts.audio.emplace(to_track(*audio_.kind, audio_.content));
        const auto flow = audio_.is_flowing(now) ? audio_.flow.figures() : std::nullopt;
        if (flow) track.bitrate_kbps = whole_kbps(flow->kbps);
    }
    return facts;
}

}  // namespace restream
