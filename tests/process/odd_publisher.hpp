// A publisher that is odd: its sound is ahead of its picture or behind it, and its sequence header
// changes before its keyframe does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "process/tag_publisher.hpp"

namespace restream::test {

/// Publishes the footage `short_gop` in a circle, in real time, on a thread of its own, until the
/// destructor drops it.
class OddPublisher {
  public:
    /// `sound_ahead_ms`: how much later the sound's times are than those of the picture that is
    /// sent with it; below 0, earlier.
    OddPublisher(const std::string& url, std::int32_t sound_ahead_ms);
    ~OddPublisher();
    OddPublisher(const OddPublisher&) = delete;
    OddPublisher& operator=(const OddPublisher&) = delete;

    /// Says nothing until thaw(), and then all at once, as a program that was stopped.
    void freeze();
    void thaw();
    /// From the next keyframe on, the picture has another size; the sequence header for it comes
    /// 150 ms before.
    /// **Blocks**: until that keyframe was sent. False where that never happens.
    bool change_header();
    /// With a goodbye.
    void finish();
    bool runs() const { return !publisher_.ending(); }

  private:
    struct Picture {
        Tag header;
        std::vector<Tag> frames;  ///< of a round
    };
    void run();
    bool wait_until_due(SteadyTime due);
    bool send(const Tag& tag, std::int64_t at_ms, std::int32_t ahead_ms);
    bool send_round(std::int64_t begin_ms);
    bool announce_change(std::size_t next_frame, std::int64_t begin_ms);
    bool send_picture(std::size_t index, std::int64_t begin_ms);
    void leave();

    const std::int32_t sound_ahead_ms_;
    std::vector<Tag> beginning_;  ///< metadata and headers
    std::vector<Tag> order_;      ///< the frames of a round, as the footage has them
    Picture pictures_[2];
    std::size_t shown_ = 0;
    bool is_announced_ = false;  ///< the other picture's header was sent
    TagPublisher publisher_;
    SteadyTime begun_at_{};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_frozen_ = false;
    bool is_leaving_ = false;
    bool is_change_wanted_ = false;
    bool is_over_ = false;  ///< nothing is sent any more
    std::thread thread_;
};

}  // namespace restream::test
