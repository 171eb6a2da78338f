#include "server/broadcast.hpp"

#include <algorithm>
#include <vector>

namespace restream {

namespace {

/// Whether what decoders were set up with is the same; metadata may differ.
bool are_same(const SetupTags& one, const SetupTags& other) {
    const auto decoder_setup = [](const SetupTags& from) {
        std::vector<Tag> tags = from.all();
        std::erase_if(tags, [](const Tag& each) { return each.type == TagType::script; });
        return tags;
    };
    const std::vector<Tag> a = decoder_setup(one), b = decoder_setup(other);
    return a.size() == b.size() && std::ranges::all_of(a, [&](const Tag& each) {
               return std::ranges::any_of(b, [&](const Tag& candidate) {
                   return each.type == candidate.type &&
                          std::ranges::equal(each.bytes(), candidate.bytes());
               });
           });
}

OnAir::Start start_of(const Tag& tag, GopCache::Part part, const GopCache& cache) {
    if (cache.is_waited_for()) return OnAir::Start::none;
    if (part == GopCache::Part::keyframe) return OnAir::Start::keyframe;
    // Sound alone begins anywhere.
    const bool is_sound = tag.type == TagType::audio && part == GopCache::Part::media;
    if (is_sound && !cache.has_gop()) return OnAir::Start::keyframe;
    return OnAir::Start::cached;
}

}  // namespace

void Broadcast::came(EncoderRole who, const GopCache& cache, SteadyTime now) {
    caches_[static_cast<std::size_t>(who)] = &cache;
    const auto before = on_air();
    decision_.came(who, now);
    if (on_air() != before) change(before, now);
}

void Broadcast::left(EncoderRole who, SteadyTime now) {
    const auto before = on_air();
    decision_.left(who, now);
    if (on_air() != before) change(before, now);
    caches_[static_cast<std::size_t>(who)] = nullptr;
}

void Broadcast::sent(EncoderRole who, const Tag& tag, GopCache::Part part, SteadyTime now) {
    const GopCache& cache = cache_of(who);
    const auto before = on_air();
    if (tag.type != TagType::script) decision_.sent(who, start_of(tag, part, cache), now);
    bool is_in_start = false;
    if (on_air() != before) {
        change(before, now);
        is_in_start = cache.has_gop() || part == GopCache::Part::setup;
    }
    if (on_air() == who && !is_in_start) send(tag, part, cache, now);
}

/// Begins with the one that is on the air now.
void Broadcast::change(std::optional<EncoderRole> before, SteadyTime now) {
    if (!on_air()) return players_.publisher_left();
    const GopCache& cache = cache_of(*on_air());
    const std::vector<Tag> start = cache.late_start();
    if (before && !start.empty() && can_follow(cache)) {
        splice_.follow(start, now - cache.span());
    } else {
        if (before) players_.publisher_left();
        players_.publisher_came();
        splice_.begin();
        headers_.clear();
    }
    players_.wait_for_keyframe(cache.is_waited_for());
    for (const Tag& each : start) {
        const Tag moved = splice_.apply(each);
        headers_.keep(moved);
        players_.send_all(moved);
        splice_.note(moved, now);
    }
}

bool Broadcast::can_follow(const GopCache& cache) const {
    if (cache.is_waited_for()) return false;
    SetupTags next;
    for (const Tag& each : cache.late_start()) next.keep(each);
    return are_same(headers_, next);
}

void Broadcast::send(const Tag& tag, GopCache::Part part, const GopCache& cache, SteadyTime now) {
    if (part == GopCache::Part::setup) headers_.keep(tag);
    const Tag moved = splice_.moves() ? splice_.apply(tag) : tag;
    players_.send(moved, part, cache);
    splice_.note(moved, now);
}

std::size_t Broadcast::join(PublicationPlayer& player) {
    if (!on_air()) {
        players_.join(player, false);
        return 0;
    }
    const GopCache& cache = cache_of(*on_air());
    std::size_t burst_bytes = 0;
    for (const Tag& tag : cache.late_start()) {
        burst_bytes += tag.payload.size();
        player.send(splice_.apply(tag));
    }
    players_.join(player, cache.is_waited_for());
    return burst_bytes;
}

}  // namespace restream
