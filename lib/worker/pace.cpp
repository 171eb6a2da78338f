#include "worker/pace.hpp"

#include <algorithm>

namespace restream {

namespace {

/// How fast the usual lead may rise and fall. Quartz clocks differ by 0.01 %; times that are late
/// pull it down.
constexpr double rise_per_ms = 0.002;
constexpr double fall_per_ms = 0.0005;

/// A lag that shrinks by this catches up. **Source**: a line that carries 2 % more than the encoder
/// makes, within the patience.
constexpr std::int32_t caught_up_ms = 100;
/// A lag that grows by this is a slow line or a slow encoder: its times are as they were made.
constexpr std::int32_t falls_behind_ms = 200;
constexpr Milliseconds best_of(1'000);
/// Behind a longer gap, the lag is another one.
constexpr Milliseconds longest_gap(3'000);

}  // namespace

void Pace::begin(std::int64_t lead_ms, SteadyTime at) {
    *this = Pace();
    last_ms_ = lead_ms;
    usual_ms_ = static_cast<double>(lead_ms);
    begun_at_ = last_at_ = at;
}

void Pace::shift(std::int64_t by_ms) {
    usual_ms_ += static_cast<double>(by_ms);
    last_ms_ += by_ms;
    lag_.reset();
}

void Pace::caught_up(std::int64_t by_ms) {
    last_ms_ += by_ms;
    lag_.reset();
}

bool Pace::is_ahead(std::int64_t lead_ms, SteadyTime at) const {
    return lead_ms - usual_ms() > (is_beginning(at) ? longest_ahead_at_begin_ms : longest_ahead_ms);
}

std::optional<std::int64_t> Pace::observe(std::int64_t lead_ms, SteadyTime at) {
    const auto passed = std::chrono::duration_cast<Milliseconds>(at - last_at_);
    last_ms_ = lead_ms;
    last_at_ = at;
    const double difference = static_cast<double>(lead_ms) - usual_ms_;
    if (difference > 0) {
        const double most = rise_per_ms * static_cast<double>(passed.count());
        usual_ms_ += is_beginning(at) ? difference : std::min(difference, most);
    } else {
        usual_ms_ += std::max(difference, -fall_per_ms * static_cast<double>(passed.count()));
    }
    return watch_lag(lead_ms, passed, at);
}

std::optional<std::int64_t> Pace::watch_lag(std::int64_t lead_ms, Milliseconds passed,
                                            SteadyTime at) {
    if (lead_ms >= usual_ms() - longest_lag_ms) {
        lag_.reset();
        return std::nullopt;
    }
    if (!lag_ || passed > longest_gap || lead_ms > lag_->level_ms + caught_up_ms) {
        lag_ = Lag{at, lead_ms, at, lead_ms};
        return std::nullopt;
    }
    if (at - lag_->best_since >= best_of) {
        lag_->best_since = at;
        lag_->best_ms = lead_ms;
    } else {
        lag_->best_ms = std::max(lag_->best_ms, lead_ms);
    }
    if (at - lag_->since < patience) return std::nullopt;
    if (lag_->best_ms < lag_->level_ms - falls_behind_ms) {
        lag_ = Lag{at, lag_->best_ms, at, lead_ms};
        return std::nullopt;
    }
    return usual_ms() - std::max(lag_->level_ms, lag_->best_ms);
}

}  // namespace restream
