// Where a relay's tags go.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "config/srt_options.hpp"
#include "flv/tag.hpp"
#include "net/loop.hpp"
#include "state/session_end.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

/// One session with a destination, on a Loop, from connecting to its end. Never blocks: run the
/// loop, then ask. Destroying it drops the connection without a goodbye, at once.
class Sink {
  public:
    virtual ~Sink() = default;

    /// The destination takes tags; stays true when it ends later.
    virtual bool is_accepted() const = 0;
    /// How it ended, if it did; then nothing but destruction is left.
    virtual std::optional<SessionEnd> end() const = 0;
    /// It has not ended, and nothing that was written before waits. Where it is false, run the
    /// loop.
    virtual bool is_ready() const = 0;
    /// Takes one tag, also where it is not ready. Times start near 0 and never run backwards within
    /// a track. REQUIRES: is_accepted().
    virtual void write(const Tag& tag) = 0;
    /// Begins the goodbye (FCUnpublish, deleteStream; a file's trailer), at any step; then end()
    /// comes, as `stopped`, at the latest at the deadline.
    virtual void finish(const Deadline& deadline) = 0;

    /// Smoothed round trip to the destination, where the system tells it.
    virtual std::optional<double> rtt_ms() const { return std::nullopt; }
    /// How the connection to the destination fares, likewise.
    virtual std::optional<TcpFacts> tcp() const { return std::nullopt; }
    /// For how long something has waited to be taken by the destination, and nothing was. As of the
    /// last second or so; 0 where it is not known.
    virtual SteadyClock::duration standing(SteadyTime /*now*/) const { return {}; }
    /// The name of the file that is written, for the log; empty for a connection.
    virtual std::string file_name() const { return {}; }
};

/// What opening needs to know.
struct SinkRequest {
    std::string destination;  ///< its name, for messages
    std::string url;          ///< rtmp, rtmps, srt, file; without the stream key
    Secret key;               ///< joined to the URL at the wire only
    SrtOptions srt;           ///< for srt; its URL has neither query nor user info then
    /// Permission bits of files that are made, as the user asked; nothing: the sink's own.
    std::optional<unsigned> file_mode;
    std::string ca_file;  ///< PEM with the authorities to trust for rtmps; empty: the system's
    Milliseconds connect_deadline = std::chrono::seconds(10);
    Milliseconds write_deadline = std::chrono::seconds(10);
    /// What the session begins with: metadata if there is any, sequence headers, the keyframe, and
    /// for a file all that arrived with it. Sinks that must know the tracks before the first byte
    /// learn them here; each tag comes again through write().
    std::vector<Tag> prefix;
    /// A message of the sound where its codec has no sequence header (MP3, G.711), so that the
    /// prefix may say nothing of it. To learn from only: it is not part of the session.
    std::optional<Tag> sound;
};

/// Begins to open a destination and returns; what became of it, end() and is_accepted() tell. Never
/// throws for what the network or the disk does.
using OpenSink = std::function<std::unique_ptr<Sink>(const SinkRequest&, Loop&)>;

}  // namespace restream
