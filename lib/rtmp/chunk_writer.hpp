// RTMP's chunk layer, writing: messages in, bytes out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/output_queue.hpp"
#include "rtmp/message.hpp"

namespace restream {

/// Writes messages in the order in which they come, with the shortest header that says it: type 0
/// for the first of a chunk stream, for a step back in time, and for a step that needs the extended
/// field; else 1, 2, or 3. So only type 0 has an extended timestamp, which its continuations
/// repeat, and a long broadcast goes on with plain steps, as OBS's and FFmpeg's do. Type 3 begins a
/// message only where all peers read the same time: after a step that was written, or time 0 and no
/// step.
/// **Source**: Adobe RTMP 1.0, 5.3.1; readers differ as ChunkReader says.
class ChunkWriter {
  public:
    /// **Source**: Adobe RTMP 1.0, 5.4.1: what holds until it is changed.
    static constexpr std::uint32_t first_chunk_size = 128;

    /// Tells the peer, and holds for what is written from now on.
    void set_chunk_size(std::uint32_t bytes, OutputQueue& out);
    /// REQUIRES: 2 <= chunk_stream_id <= 65,599; a payload under 16 MiB.
    void write(std::uint32_t chunk_stream_id, const Message& message, OutputQueue& out);

  private:
    /// The last message of a chunk stream.
    struct Last {
        std::uint32_t chunk_stream_id = 0;
        std::uint32_t message_stream_id = 0;
        std::size_t length = 0;
        MessageType type = MessageType::command;
        RtmpTime time;
        std::optional<std::uint32_t> step;  ///< what type 3 would repeat
    };

    static unsigned shortest_format(const Last& last, const Message& message, std::uint32_t step);

    std::uint32_t chunk_size_ = first_chunk_size;
    std::vector<Last> last_;  ///< five at most in practice
};

}  // namespace restream
