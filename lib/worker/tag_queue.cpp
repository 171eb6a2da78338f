#include "worker/tag_queue.hpp"

#include <algorithm>
#include <ranges>

#include "flv/frame.hpp"

namespace restream {

namespace {

enum class QueuedKind { kept, keyframe, inter };

QueuedKind kind_of(const Tag& tag) {
    if (tag.type != TagType::video) return QueuedKind::kept;
    const auto facts = video_facts(tag.bytes());
    if (!facts || facts->is_sequence_header || facts->is_end_of_sequence || facts->is_command) {
        return QueuedKind::kept;
    }
    return facts->is_keyframe ? QueuedKind::keyframe : QueuedKind::inter;
}

}  // namespace

Milliseconds TagQueue::waited(SteadyTime now) const {
    if (entries_.empty() || !is_burst_over(now)) return Milliseconds(0);
    const auto since = has_been_empty_
                           ? entries_.front().at
                           : std::max(entries_.front().at, *taken_since_ + longest_burst);
    return std::max(Milliseconds(0), std::chrono::duration_cast<Milliseconds>(now - since));
}

void TagQueue::start_clock(SteadyTime now) {
    taken_since_ = now;
    has_been_empty_ = entries_.empty();
}

void TagQueue::stop_clock() {
    taken_since_.reset();
    has_been_empty_ = false;
}

bool TagQueue::is_burst_over(SteadyTime now) const {
    return taken_since_ && (has_been_empty_ || now - *taken_since_ >= longest_burst);
}

void TagQueue::drop_video() {
    const auto is_dropped = [](const Entry& each) { return kind_of(each.tag) != QueuedKind::kept; };
    for (const Entry& each : entries_) {
        if (!is_dropped(each)) continue;
        bytes_ -= each.tag.bytes().size();
        ++dropped_;
    }
    std::erase_if(entries_, is_dropped);
    is_dropping_ = true;
}

void TagQueue::push(Tag tag, SteadyTime now, bool begins) {
    const QueuedKind kind = kind_of(tag);
    if (kind == QueuedKind::keyframe) is_dropping_ = false;
    if (is_dropping_ && kind == QueuedKind::inter) {
        ++dropped_;
        return;
    }
    bytes_ += tag.bytes().size();
    entries_.push_back({std::move(tag), now, begins});
    if (waited(now) >= longest_wait || bytes_ > most_bytes) drop_video();
    // Audio alone over the byte limit is nothing that an encoder sends: the oldest goes.
    while (bytes_ > most_bytes) {
        bytes_ -= entries_.front().tag.bytes().size();
        entries_.pop_front();
        ++dropped_;
    }
}

std::optional<TagQueue::Entry> TagQueue::pop() {
    if (entries_.empty()) return std::nullopt;
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    bytes_ -= entry.tag.bytes().size();
    if (entries_.empty()) has_been_empty_ = true;
    return entry;
}

std::optional<RtmpTime> TagQueue::first_time(TagType type) const {
    for (const Entry& each : entries_) {
        if (each.tag.type == type && is_frame(each.tag)) return each.tag.time;
    }
    return std::nullopt;
}

std::optional<RtmpTime> TagQueue::last_time(TagType type) const {
    for (const Entry& each : std::views::reverse(entries_)) {
        if (each.tag.type == type && is_frame(each.tag)) return each.tag.time;
    }
    return std::nullopt;
}

}  // namespace restream
