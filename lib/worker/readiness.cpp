#include "worker/readiness.hpp"

namespace restream {

void Readiness::begin() { *this = Readiness(window_, window_bytes_); }

void Readiness::observe_video(const Tag& tag, bool& can_begin) {
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_command) return;
    has_seen_video_ = true;
    if (!facts->is_multitrack) has_plain_video_ = true;
    if (facts->is_sequence_header) {
        has_video_header_ |= !facts->is_multitrack;
        has_video_ = true;
        return;
    }
    if (facts->needs_sequence_header() && !has_video_header_) return;
    has_video_ = true;
    // What decoders show is the plain track, where there is one.
    can_begin = facts->is_keyframe && !(facts->is_multitrack && has_plain_video_);
    has_seen_begin_ |= can_begin;
}

void Readiness::observe_audio(const Tag& tag, bool& can_begin) {
    const auto facts = audio_facts(tag.bytes());
    if (!facts) return;
    has_seen_audio_ = true;
    if (facts->is_sequence_header) {
        sound_.reset();
        has_audio_header_ |= !facts->is_multitrack;
        has_audio_ = true;
        return;
    }
    if (facts->needs_sequence_header() && !has_audio_header_) return;
    if (!facts->needs_sequence_header() && !facts->is_multitrack) sound_ = tag;
    has_audio_ = true;
    can_begin = true;
}

/// Whatever its metadata announces: it did so before.
bool Readiness::is_alone_as_expected() const {
    if (only_ == TagType::video) return !has_seen_audio_;
    return only_ == TagType::audio && !has_seen_video_;
}

std::optional<TagType> Readiness::only() const {
    if (has_video_ == has_audio_ || !(is_window_over_ || is_alone_as_expected())) {
        return std::nullopt;
    }
    return has_video_ ? TagType::video : TagType::audio;
}

Readiness::Missing Readiness::missing() const {
    if (has_seen_begin_ && !has_audio_) return Missing::sound;
    if (has_audio_ && !has_seen_video_) return Missing::picture;
    return Missing::keyframe;
}

bool Readiness::observe(const Tag& tag, SteadyTime now) {
    bool can_begin_with_video = false;
    bool can_begin_with_audio = false;
    headers_.keep(tag);
    switch (tag.type) {
        case TagType::script:
            if (is_metadata(tag)) announces_video_ = announces_video(tag);
            return false;  // metadata alone begins no window: some servers send it long before
        case TagType::video:
            observe_video(tag, can_begin_with_video);
            break;
        case TagType::audio:
            observe_audio(tag, can_begin_with_audio);
            break;
    }
    if (!first_seen_) first_seen_ = now;
    seen_bytes_ += tag.bytes().size();
    is_window_over_ |= now - *first_seen_ >= window_ || seen_bytes_ >= window_bytes_;
    if (has_video_ && has_audio_) return can_begin_with_video;
    const bool is_alone = is_alone_as_expected();
    if (!is_window_over_ && !is_alone) return false;
    if (has_video_) return can_begin_with_video;
    const bool is_picture_due =
        !is_alone && announces_video_ && now - *first_seen_ < announced_wait;
    return !has_seen_video_ && !is_picture_due && has_audio_ && can_begin_with_audio;
}

}  // namespace restream
