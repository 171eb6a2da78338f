// The self-test's encoder: publishes the numbered picture in real time.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "client/client_connection.hpp"
#include "net/loop.hpp"
#include "selftest/figures.hpp"

namespace restream::selftest {

/// One publication, on a thread of its own. Its times begin at 0, as an encoder's do; its numbers
/// go on where the publisher before it ended. The destructor ends it without a goodbye.
class Publisher {
  public:
    /// `published`: what others before it have.
    Publisher(const std::string& url, const Counts& published);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    bool is_accepted() const { return is_accepted_; }
    /// Up to now, with those of the publishers before it.
    Counts published() const;
    /// Why it is over; nothing while it goes on.
    std::optional<std::string> trouble() const;
    /// As an encoder that is told to end. **Blocks**: until the server has closed, at most 3 s.
    void leave();

  private:
    void run(ClientConnection::Request request);
    void publish_due(ClientConnection& connection);
    void end();

    Loop loop_;
    std::atomic<bool> is_accepted_ = false;
    std::atomic<bool> is_leaving_ = false;
    std::atomic<bool> is_ending_ = false;
    mutable std::mutex mutex_;
    Counts published_;
    std::optional<std::string> trouble_;
    const Counts first_;  ///< from a keyframe on
    std::optional<SteadyTime> begun_;
    std::thread thread_;
};

}  // namespace restream::selftest
