#include "process/odd_publisher.hpp"

#include <algorithm>
#include <stdexcept>

#include "flv/frame.hpp"
#include "process/footage.hpp"
#include "process/patience.hpp"

namespace restream::test {

namespace {

constexpr std::int32_t round_ms = 23'500;  // whole GOPs, of what lasts 24 s
constexpr std::int32_t header_before_keyframe_ms = 150;
/// The first time: any, so that sound may be earlier.
constexpr std::uint32_t first_ms = 1'000'000;

bool is_keyframe(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    return facts && facts->is_keyframe;
}

}  // namespace

OddPublisher::OddPublisher(const std::string& url, std::int32_t sound_ahead_ms)
    : sound_ahead_ms_(sound_ahead_ms), publisher_(url) {
    const Footage footages[] = {Footage::short_gop, Footage::small};
    for (std::size_t i = 0; i < 2; ++i) {
        for (const Tag& each : footage_tags(footages[i], round_ms - 1)) {
            const bool is_video = each.type == TagType::video;
            if (!is_frame(each)) {
                if (i == 0) beginning_.push_back(each);
                if (is_video) pictures_[i].header = each;
                continue;
            }
            if (i == 0) order_.push_back(each);
            if (is_video) pictures_[i].frames.push_back(each);
        }
    }
    if (pictures_[0].frames.size() != pictures_[1].frames.size())
        throw std::runtime_error("the footages do not have the same pictures");
    thread_ = std::thread([this] { run(); });
}

OddPublisher::~OddPublisher() { leave(); }

void OddPublisher::leave() {
    {
        const std::lock_guard lock(mutex_);
        is_leaving_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void OddPublisher::finish() {
    leave();
    publisher_.finish();
}

void OddPublisher::freeze() {
    const std::lock_guard lock(mutex_);
    is_frozen_ = true;
}

void OddPublisher::thaw() {
    {
        const std::lock_guard lock(mutex_);
        is_frozen_ = false;
    }
    changed_.notify_all();
}

bool OddPublisher::change_header() {
    std::unique_lock lock(mutex_);
    is_change_wanted_ = true;
    return wait_until(changed_, lock, Patience(std::chrono::seconds(20)),
                      [this] { return !is_change_wanted_ || is_over_; }) &&
           !is_over_;
}

void OddPublisher::run() {
    bool goes_on = publisher_.wait_accepted();
    begun_at_ = SteadyClock::now();
    for (const Tag& each : beginning_) goes_on = goes_on && send(each, 0, 0);
    for (std::int64_t begin_ms = 0; goes_on; begin_ms += round_ms) goes_on = send_round(begin_ms);
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
}

bool OddPublisher::send_round(std::int64_t begin_ms) {
    std::size_t pictures = 0;
    for (const Tag& each : order_) {
        const std::int64_t at_ms = begin_ms + each.time.ms();
        if (!wait_until_due(begun_at_ + Milliseconds(at_ms))) return false;
        const bool is_sent = each.type == TagType::video ? send_picture(pictures++, begin_ms)
                                                         : send(each, at_ms, sound_ahead_ms_);
        if (!is_sent) return false;
    }
    return true;
}

bool OddPublisher::send_picture(std::size_t index, std::int64_t begin_ms) {
    bool is_changed = false;
    if (is_announced_ && is_keyframe(pictures_[shown_].frames[index])) {
        shown_ = 1 - shown_;
        is_announced_ = false;
        is_changed = true;
    }
    const Tag& frame = pictures_[shown_].frames[index];
    if (!send(frame, begin_ms + frame.time.ms(), 0)) return false;
    if (is_changed) {
        const std::lock_guard lock(mutex_);
        is_change_wanted_ = false;
        changed_.notify_all();
    }
    return announce_change(index + 1, begin_ms);
}

/// Behind a picture: the header of the other one, where its keyframe is near, and not too near.
bool OddPublisher::announce_change(std::size_t next_frame, std::int64_t begin_ms) {
    {
        const std::lock_guard lock(mutex_);
        if (!is_change_wanted_ || is_announced_) return true;
    }
    const auto& frames = pictures_[shown_].frames;
    if (next_frame >= frames.size()) return true;
    const auto keyframe = std::find_if(frames.begin() + static_cast<std::ptrdiff_t>(next_frame),
                                       frames.end(), is_keyframe);
    if (keyframe == frames.end()) return true;
    const RtmpTime now = frames[next_frame - 1].time;
    const std::int32_t left_ms = keyframe->time.since(now);
    if (left_ms > header_before_keyframe_ms || left_ms < header_before_keyframe_ms - 50)
        return true;
    is_announced_ = true;
    return send(pictures_[1 - shown_].header, begin_ms + now.ms(), 0);
}

bool OddPublisher::wait_until_due(SteadyTime due) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, due, [this] { return is_leaving_; });
    changed_.wait(lock, [this] { return is_leaving_ || !is_frozen_; });
    return !is_leaving_;
}

bool OddPublisher::send(const Tag& tag, std::int64_t at_ms, std::int32_t ahead_ms) {
    Tag timed = tag;
    timed.time = RtmpTime(first_ms + static_cast<std::uint32_t>(at_ms)).plus(ahead_ms);
    return publisher_.send({timed});
}

}  // namespace restream::test
