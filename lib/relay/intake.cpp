#include "relay/intake.hpp"

#include <algorithm>
#include <utility>

namespace restream {

namespace {

/// Between tries to open the ingest: it is on this machine or near; OBS and nginx come back within
/// seconds, and each try costs one local connection.
constexpr Milliseconds shortest_retry(100);
constexpr Milliseconds longest_retry(1000);

}  // namespace

Intake::Intake(OpenSource open, Settings settings)
    : open_(std::move(open)),
      settings_(std::move(settings)),
      readiness_(settings_.probe_duration, settings_.probe_bytes),
      thread_([this] { run(); }) {}

Intake::~Intake() {
    cancel_.request();
    wake();
    thread_.join();
}

void Intake::run() {
    Milliseconds retry = shortest_retry;
    while (!cancel_.is_requested()) {
        SourceRequest request;
        request.url = settings_.url;
        request.on_no_publisher = [this] { set_obstacle(SessionEnd{EndCode::no_publisher}); };
        auto opened = open_(request, cancel_);
        if (auto* source = std::get_if<std::unique_ptr<TagSource>>(&opened)) {
            retry = shortest_retry;
            read_source(**source);
            continue;
        }
        lose(std::get<SessionEnd>(std::move(opened)));
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, retry, [this] { return cancel_.is_requested(); });
        retry = std::min(retry * 2, longest_retry);
    }
}

void Intake::read_source(TagSource& source) {
    {
        const std::lock_guard lock(mutex_);
        readiness_.begin();
    }
    set_obstacle(SessionEnd{EndCode::waiting_for_keyframe});
    for (;;) {
        auto read = source.read();
        if (auto* why = std::get_if<SessionEnd>(&read)) {
            lose(std::move(*why));
            return;
        }
        take(std::get<Tag>(read));
    }
}

void Intake::take(const Tag& tag) {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = SteadyClock::now();
    const bool can_begin = readiness_.observe(tag, now);
    if (can_begin) obstacle_.reset();
    if (!is_taking_) return;
    if (is_delivering_) {
        queue_.push(tag, now);
        changed_.notify_all();
    } else if (can_begin && !lost_) {  // Lost is fetched before anything new begins
        begun_ = readiness_.headers();
        begun_->push_back(tag);
        is_delivering_ = true;
        changed_.notify_all();
    }
}

void Intake::lose(SessionEnd why) {
    const std::lock_guard lock(mutex_);
    // A publisher that left is, from now on, one that is missing.
    obstacle_ = why.code == EndCode::ingest_gone ? SessionEnd{EndCode::no_publisher} : why;
    if (is_delivering_) lost_ = std::move(why);
    is_delivering_ = false;
    changed_.notify_all();
}

void Intake::set_obstacle(std::optional<SessionEnd> obstacle) {
    const std::lock_guard lock(mutex_);
    obstacle_ = std::move(obstacle);
    changed_.notify_all();
}

void Intake::begin_session() {
    const std::lock_guard lock(mutex_);
    queue_ = TagQueue();
    begun_.reset();
    lost_.reset();
    is_taking_ = true;
    is_delivering_ = false;
}

void Intake::start_clock() {
    const std::lock_guard lock(mutex_);
    queue_.start_clock(SteadyClock::now());
}

void Intake::end_session() {
    const std::lock_guard lock(mutex_);
    is_taking_ = false;
    is_delivering_ = false;
    begun_.reset();
    lost_.reset();
    queue_ = TagQueue();
}

Intake::Event Intake::next(const Deadline& deadline) {
    std::unique_lock lock(mutex_);
    const auto has_event = [this] { return is_woken_ || begun_ || !queue_.is_empty() || lost_; };
    changed_.wait_for(lock, deadline.left(), has_event);
    if (std::exchange(is_woken_, false)) return Nothing{};
    if (queue_.is_too_slow(SteadyClock::now())) return TooSlow{};
    if (begun_) {
        Begun begun{std::move(*begun_)};
        begun_.reset();
        return begun;
    }
    if (auto tag = queue_.pop()) return std::move(*tag);
    if (lost_) {
        Lost lost{std::move(*lost_)};
        lost_.reset();
        return lost;
    }
    return Nothing{};
}

void Intake::wake() {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    changed_.notify_all();
}

std::optional<SessionEnd> Intake::obstacle() const {
    const std::lock_guard lock(mutex_);
    return obstacle_;
}

std::uint64_t Intake::dropped() const {
    const std::lock_guard lock(mutex_);
    return queue_.dropped();
}

Milliseconds Intake::waited() const {
    const std::lock_guard lock(mutex_);
    return queue_.waited(SteadyClock::now());
}

void Intake::await_change(const std::optional<SessionEnd>& known, const Deadline& deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, deadline.left(),
                      [&] { return is_woken_ || begun_ || lost_ || obstacle_ != known; });
}

}  // namespace restream
