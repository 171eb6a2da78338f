#include "rtmp/control_message.hpp"

#include <initializer_list>
#include <span>
#include <vector>

namespace restream {

namespace {

constexpr std::uint8_t limit_dynamic = 2;  // Adobe RTMP 1.0, 5.4.5

void append(std::vector<std::uint8_t>& out, std::uint32_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

std::uint32_t read_u32(std::span<const std::uint8_t> bytes) {
    return std::uint32_t(bytes[0]) << 24 | std::uint32_t(bytes[1]) << 16 |
           std::uint32_t(bytes[2]) << 8 | std::uint32_t(bytes[3]);
}

/// Control messages are on message stream 0, at no time of their own.
Message make_control(MessageType type, const std::vector<std::uint8_t>& bytes) {
    return {type, 0, RtmpTime(), Payload::copy_of(bytes)};
}

Message make_control(MessageType type, std::uint32_t value) {
    std::vector<std::uint8_t> bytes;
    append(bytes, value, 4);
    return make_control(type, bytes);
}

}  // namespace

std::optional<UserControl> read_user_control(const Message& message) {
    const auto bytes = message.payload.bytes();
    if (bytes.size() < 6) return std::nullopt;
    const auto kind = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
    return UserControl{UserControlKind(kind), read_u32(bytes.subspan(2))};
}

std::optional<std::uint32_t> read_control_value(const Message& message) {
    const auto bytes = message.payload.bytes();
    if (bytes.size() < 4) return std::nullopt;
    return read_u32(bytes);
}

Message make_user_control(UserControlKind kind, std::uint32_t value) {
    std::vector<std::uint8_t> bytes;
    append(bytes, static_cast<std::uint16_t>(kind), 2);
    append(bytes, value, 4);
    return make_control(MessageType::user_control, bytes);
}

Message make_set_buffer_length(std::uint32_t message_stream_id, std::uint32_t ms) {
    std::vector<std::uint8_t> bytes;
    append(bytes, static_cast<std::uint16_t>(UserControlKind::set_buffer_length), 2);
    append(bytes, message_stream_id, 4);
    append(bytes, ms, 4);
    return make_control(MessageType::user_control, bytes);
}

Message make_acknowledgement(std::uint64_t bytes_taken) {
    return make_control(MessageType::acknowledgement, static_cast<std::uint32_t>(bytes_taken));
}

Message make_window_acknowledgement_size(std::uint32_t bytes) {
    return make_control(MessageType::window_acknowledgement_size, bytes);
}

Message make_set_peer_bandwidth(std::uint32_t bytes) {
    std::vector<std::uint8_t> content;
    append(content, bytes, 4);
    content.push_back(limit_dynamic);
    return make_control(MessageType::set_peer_bandwidth, content);
}

}  // namespace restream
