// The relay's side of the ingest: read all the time, handed to a session from a keyframe on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "relay/cancel.hpp"
#include "relay/readiness.hpp"
#include "relay/session_end.hpp"
#include "relay/source.hpp"
#include "relay/tag_queue.hpp"

namespace restream {

/// Keeps the ingest open from its construction to its destruction, on a thread of its own: opens
/// it, waits until it is ready (see Readiness), and opens it again whenever it ends. One session at
/// a time takes what it reads.
///
/// A session sees: Begun (metadata, sequence headers, the keyframe), tags, then Lost when the
/// ingest ends; and, if it stays, Begun again when the ingest is back. Between sessions everything
/// is read and thrown away, so that the next one begins at the next keyframe and not at the next
/// connection.
class Intake {
  public:
    struct Nothing {};  ///< the deadline has passed, or wake() was called
    struct Begun {
        std::vector<Tag> prefix;
    };
    struct Lost {
        SessionEnd why;
    };
    struct TooSlow {};  ///< the session does not take even the audio in time
    using Event = std::variant<Nothing, Begun, Tag, Lost, TooSlow>;

    struct Settings {
        std::string url;
        Milliseconds probe_duration{0};
        std::uint64_t probe_bytes = 0;
        bool operator==(const Settings&) const = default;
    };

    Intake(OpenSource open, Settings settings);
    ~Intake();
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// A session begins: what was queued is forgotten; Begun comes at the next keyframe.
    void begin_session();
    /// The session is connected: from now on waiting in the queue counts.
    void start_clock();
    /// It has ended: nothing is queued any more.
    void end_session();

    /// The next event of the session. **Blocks**: until there is one, or the deadline, or wake().
    Event next(const Deadline& deadline);
    /// Ends the next() that blocks now or the one that comes.
    void wake();
    /// What keeps the ingest from being ready now; nothing once it is.
    std::optional<SessionEnd> obstacle() const;
    std::uint64_t dropped() const;
    Milliseconds waited() const;
    /// Waits until the obstacle is another one than `known`, or an event is there, or wake().
    /// **Blocks**: until then or the deadline.
    void await_change(const std::optional<SessionEnd>& known, const Deadline& deadline);

  private:
    void run();
    void read_source(TagSource& source);
    void take(const Tag& tag);
    void lose(SessionEnd why);
    void set_obstacle(std::optional<SessionEnd> obstacle);

    OpenSource open_;
    Settings settings_;
    Cancel cancel_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Readiness readiness_;
    TagQueue queue_;
    std::optional<std::vector<Tag>> begun_;  ///< not fetched yet
    std::optional<SessionEnd> lost_;         ///< not fetched yet; comes after the queue
    std::optional<SessionEnd> obstacle_;
    bool is_taking_ = false;      ///< a session is there
    bool is_delivering_ = false;  ///< it has begun, and the ingest has not been lost since
    bool is_woken_ = false;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace restream
