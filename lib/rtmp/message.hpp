// One RTMP message, as the chunk layer gives and takes it.
#pragma once

#include <cstdint>

#include "base/payload.hpp"
#include "flv/tag.hpp"

namespace restream {

/// **Source**: Adobe RTMP 1.0, 5.4, 6.1, 7.1.
enum class MessageType : std::uint8_t {
    set_chunk_size = 1,
    abort = 2,
    acknowledgement = 3,
    user_control = 4,
    window_acknowledgement_size = 5,
    set_peer_bandwidth = 6,
    audio = 8,
    video = 9,
    amf3_data = 15,
    amf3_shared_object = 16,
    amf3_command = 17,
    data = 18,
    shared_object = 19,
    command = 20,
    aggregate = 22,
};

struct Message {
    MessageType type = MessageType::command;
    std::uint32_t message_stream_id = 0;
    RtmpTime time;
    Payload payload;
};

/// Chunk stream ids that we write on. 2 is the protocol's own (5.4); the others are free, and these
/// are what encoders use: a platform has seen them before.
constexpr std::uint32_t control_chunks = 2;
constexpr std::uint32_t command_chunks = 3;
constexpr std::uint32_t audio_chunks = 4;
constexpr std::uint32_t data_chunks = 5;
constexpr std::uint32_t video_chunks = 6;

}  // namespace restream
