// Where a relay's tags go, for libraries that block.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/cancel.hpp"
#include "base/clock.hpp"
#include "flv/tag.hpp"
#include "state/session_end.hpp"
#include "worker/sink.hpp"

namespace restream {

/// One session with a destination: connected and accepted since it was opened. Used by one thread.
/// Destroying it without finish() drops the connection without a goodbye, at once.
class BlockingSink {
  public:
    virtual ~BlockingSink() = default;

    /// Sends one tag. Times start near 0 and never run backwards within a track.
    /// Returns how the session ended, if it did; then nothing but destruction is left.
    /// **Blocks**: at most `write_deadline` of the request; then it ends as `stalled`.
    virtual std::optional<SessionEnd> write(const Tag& tag) = 0;

    /// Says goodbye (a file's trailer) and closes.
    /// **Blocks**: until done or the deadline; works although Cancel was requested.
    virtual void finish(const Deadline& deadline) = 0;

    /// The name of the file that is written, for the log; empty for a connection.
    virtual std::string file_name() const { return {}; }
};

using OpenedSink = std::variant<std::unique_ptr<BlockingSink>, SessionEnd>;

/// Opens a destination. **Blocks**: until it accepted, refused, or the deadline, or Cancel.
/// Never throws for what the network or the disk does.
using OpenBlockingSink = std::function<OpenedSink(const SinkRequest&, const Cancel&)>;

}  // namespace restream
