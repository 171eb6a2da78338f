#include "ingest/gop_cache.hpp"

#include <algorithm>
#include <cstdlib>

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
    last_time_ = tag.time;
    const auto facts = tag.type == TagType::video ? video_facts(tag.bytes()) : std::nullopt;
    if (facts) last_video_time_ = tag.time;
    const bool is_keyframe = facts && begins_gop(*facts);
    if (headers_.keep(tag)) {
        append(tag);
        return Part::setup;
    }
    if (is_keyframe) {
        gop_.clear();
        bytes_ = 0;
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
    // A step back by as much is no GOP either.
    const auto span = std::abs(std::int64_t(tag.time.since(gop_.front().time)));
    if (bytes_ <= limits_.most_bytes && span <= limits_.longest.count()) return;
    gop_.clear();
    start_headers_.clear();
    bytes_ = 0;
    has_gop_ = false;
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
    if (!last_video_time_) return false;
    return std::abs(std::int64_t(last_time_.since(*last_video_time_))) <= limits_.longest.count();
}

Milliseconds GopCache::span() const {
    if (!has_gop_) return Milliseconds(0);
    return Milliseconds(std::max(0, last_time_.since(gop_.front().time)));
}

}  // namespace restream
