// What both sides of an RTMP connection do alike: the handshake, then messages, with what the
// protocol itself asks for answered.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/output_queue.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/message.hpp"

namespace restream {

/// Bytes in, messages out, and the other way round. Pings are answered, acknowledgements sent as
/// often as the peer asks, and a peer bandwidth answered with a window of that size; it does not
/// throttle what we send: TCP does. **Source**: Adobe RTMP 1.0, 5.4 and 7.1.7.
class RtmpLink {
  public:
    /// The chunk size of what we write: a message of a usual live picture is one chunk, so one or
    /// two pieces of a gathered write. **Source**: what ffmpeg's publisher has used for years;
    /// under the 65,536 that Adobe's servers take.
    static constexpr std::uint32_t chunk_size = 60'000;
    /// What a peer may leave unread of answers that it asked for.
    static constexpr std::size_t most_unread_answers = 16 * 1024;

    using NeedMore = ChunkReader::NeedMore;
    using Malformed = ChunkReader::Malformed;
    using Next = ChunkReader::Next;

    RtmpLink(Handshake::Side side, std::span<const std::uint8_t> random,
             ChunkReader::Limits limits);

    std::array<std::span<std::uint8_t>, 2> spaces();
    void commit(std::size_t bytes);
    void feed(std::span<const std::uint8_t> bytes);
    bool is_open() const { return handshake_.state() == Handshake::State::done; }
    Next next();
    /// What the peer speaks instead of RTMP.
    Handshake::Foreign foreign() const { return handshake_.foreign(); }

    void set_limits(ChunkReader::Limits limits) { reader_.set_limits(limits); }
    /// Acknowledges after so many bytes, unless the peer asks for something else.
    void set_window(std::uint32_t bytes) { window_ = bytes; }
    void set_chunk_size();
    void write_control(const Message& message);
    void write_command(std::uint32_t message_stream_id, const Command& command);
    /// Audio, video or data. Shares the payload.
    void write_media(const Message& message);
    /// Whatever the peer asks from now on is left unanswered: what was written is the last word.
    void fall_silent() { is_silent_ = true; }
    /// The peer asks and asks and does not read the answers.
    bool is_flooded() const;

    OutputQueue& output() { return output_; }
    const OutputQueue& output() const { return output_; }
    /// What the peer has acknowledged. **Unit**: bytes, modulo 2^32.
    std::uint32_t acknowledged() const { return acknowledged_; }

  private:
    void take_handshake_output();
    bool take_control(const Message& message);
    void acknowledge();
    void answer(std::uint32_t chunks, const Message& message);

    OutputQueue output_;
    Handshake handshake_;
    std::vector<std::uint8_t> handshake_space_;
    ChunkReader reader_;
    ChunkWriter writer_;
    std::size_t unread_answers_ = 0;
    bool is_silent_ = false;
    std::uint32_t window_ = 0;  ///< 0: the peer has not asked
    std::uint32_t told_window_ = 0;
    std::uint64_t told_bytes_ = 0;
    std::uint32_t acknowledged_ = 0;
};

}  // namespace restream
