#include "rtmp/chunk_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>

namespace restream {

namespace {

/// What 24 bits cannot say. **Source**: Adobe RTMP 1.0, 5.3.1.3.
constexpr std::uint32_t extended = 0xffffff;

/// The header of one chunk while it is written.
class HeaderBytes {
  public:
    void add(std::uint32_t byte) { bytes_[size_++] = static_cast<std::uint8_t>(byte); }
    void add_24(std::uint32_t value) {
        add(value >> 16);
        add(value >> 8);
        add(value);
    }
    void add_32(std::uint32_t value) {
        add(value >> 24);
        add_24(value);
    }
    void add_little_endian_32(std::uint32_t value) {
        for (unsigned shift = 0; shift < 32; shift += 8) add(value >> shift);
    }
    /// **Source**: Adobe RTMP 1.0, 5.3.1.1.
    void add_basic(unsigned format, std::uint32_t chunk_stream_id) {
        const std::uint32_t type = format << 6;
        if (chunk_stream_id < 64) return add(type | chunk_stream_id);
        const std::uint32_t rest = chunk_stream_id - 64;
        add(type | (rest < 256 ? 0 : 1));
        add(rest);
        if (rest >= 256) add(rest >> 8);
    }
    std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(size_); }

  private:
    std::array<std::uint8_t, 18> bytes_;  // 3 + 11 + 4
    std::size_t size_ = 0;
};

}  // namespace

void ChunkWriter::set_chunk_size(std::uint32_t bytes, OutputQueue& out) {
    assert(bytes >= 1 && bytes <= 0x7fffffff);
    HeaderBytes size;
    size.add_32(bytes);
    write(control_chunks,
          {MessageType::set_chunk_size, 0, RtmpTime(), Payload::copy_of(size.bytes())}, out);
    chunk_size_ = bytes;
}

unsigned ChunkWriter::shortest_format(const Last& last, const Message& message,
                                      std::uint32_t step) {
    // A step back is a large one as a number without sign.
    if (message.message_stream_id != last.message_stream_id || step >= extended) return 0;
    if (message.payload.size() != last.length || message.type != last.type) return 1;
    return step == last.step ? 3 : 2;
}

void ChunkWriter::write(std::uint32_t chunk_stream_id, const Message& message, OutputQueue& out) {
    const std::size_t length = message.payload.size();
    assert(chunk_stream_id >= 2 && chunk_stream_id <= 65'599 && length <= 0xffffff);
    auto last = std::ranges::find(last_, chunk_stream_id, &Last::chunk_stream_id);
    const bool is_first = last == last_.end();
    if (is_first) last = last_.insert(last_.end(), Last{});
    const std::uint32_t time = message.time.ms();
    const std::uint32_t step = time - last->time.ms();
    const unsigned format = is_first ? 0 : shortest_format(*last, message, step);

    HeaderBytes header;
    HeaderBytes continuation;
    header.add_basic(format, chunk_stream_id);
    continuation.add_basic(3, chunk_stream_id);
    if (format < 3) header.add_24(format == 0 ? std::min(time, extended) : step);
    if (format < 2) {
        header.add_24(static_cast<std::uint32_t>(length));
        header.add(static_cast<std::uint32_t>(message.type));
    }
    if (format == 0) header.add_little_endian_32(message.message_stream_id);
    if (format == 0 && time >= extended) {
        header.add_32(time);
        continuation.add_32(time);
    }
    out.push(header.bytes());
    for (std::size_t offset = 0; offset < length; offset += chunk_size_) {
        if (offset > 0) out.push(continuation.bytes());
        out.push(message.payload, offset, std::min<std::size_t>(chunk_size_, length - offset));
    }

    *last = {chunk_stream_id, message.message_stream_id, length, message.type, message.time, step};
    // What type 3 means behind type 0 is read the same by all only where the time is 0.
    if (format == 0) last->step = time == 0 ? std::optional<std::uint32_t>(0) : std::nullopt;
}

}  // namespace restream
