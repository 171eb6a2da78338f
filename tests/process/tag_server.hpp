// A platform that keeps every tag that it is sent.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "engine/listener.hpp"
#include "flv/tag.hpp"
#include "rtmp/command.hpp"
#include "system/fd.hpp"

namespace restream::test {

/// Takes any number of publishers at one address, on a thread of its own, and accepts them all. But
/// those whose key begins with "bad-" it refuses.
class TagServer {
  public:
    /// One connection, in the order in which they came.
    struct Session {
        std::optional<Command> connect;  ///< what it said there
        std::string name;                ///< the stream key
        std::vector<Tag> tags;
        std::vector<SteadyTime> arrivals;  ///< of each tag
        bool is_publishing = false;
        bool has_left = false;   ///< said goodbye
        bool has_ended = false;  ///< closed

        /// The FourCCs that it announced; empty where it announced none.
        std::vector<std::string> fourccs() const;
    };

    explicit TagServer(std::string address = "127.0.0.1");
    ~TagServer();
    TagServer(const TagServer&) = delete;
    TagServer& operator=(const TagServer&) = delete;

    int port() const { return listener_.port(); }
    std::string url() const;
    std::vector<Session> sessions() const;
    /// **Blocks** until it is so; false where it never is.
    bool wait_for(const std::function<bool(const std::vector<Session>&)>& is_so,
                  Milliseconds longest = std::chrono::seconds(20)) const;
    /// Until the last session has so many tags.
    bool wait_tags(std::size_t count) const;

  private:
    struct Connection;
    void run();
    void accept_one();
    void turn();

    std::string address_;
    Listener listener_;
    Pipe wake_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Session> sessions_;
    bool is_ending_ = false;
    std::vector<std::unique_ptr<Connection>> connections_;  ///< the thread's own
    std::thread thread_;
};

}  // namespace restream::test
