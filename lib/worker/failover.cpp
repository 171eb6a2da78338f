#include "worker/failover.hpp"

#include <utility>

namespace restream {

namespace {

constexpr Milliseconds between_looks(250);
/// A living worker publishes every second.
constexpr auto oldest_record = std::chrono::seconds(5);
/// Less is what waits for a moment while all flows.
constexpr Milliseconds least_queue = std::chrono::seconds(1);

}  // namespace

Turn next_turn(Turn turn, const PrimaryView& primary) {
    if (turn == Turn::carry) {
        const bool is_back = primary.state == State::live && primary.confirmed &&
                             !primary.is_stuck && primary.lasts >= proof_of_flow;
        return is_back ? Turn::stand_by : Turn::carry;
    }
    const auto if_for = [&](Milliseconds longest) {
        return primary.lasts >= longest ? Turn::carry : Turn::stand_by;
    };
    switch (primary.state.value_or(State::stopped)) {
        case State::backoff:
        case State::rejected:
            return Turn::carry;
        case State::connecting:
            return if_for(longest_connecting);
        case State::stopped:
            return if_for(longest_silence);
        case State::live:
            return primary.is_stuck ? Turn::carry : Turn::stand_by;
        case State::holding:
        case State::waiting:
            break;
    }
    return Turn::stand_by;
}

PrimaryView PrimarySight::look(const std::optional<Record>& record, WallTime wall, SteadyTime now) {
    PrimaryView view;
    // A worker that hangs says nothing new.
    if (record && wall - record->written <= oldest_record) {
        follow_bytes(*record, now);
        view.state = record->state;
        view.confirmed = record->confirmed;
        const bool does_wait = record->session && record->session->queue_ms >= least_queue.count();
        view.is_stuck = view.state == State::live && does_wait && now - moved_at_ >= longest_stall;
    }
    const bool is_same = view.state == seen_.state && view.is_stuck == seen_.is_stuck;
    if (!is_same || !seen_since_) seen_since_ = now;
    view.lasts = std::chrono::duration_cast<Milliseconds>(now - *seen_since_);
    seen_ = view;
    return view;
}

void PrimarySight::follow_bytes(const Record& record, SteadyTime now) {
    const std::uint64_t bytes = record.session ? record.session->bytes_sent : 0;
    if (std::exchange(bytes_sent_, bytes) != bytes || seen_.state != record.state) moved_at_ = now;
}

PrimaryWatch::PrimaryWatch(const Registry& registry, std::string primary,
                           std::function<void()> wake)
    : registry_(registry),
      primary_(std::move(primary)),
      wake_(std::move(wake)),
      thread_([this] { run(); }) {}

PrimaryWatch::~PrimaryWatch() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        ending_.notify_all();
    }
    thread_.join();
}

Turn PrimaryWatch::turn() const {
    const std::lock_guard lock(mutex_);
    return turn_;
}

void PrimaryWatch::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        lock.unlock();
        const auto record = registry_.live_record(primary_);
        const PrimaryView primary =
            sight_.look(record, std::chrono::system_clock::now(), SteadyClock::now());
        lock.lock();
        const Turn next = next_turn(turn_, primary);
        if (next != std::exchange(turn_, next)) {
            lock.unlock();
            wake_();
            lock.lock();
        }
        ending_.wait_for(lock, between_looks, [this] { return is_ending_; });
    }
}

}  // namespace restream
