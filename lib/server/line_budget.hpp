// How many lines a log takes, so that a flood of connections does not fill it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace restream {

/// Some lines at once, then one a second; the others are counted. A value; the clock is passed in.
class LineBudget {
  public:
    static constexpr int most_at_once = 20;
    static constexpr Milliseconds between{1000};

    /// Whether a line may be written now.
    bool take(SteadyTime now) {
        const auto earned = (now - since_) / between;
        if (earned > 0) {
            left_ = static_cast<int>(std::min<std::int64_t>(left_ + earned, most_at_once));
            since_ += earned * between;
        }
        if (left_ == 0) {
            ++left_out_;
            return false;
        }
        --left_;
        return true;
    }
    /// The lines that were not written since this was asked last.
    std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

  private:
    int left_ = most_at_once;
    SteadyTime since_{};
    std::uint64_t left_out_ = 0;
};

}  // namespace restream
