// RTMP's chunk layer, reading: bytes in, messages out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
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
///
/// Where the specification is silent or peers differ from it:
/// - Type 3 that begins a message repeats the last step (5.3.1.2.4), after type 0 that one's time:
///   so write FFmpeg (rtmppkt.c) and GStreamer (rtmpchunkstream.c). librtmp and OBS mean "the same
///   time": they write it where length, type and time are the last one's, which after a step of 0
///   says the same. So it is read after a type 0 whose time is no step (`longest_repeated_time`),
///   and after an extended timestamp that is not there again.
/// - A chunk stream may begin with type 1 or 2: what the header leaves out is zero, as nginx-rtmp
///   has it. librtmp's RTMP_SendCtrl begins with type 1; a type 2 is then an empty message of
///   type 0, which means nothing. It may not begin with type 3, which has nothing of its own.
/// - Type 1 or 2 inside an unfinished message, with its length and type, continues it, as
/// nginx-rtmp
///   and SRS take it; any other, and type 0, is malformed. Abort is how a message is given up.
class ChunkReader {
  public:
    /// Everything from the network is hostile.
    struct Limits {
        std::size_t longest_message = 8 * 1024 * 1024;
        /// Of all messages that have begun and not ended, as far as their bytes have arrived.
        std::size_t most_pending_bytes = 16 * 1024 * 1024;
        std::size_t most_chunk_streams = 64;
    };
    /// Longer than between two messages of one kind in any broadcast, so no step, so a time that a
    /// type 3 cannot mean to add.
    static constexpr std::uint32_t longest_repeated_time = 10'000;

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
    /// What a header says, and what the next one of its chunk stream takes over.
    struct Header {
        MessageType type = MessageType::command;
        std::uint32_t message_stream_id = 0;
        std::uint32_t length = 0;
        std::uint32_t time_field =
            0;  ///< time (type 0) or step (1, 2); of an extended one its 32 bits
        bool is_extended = false;
    };
    struct ChunkStream {
        Header last;
        RtmpTime time;                         ///< of the last message begun
        std::uint32_t repeated_step = 0;       ///< what type 3 adds
        std::optional<PayloadBuffer> payload;  ///< of the unfinished message; nothing between two
        std::size_t arrived = 0;               ///< bytes of it
    };
    /// A chunk's header as it lies in the bytes.
    struct ChunkStart {
        unsigned format = 0;  ///< header type, 0 to 3
        std::uint32_t chunk_stream_id = 0;
        std::size_t size = 0;  ///< with basic header and extended timestamp
        Header header;
        bool repeats_step = false;  ///< type 3, with the extended field again
    };

    std::span<const std::uint8_t> unread() const;
    void make_room(std::size_t bytes);
    ChunkStream* find(std::uint32_t id);
    ChunkStream* find_or_add(std::uint32_t id);
    /// Nothing where more bytes are needed, or it is malformed.
    std::optional<ChunkStart> read_start();
    /// False where more bytes are needed, or it is malformed.
    bool begin_chunk();
    bool begin_message(const ChunkStart& start, ChunkStream& of);
    bool continues(const ChunkStart& start, const ChunkStream& of);
    /// Both are false where it is malformed.
    bool take_payload();
    bool arrived(std::size_t bytes);
    Message finish(ChunkStream& of);
    /// True for what is not given out.
    bool obey(const Message& message);
    /// False, always.
    bool refuse(std::string what);

    Limits limits_;
    std::uint64_t bytes_taken_ = 0;
    std::optional<Malformed> malformed_;

    /// What arrived and has not been looked at lies between the two.
    std::unique_ptr<std::uint8_t[]> scratch_;
    std::size_t scratch_size_ = 0;
    std::size_t unread_begin_ = 0;
    std::size_t unread_end_ = 0;

    /// Most peers use four or five, with small ids: found without a search.
    std::array<std::unique_ptr<ChunkStream>, 64> low_chunk_streams_;
    std::map<std::uint32_t, ChunkStream> high_chunk_streams_;
    std::size_t chunk_stream_count_ = 0;

    std::uint32_t chunk_size_ = 128;
    ChunkStream* current_ = nullptr;  ///< whose chunk is being received; null between chunks
    std::size_t chunk_left_ = 0;      ///< bytes of it
    std::size_t pending_bytes_ = 0;   ///< of all unfinished messages
};

}  // namespace restream
