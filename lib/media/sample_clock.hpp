// Counts sound in samples: FLV's milliseconds are too coarse for a muxer.
#pragma once

#include <cstdint>
#include <optional>

namespace restream {

/// The times of one track's frames in samples. Each begins where the one before ends, and the
/// milliseconds say only where that is no longer true: a frame was left out, or the publisher's
/// clock runs faster or slower than its samples. Then the clock follows them. Rounded milliseconds
/// make each frame begin up to 1 ms before the last one ends, which mp4 cannot say. A value.
class SampleClock {
  public:
    explicit SampleClock(int rate_hz = 1000) : rate_hz_(rate_hz) {}

    /// When a frame begins, in samples; later than the frame before. `ms`: nothing where the frame
    /// came behind another in the same message. `samples`: how long it lasts; 0 where that is not
    /// known: then only the milliseconds count.
    std::int64_t next(std::optional<std::int64_t> ms, int samples);
    int rate_hz() const { return rate_hz_; }

  private:
    std::int64_t in_samples(std::int64_t ms) const;
    std::int64_t correction(std::int64_t error);

    int rate_hz_;
    std::optional<std::int64_t> due_;  ///< where the last frame ended
    bool is_counted_ = false;          ///< due_ is where it ended, and not only where it began
    std::optional<std::int64_t> last_;
    double behind_ = 0;  ///< samples; by how much the clock lately was before the milliseconds
};

}  // namespace restream
