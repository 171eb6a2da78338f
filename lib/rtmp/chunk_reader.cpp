#include "rtmp/chunk_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace restream {

namespace {

/// Behind the payload that is received, and for headers and small messages. What is read into it is
/// copied once.
constexpr std::size_t usual_scratch_bytes = 8 * 1024;
/// Less room than this is not worth a read.
constexpr std::size_t least_room_bytes = 1024;

/// **Source**: Adobe RTMP 1.0, 5.3.1.2 (types 0 to 3), 5.3.1.3, 5.4.1.
constexpr std::array<std::size_t, 4> header_bytes = {11, 7, 3, 0};
constexpr std::uint32_t extended = 0xffffff;

/// They may overlap, where `to` lies before them. As pointers, which std::copy hands to memmove:
/// the iterators of a span it takes byte by byte, ten times slower (GCC 12).
void copy_bytes(std::span<const std::uint8_t> bytes, std::uint8_t* to) {
    std::copy(bytes.data(), bytes.data() + bytes.size(), to);
}

std::uint32_t read_24(std::span<const std::uint8_t> bytes) {
    return std::uint32_t(bytes[0]) << 16 | std::uint32_t(bytes[1]) << 8 | bytes[2];
}

std::uint32_t read_32(std::span<const std::uint8_t> bytes) {
    return std::uint32_t(bytes[0]) << 24 | read_24(bytes.subspan(1));
}

std::uint32_t read_little_endian_32(std::span<const std::uint8_t> bytes) {
    return std::uint32_t(bytes[3]) << 24 | std::uint32_t(bytes[2]) << 16 |
           std::uint32_t(bytes[1]) << 8 | bytes[0];
}

/// How many bytes, 1 to 3, the basic header has. **Source**: Adobe RTMP 1.0, 5.3.1.1.
std::size_t basic_header_bytes(std::uint8_t first) {
    const unsigned low = first & 0x3fU;
    return low == 0 ? 2 : low == 1 ? 3 : 1;
}

std::uint32_t chunk_stream_id(std::span<const std::uint8_t> basic_header) {
    switch (basic_header.size()) {
        case 1:
            return basic_header[0] & 0x3fU;
        case 2:
            return 64U + basic_header[1];
        default:
            return 64U + basic_header[1] + 256U * basic_header[2];
    }
}

/// Also for a step back, which some say as a step of nearly 2^32.
RtmpTime after(RtmpTime time, std::uint32_t step) { return RtmpTime(time.ms() + step); }

enum class Start { is, is_not, may_be };

/// Whether `bytes`, of which fewer than four may have arrived, begin with `value`.
Start starts_with(std::span<const std::uint8_t> bytes, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        if (i == bytes.size()) return Start::may_be;
        if (bytes[i] != static_cast<std::uint8_t>(value >> (24 - 8 * i))) return Start::is_not;
    }
    return Start::is;
}

}  // namespace

ChunkReader::ChunkReader() : ChunkReader(Limits{}) {}

ChunkReader::ChunkReader(Limits limits) : limits_(limits) {}

void ChunkReader::set_limits(Limits limits) { limits_ = limits; }

std::array<std::span<std::uint8_t>, 2> ChunkReader::spaces() {
    if (malformed_) return {};
    std::span<std::uint8_t> payload;
    // What lies unread in the scratch comes first.
    if (unread().empty() && chunk_left_ > 0) {
        payload = current_->payload->bytes().subspan(current_->arrived, chunk_left_);
    }
    make_room(least_room_bytes);
    return {payload, {scratch_.get() + unread_end_, scratch_size_ - unread_end_}};
}

void ChunkReader::commit(std::size_t bytes) {
    if (bytes == 0) return;
    assert(!malformed_);
    bytes_taken_ += bytes;
    std::size_t direct = 0;
    if (unread().empty() && chunk_left_ > 0) {
        direct = std::min(bytes, chunk_left_);
        if (!arrived(direct)) return;
    }
    assert(bytes - direct <= scratch_size_ - unread_end_);
    unread_end_ += bytes - direct;
}

void ChunkReader::feed(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty() && !malformed_) {
        std::size_t fed = 0;
        for (const auto space : spaces()) {
            const auto part = bytes.subspan(fed, std::min(space.size(), bytes.size() - fed));
            copy_bytes(part, space.data());
            fed += part.size();
        }
        commit(fed);
        bytes = bytes.subspan(fed);
    }
}

