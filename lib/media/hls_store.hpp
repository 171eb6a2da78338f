// Where the files of a live playlist go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "state/session_end.hpp"

namespace restream {

/// A folder, or a server that takes files. Used by one thread. What fails is told as the end of the
/// session; then nothing but destruction is left. Destroying it gives up what is not whole.
class HlsStore {
  public:
    virtual ~HlsStore() = default;

    /// Begins a segment. Nobody sees it before end_segment().
    virtual std::optional<SessionEnd> begin_segment(const std::string& name) = 0;
    /// More of the segment that was begun. **Blocks**: for the write deadline at most.
    virtual std::optional<SessionEnd> append(std::span<const std::uint8_t> bytes) = 0;
    /// The segment is whole. **Blocks**: until it is there; for the write deadline at most.
    virtual std::optional<SessionEnd> end_segment() = 0;
    /// Replaces the playlist as a whole. **Blocks**: likewise.
    virtual std::optional<SessionEnd> put_playlist(const std::string& text) = 0;
    /// Deletes a segment that is not listed any more. Where that fails, it stays.
    virtual void remove_segment(const std::string& name) = 0;

    /// From here only this deadline counts for what blocks, and no Cancel: a goodbye is said.
    virtual void begin_goodbye(const Deadline& deadline) = 0;
    /// The playlist's name for the log; empty for a server.
    virtual std::string place() const { return {}; }
};

}  // namespace restream
