// A publisher that sends exactly the tags that a test gives it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/ending.hpp"
#include "client/client_connection.hpp"
#include "flv/tag.hpp"
#include "net/loop.hpp"

namespace restream::test {

/// One connection, on a thread of its own; it is not tried again. The destructor drops it.
class TagPublisher {
  public:
    explicit TagPublisher(const std::string& url, const std::string& key = "");
    ~TagPublisher();
    TagPublisher(const TagPublisher&) = delete;
    TagPublisher& operator=(const TagPublisher&) = delete;

    /// **Blocks**: until it is accepted (true) or has ended.
    bool wait_accepted() const;
    /// **Blocks**: until the system has taken them all, behind all that was sent before; false
    /// where the connection ended instead.
    bool send(std::vector<Tag> tags);
    /// Headers, and from then on numbered tags in real time.
    void begin_counting();
    /// When that began: number n goes out numbered_interval_ms × n later.
    SteadyTime counts_since() const;
    /// How many numbered tags were sent.
    std::uint32_t counted() const { return counted_; }
    /// With a goodbye, behind all that was sent. **Blocks**: until the server has closed.
    void finish();

    std::optional<RtmpEnding> ending() const;

  private:
    void run(ClientConnection::Request request);
    void turn(ClientConnection& connection);
    void send_waiting(ClientConnection& connection);
    void count(ClientConnection& connection);
    bool wait_for(const std::function<bool()>& is_so) const;

    Loop loop_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<Tag> waiting_;
    std::optional<RtmpEnding> ending_;
    std::optional<SteadyTime> counts_since_;
    bool is_accepted_ = false;
    bool is_idle_ = false;  ///< all that was sent was taken
    bool is_finishing_ = false;
    bool is_leaving_ = false;
    std::atomic<std::uint32_t> counted_ = 0;
    std::thread thread_;
};

/// Begins to publish numbered tags, or fails the test.
void publish_numbers(std::optional<TagPublisher>& publisher, const std::string& url,
                     const std::string& key = "");

}  // namespace restream::test
