// A sink whose library blocks, on a thread of its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/cancel.hpp"
#include "worker/blocking_sink.hpp"
#include "worker/sink.hpp"

namespace restream {

/// Opens, writes and ends a BlockingSink on a thread of its own, and wakes the loop where something
/// has changed that was asked for. It is handed one tag at a time: what waits, waits in the relay's
/// queue.
///
/// finish() cancels a write that blocks and says goodbye behind it. The destructor waits for the
/// thread: as long as the blocking sink needs to obey its Cancel.
class SinkThread final : public Sink {
  public:
    SinkThread(OpenBlockingSink open, SinkRequest request, Loop& loop);
    ~SinkThread() override;
    SinkThread(const SinkThread&) = delete;
    SinkThread& operator=(const SinkThread&) = delete;

    bool is_accepted() const override;
    std::optional<SessionEnd> end() const override;
    bool is_ready() const override;
    void write(const Tag& tag) override;
    void finish(const Deadline& deadline) override;
    std::string file_name() const override;

  private:
    void run(const OpenBlockingSink& open, const SinkRequest& request);
    std::optional<SessionEnd> carry(BlockingSink& sink);
    void settle(std::optional<SessionEnd> end);

    Loop& loop_;
    Cancel cancel_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Tag> waiting_;  ///< more than one only where it was written to unready
    std::optional<Deadline> goodbye_;
    std::optional<SessionEnd> end_;
    std::string file_name_;
    bool is_accepted_ = false;
    bool is_busy_ = true;
    mutable bool is_awaited_ = false;  ///< the loop's thread was told that it is not ready
    std::thread thread_;               ///< last: it uses all of the above
};

/// An OpenSink from what opens blocking sinks.
OpenSink on_thread(OpenBlockingSink open);

}  // namespace restream
