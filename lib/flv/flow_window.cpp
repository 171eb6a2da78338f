#include "flv/flow_window.hpp"

namespace restream {

void FlowWindow::add(RtmpTime time, std::size_t bytes) {
    if (count_ > 0 && time == last_) {
        current().bytes += bytes;
        last_bytes_ += bytes;
        return;
    }
    if (count_ == 0 || time.since(current().begin) >= slice_ms) {
        // Slow pictures keep two slices, however old, to have something to measure between.
        while (count_ == most_slices || (count_ > 2 && time.since(slice(0).begin) > span_ms)) {
            first_ = (first_ + 1) % most_slices;
            --count_;
        }
        ++count_;
        current() = {.begin = time};
    }
    ++current().frames;
    current().bytes += bytes;
    last_ = time;
    last_bytes_ = bytes;
}

std::optional<FlowWindow::Figures> FlowWindow::figures() const {
    if (count_ == 0) return std::nullopt;
    const std::int32_t measured_ms = last_.since(slice(0).begin);
    if (measured_ms < slice_ms) return std::nullopt;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        frames += slice(i).frames;
        bytes += slice(i).bytes;
    }
    // Each frame counts with the time to its successor: the last one has none.
    return Figures{static_cast<double>(frames - 1) * 1000 / measured_ms,
                   static_cast<double>(bytes - last_bytes_) * 8 / measured_ms};
}

}  // namespace restream
