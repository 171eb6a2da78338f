// RTMP's chunk layer, writing: messages in, bytes out.
#pragma once

#include <cstdint>
#include <map>

#include "rtmp/message.hpp"
#include "rtmp/output_queue.hpp"

namespace restream {

/// Writes messages in the order in which they come, with the shortest header that says it: type 0
/// for the first of a chunk stream, for a step back in time, and for times that need the extended
/// field; else 1, 2, or 3. A continuation repeats an extended timestamp.
/// **Source**: Adobe RTMP 1.0, 5.3.1.
class ChunkWriter {
  public:
    /// **Source**: Adobe RTMP 1.0, 5.4.1: what holds until it is changed.
    static constexpr std::uint32_t first_chunk_size = 128;

    /// Tells the peer, and holds for what is written from now on.
    void set_chunk_size(std::uint32_t bytes, OutputQueue& out);
    /// REQUIRES: 2 <= chunk_stream_id <= 65,599; a payload under 16 MiB.
    void write(std::uint32_t chunk_stream_id, const Message& message, OutputQueue& out);

  private:
    // Shape of the inside: free.
    std::uint32_t chunk_size_ = first_chunk_size;
};

}  // namespace restream
