// Where a relay's tags go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "relay/cancel.hpp"
#include "relay/session_end.hpp"
#include "rtmp/tag.hpp"

namespace restream {

/// One session with a destination: connected and accepted since it was opened. Used by one thread.
/// Destroying it without finish() drops the connection without a goodbye, at once.
class Sink {
  public:
    virtual ~Sink() = default;

    /// Sends one tag. Times start near 0 and never run backwards within a track.
    /// Returns how the session ended, if it did; then nothing but destruction is left.
    /// **Blocks**: at most `write_deadline` of the request; then it ends as `stalled`.
    virtual std::optional<SessionEnd> write(const Tag& tag) = 0;

    /// Says goodbye (FCUnpublish, deleteStream; a file's trailer) and closes.
    /// **Blocks**: until done or the deadline; works although Cancel was requested.
    virtual void finish(const Deadline& deadline) = 0;

    /// Smoothed round trip to the destination, where the system tells it.
    virtual std::optional<double> rtt_ms() const { return std::nullopt; }

    /// The name of the file that is written, for the log; empty for a connection.
    virtual std::string file_name() const { return {}; }
};

/// What opening needs to know.
struct SinkRequest {
    std::string destination;  ///< its name, for messages
    std::string url;          ///< rtmp, rtmps, srt, file; without the stream key
    Secret key;               ///< joined to the URL at the wire only
    std::string ca_file;      ///< PEM with the authorities to trust for rtmps; empty: the system's
    Milliseconds connect_deadline = std::chrono::seconds(10);
    Milliseconds write_deadline = std::chrono::seconds(10);
    /// What the session begins with: metadata if there is any, sequence headers, the keyframe, and
    /// for a file all that arrived with it. Sinks that must know the tracks before the first byte
    /// learn them here; each tag comes again through write().
    std::vector<Tag> prefix;
};

using OpenedSink = std::variant<std::unique_ptr<Sink>, SessionEnd>;

/// Opens a destination. **Blocks**: until it accepted, refused, or the deadline, or Cancel.
/// Never throws for what the network or the disk does.
using OpenSink = std::function<OpenedSink(const SinkRequest&, const Cancel&)>;

}  // namespace restream
