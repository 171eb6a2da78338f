// RTMP's chunk layer, reading: bytes in, messages out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rtmp/message.hpp"

namespace restream {

/// Takes bytes in pieces of any size, interleaved as the peer likes, and gives whole messages.
///
/// Bytes are read straight to where they belong: spaces() gives the rest of the payload that is
/// being received and, behind it, room for what follows; after a gathered read commit() says how
/// much came. feed() does the same for bytes that are already somewhere.
///
/// All four header types; a message begun by any of them; extended timestamps repeated in
/// continuation chunks (as the specification says) or not (as OBS does): told apart by whether the
/// four bytes are the timestamp again. Set Chunk Size and Abort take effect here and are not given
/// out. **Source**: Adobe RTMP 1.0, 5.3 and 5.4.
class ChunkReader {
  public:
    /// Everything from the network is hostile.
    struct Limits {
        std::size_t longest_message = 8 * 1024 * 1024;
        /// Of all messages that have begun and not ended, as far as their bytes have arrived.
        std::size_t most_pending_bytes = 16 * 1024 * 1024;
        std::size_t most_chunk_streams = 64;
    };
    struct NeedMore {};
    struct Malformed {
        std::string what;
    };
    using Next = std::variant<NeedMore, Message, Malformed>;

    ChunkReader();
    explicit ChunkReader(Limits limits);

    /// A peer that has proved who it is may say more. Takes effect at the next message.
    void set_limits(Limits limits);

    /// Where the next bytes go, in this order; either may be empty, not both, unless Malformed was
    /// given. Valid until the next call.
    std::array<std::span<std::uint8_t>, 2> spaces();
    /// So many bytes were written to spaces(). REQUIRES: not more than there was room.
    void commit(std::size_t bytes);
    void feed(std::span<const std::uint8_t> bytes);

    /// The next whole message. What cannot be RTMP is told once and ever after.
    Next next();

    /// Taken in so far, for acknowledgements.
    std::uint64_t bytes_taken() const { return bytes_taken_; }

  private:
    // Shape of the inside: free.
    std::uint64_t bytes_taken_ = 0;
};

}  // namespace restream