ChunkReader::Next ChunkReader::next() {
    while (!malformed_) {
        if (current_ == nullptr && !begin_chunk()) break;
        if (!take_payload() || chunk_left_ > 0) break;
        ChunkStream& of = *std::exchange(current_, nullptr);
        if (of.arrived < of.last.length) continue;
        Message message = finish(of);
        if (!obey(message)) return message;
    }
    if (malformed_) return *malformed_;
    return NeedMore{};
}

std::span<const std::uint8_t> ChunkReader::unread() const {
    return {scratch_.get() + unread_begin_, unread_end_ - unread_begin_};
}

void ChunkReader::make_room(std::size_t bytes) {
    const auto left = unread();
    const std::size_t needed = std::max(usual_scratch_bytes, left.size() + bytes);
    if (scratch_size_ < needed || (left.empty() && scratch_size_ > usual_scratch_bytes)) {
        // Doubled while somebody feeds more than is taken out; back to the usual afterwards.
        const std::size_t size = left.empty() ? needed : std::max(needed, scratch_size_ * 2);
        auto scratch = std::make_unique_for_overwrite<std::uint8_t[]>(size);
        copy_bytes(left, scratch.get());
        scratch_ = std::move(scratch);
        scratch_size_ = size;
    } else if (unread_begin_ > 0) {
        copy_bytes(left, scratch_.get());
    }
    unread_end_ -= unread_begin_;
    unread_begin_ = 0;
}

ChunkReader::ChunkStream* ChunkReader::find(std::uint32_t id) {
    if (id < low_chunk_streams_.size()) return low_chunk_streams_[id].get();
    const auto found = high_chunk_streams_.find(id);
    return found == high_chunk_streams_.end() ? nullptr : &found->second;
}

ChunkReader::ChunkStream* ChunkReader::find_or_add(std::uint32_t id) {
    if (ChunkStream* const known = find(id)) return known;
    if (chunk_stream_count_ >= limits_.most_chunk_streams) {
        refuse(fmt::format("chunk stream {} is one more than the {} that are taken", id,
                           limits_.most_chunk_streams));
        return nullptr;
    }
    ++chunk_stream_count_;
    if (id >= low_chunk_streams_.size()) return &high_chunk_streams_[id];
    low_chunk_streams_[id] = std::make_unique<ChunkStream>();
    return low_chunk_streams_[id].get();
}

std::optional<ChunkReader::ChunkStart> ChunkReader::read_start() {
    auto bytes = unread();
    if (bytes.empty()) return std::nullopt;
    const std::size_t basic = basic_header_bytes(bytes[0]);
    if (bytes.size() < basic) return std::nullopt;
    ChunkStart start;
    start.format = bytes[0] >> 6;
    start.chunk_stream_id = chunk_stream_id(bytes.first(basic));
    const ChunkStream* const known = find(start.chunk_stream_id);
    if (known == nullptr && start.format == 3) {
        refuse(fmt::format("chunk stream {} begins with a header of type {}", start.chunk_stream_id,
                           start.format));
        return std::nullopt;
    }
    bytes = bytes.subspan(basic);
    const std::size_t fixed = header_bytes[start.format];
    if (bytes.size() < fixed) return std::nullopt;
    Header& header = start.header;
    if (known != nullptr) {
        header = known->last;
    } else {
        header.type = MessageType(0);  // a first type 2 says none: nobody's message
    }
    start.size = basic + fixed;

    if (start.format == 3) {
        if (!header.is_extended) return start;
        // Some repeat the field, some the message's time, OBS nothing.
        const Start field = starts_with(bytes, header.time_field);
        const Start time = starts_with(bytes, known->time.ms());
        start.repeats_step = field == Start::is;
        if (field == Start::is || time == Start::is) {
            start.size += 4;
        } else if (field == Start::may_be || time == Start::may_be) {
            return std::nullopt;
        }
        return start;
    }
    header.time_field = read_24(bytes);
    header.is_extended = header.time_field == extended;
    if (start.format < 2) {
        header.length = read_24(bytes.subspan(3));
        header.type = static_cast<MessageType>(bytes[6]);
    }
    if (start.format == 0) header.message_stream_id = read_little_endian_32(bytes.subspan(7));
    if (header.is_extended) {
        if (bytes.size() < fixed + 4) return std::nullopt;
        header.time_field = read_32(bytes.subspan(fixed));
        start.size += 4;
    }
    return start;
}

