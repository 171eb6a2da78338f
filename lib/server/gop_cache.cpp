#include "server/gop_cache.hpp"

#include <algorithm>
#include <cstdlib>

#include "flv/frame.hpp"

namespace restream {

namespace {

/// What a tag costs beside its payload, so that a million empty ones are bounded, too.
constexpr std::size_t tag_cost_bytes = 64;

Tag at_time(const Tag& tag, RtmpTime time) { return {tag.type, time, tag.payload}; }

}  // namespace

bool GopCache::begins_gop(const VideoFacts& facts) {
    if (!facts.is_multitrack) has_plain_video_ = true;
    return facts.is_keyframe && !(facts.is_multitrack && has_plain_video_);
}

GopCache::Part GopCache::add(const Tag& tag) {
    const auto facts = tag.type == TagType::video ? video_facts(tag.bytes()) : std::nullopt;
    if (tag.type == TagType::audio) {
        sound_since_video_ =
            Reach{sound_since_video_ ? sound_since_video_->first : tag.time, tag.time};
    } else if (facts) {
        has_video_ = true;
        sound_since_video_.reset();
    }
    if (tag.type != TagType::script) last_time_ = tag.time;
    const bool is_keyframe = facts && begins_gop(*facts);
    if (headers_.keep(tag)) {
        append(tag);
        return Part::setup;
    }
    if (is_keyframe) {
        drop_gop();
        has_gop_ = true;
        start_headers_ = headers_;
        append(tag);
        return Part::keyframe;
    }
    append(tag);
    return Part::media;
}

void GopCache::append(const Tag& tag) {
    if (!has_gop_) return;
    gop_.push_back(tag);
    bytes_ += tag.payload.size() + tag_cost_bytes;
    if (is_frame(tag)) {
        auto& reach = reach_[tag.type == TagType::video ? 0 : 1];
        reach = Reach{reach ? reach->first : tag.time, tag.time};
    }
    if (bytes_ <= limits_.most_bytes && reach_ms() <= limits_.longest.count()) return;
    drop_gop();
}

void GopCache::drop_gop() {
    gop_.clear();
    start_headers_.clear();
    bytes_ = 0;
    has_gop_ = false;
    reach_ = {};
}

std::int64_t GopCache::reach_ms() const {
    std::int64_t longest = 0;
    for (const auto& each : reach_) {
        // A step back by as much is no GOP either.
        if (each)
            longest = std::max(longest, std::abs(std::int64_t(each->last.since(each->first))));
    }
    return longest;
}

void GopCache::clear() { *this = GopCache(limits_); }

std::vector<Tag> GopCache::late_start() const {
    const std::vector<Tag> headers = has_gop_ ? start_headers_.all() : headers_.all();
    const RtmpTime time = has_gop_ ? gop_.front().time : last_time_;
    std::vector<Tag> tags;
    tags.reserve(headers.size() + gop_.size());
    for (const Tag& each : headers) tags.push_back(at_time(each, time));
    tags.insert(tags.end(), gop_.begin(), gop_.end());
    return tags;
}

bool GopCache::expects_keyframe() const {
    if (!has_video_) return false;
    if (!sound_since_video_) return true;
    const std::int32_t silent_ms = sound_since_video_->last.since(sound_since_video_->first);
    return std::abs(std::int64_t(silent_ms)) <= limits_.longest.count();
}

Milliseconds GopCache::span() const { return Milliseconds(has_gop_ ? reach_ms() : 0); }

}  // namespace restream
