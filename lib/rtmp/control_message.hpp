// RTMP's protocol control messages: acknowledgements, windows, pings and their like.
#pragma once

#include <cstdint>
#include <optional>

#include "rtmp/message.hpp"

namespace restream {

/// **Source**: Adobe RTMP 1.0, 7.1.7.
enum class UserControlKind : std::uint16_t {
    stream_begin = 0,
    stream_eof = 1,
    stream_dry = 2,
    set_buffer_length = 3,
    stream_is_recorded = 4,
    ping_request = 6,
    ping_response = 7,
};

struct UserControl {
    UserControlKind kind = UserControlKind::stream_begin;
    std::uint32_t value = 0;  ///< a message stream id; for pings a time in ms
};

/// Of a `user_control` message; nothing where it is too short. Kinds that are not listed are kept.
std::optional<UserControl> read_user_control(const Message& message);
/// The four bytes of an acknowledgement, a window size or a peer bandwidth; nothing where there are
/// fewer. **Source**: Adobe RTMP 1.0, 5.4.
std::optional<std::uint32_t> read_control_value(const Message& message);

Message make_user_control(UserControlKind kind, std::uint32_t value);
/// **Unit**: milliseconds of buffer.
Message make_set_buffer_length(std::uint32_t message_stream_id, std::uint32_t ms);
/// Bytes taken in so far, of which the message has the low 32 bits.
Message make_acknowledgement(std::uint64_t bytes_taken);
Message make_window_acknowledgement_size(std::uint32_t bytes);
/// With the limit type "dynamic", as servers send it.
Message make_set_peer_bandwidth(std::uint32_t bytes);

}  // namespace restream