bool ChunkReader::begin_chunk() {
    const auto start = read_start();
    if (!start) return false;
    ChunkStream* const of = find_or_add(start->chunk_stream_id);
    if (of == nullptr) return false;
    if (of->payload ? !continues(*start, *of) : !begin_message(*start, *of)) return false;
    unread_begin_ += start->size;
    current_ = of;
    chunk_left_ = std::min<std::size_t>(chunk_size_, of->last.length - of->arrived);
    return true;
}

bool ChunkReader::begin_message(const ChunkStart& start, ChunkStream& of) {
    if (start.header.length > limits_.longest_message) {
        return refuse(fmt::format("a message of {} bytes is longer than the {} that are taken",
                                  start.header.length, limits_.longest_message));
    }
    const std::uint32_t field = start.header.time_field;
    switch (start.format) {
        case 0:
            of.time = RtmpTime(field);
            of.repeated_step = field <= longest_repeated_time ? field : 0;
            break;
        case 3:
            if (!start.header.is_extended || start.repeats_step) {
                of.time = after(of.time, of.repeated_step);
            }
            break;
        default:
            of.time = after(of.time, field);
            of.repeated_step = field;
    }
    of.last = start.header;
    of.arrived = 0;
    if (of.last.length > 0) of.payload.emplace(of.last.length);
    return true;
}

bool ChunkReader::continues(const ChunkStart& start, const ChunkStream& of) {
    const Header& header = start.header;
    if (start.format == 0) {
        return refuse(fmt::format("chunk stream {}: a header of type 0 after {} of {} bytes",
                                  start.chunk_stream_id, of.arrived, of.last.length));
    }
    if (header.length != of.last.length || header.type != of.last.type) {
        return refuse(fmt::format("chunk stream {}: another message begins after {} of {} bytes",
                                  start.chunk_stream_id, of.arrived, of.last.length));
    }
    return true;
}

bool ChunkReader::take_payload() {
    const auto part = unread().first(std::min(unread().size(), chunk_left_));
    if (part.empty()) return true;
    copy_bytes(part, current_->payload->bytes().data() + current_->arrived);
    unread_begin_ += part.size();
    return arrived(part.size());
}

bool ChunkReader::arrived(std::size_t bytes) {
    current_->arrived += bytes;
    chunk_left_ -= bytes;
    pending_bytes_ += bytes;
    if (pending_bytes_ <= limits_.most_pending_bytes) return true;
    return refuse(fmt::format("unfinished messages hold {} bytes, more than the {} that are taken",
                              pending_bytes_, limits_.most_pending_bytes));
}

Message ChunkReader::finish(ChunkStream& of) {
    Message message{of.last.type, of.last.message_stream_id, of.time, {}};
    if (of.payload) message.payload = of.payload->freeze();
    of.payload.reset();
    pending_bytes_ -= std::exchange(of.arrived, 0);
    return message;
}

bool ChunkReader::obey(const Message& message) {
    const bool is_abort = message.type == MessageType::abort;
    if (!is_abort && message.type != MessageType::set_chunk_size) return false;
    if (message.payload.size() < 4) {
        refuse(fmt::format("{} with {} bytes instead of 4", is_abort ? "Abort" : "Set Chunk Size",
                           message.payload.size()));
        return true;
    }
    const std::uint32_t value = read_32(message.payload.bytes());
    if (!is_abort) {
        // 5.4.1: 1 to 2^31 - 1. No chunk is larger than its message, so any of them will do.
        if (value == 0 || value > 0x7fffffff) {
            refuse(fmt::format("a chunk size of {}", value));
        }
        chunk_size_ = value;
        return true;
    }
    ChunkStream* const of = find(value);
    if (of != nullptr && of->payload) {
        of->payload.reset();
        pending_bytes_ -= std::exchange(of->arrived, 0);
    }
    return true;
}

bool ChunkReader::refuse(std::string what) {
    malformed_ = Malformed{std::move(what)};
    for (auto& each : low_chunk_streams_) each.reset();
    high_chunk_streams_.clear();
    scratch_.reset();
    scratch_size_ = unread_begin_ = unread_end_ = 0;
    current_ = nullptr;
    chunk_left_ = 0;
    return false;
}

}  // namespace restream
