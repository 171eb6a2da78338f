#include "rtmp/message_tags.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t tag_header_bytes = 11;   // FLV 10.1, E.4.1
constexpr std::size_t back_pointer_bytes = 4;  // the size of the tag before it, again

/// @setDataFrame as an AMF0 string: what stands before the metadata.
constexpr std::array<std::uint8_t, 16> set_data_frame = {2,   0,   13,  '@', 's', 'e', 't', 'D',
                                                         'a', 't', 'a', 'F', 'r', 'a', 'm', 'e'};

/// True where the bytes begin with this text as an AMF0 string.
bool begins_with(Bytes bytes, std::string_view text) {
    return bytes.size() >= 3 + text.size() && bytes[0] == 2 && bytes[1] == 0 &&
           bytes[2] == text.size() && std::equal(text.begin(), text.end(), bytes.begin() + 3);
}

std::optional<Tag> script_tag(RtmpTime time, const Payload& payload, std::size_t offset) {
    Bytes bytes = payload.bytes().subspan(offset);
    for (const char* word : {"|RtmpSampleAccess", "onStatus", "@clearDataFrame"}) {
        if (begins_with(bytes, word)) return std::nullopt;
    }
    if (begins_with(bytes, "@setDataFrame")) bytes = bytes.subspan(set_data_frame.size());
    if (bytes.size() == payload.size()) return Tag{TagType::script, time, payload};
    return make_tag(TagType::script, time, bytes);
}

std::uint32_t read_u24(Bytes bytes) {
    return std::uint32_t(bytes[0]) << 16 | std::uint32_t(bytes[1]) << 8 | std::uint32_t(bytes[2]);
}

}  // namespace

std::optional<Tag> tag_of(const Message& message) {
    switch (message.type) {
        case MessageType::audio:
            return Tag{TagType::audio, message.time, message.payload};
        case MessageType::video:
            return Tag{TagType::video, message.time, message.payload};
        case MessageType::data:
            return script_tag(message.time, message.payload, 0);
        case MessageType::amf3_data: {
            const Bytes bytes = message.payload.bytes();
            const bool is_led_by_zero = !bytes.empty() && bytes[0] == 0;
            return script_tag(message.time, message.payload, is_led_by_zero ? 1 : 0);
        }
        default:
            return std::nullopt;
    }
}

Message message_of(const Tag& tag, std::uint32_t message_stream_id) {
    return {MessageType(tag.type), message_stream_id, tag.time, tag.payload};
}

Message published_message_of(const Tag& tag, std::uint32_t message_stream_id) {
    Message message = message_of(tag, message_stream_id);
    if (!is_metadata(tag) || begins_with(tag.bytes(), "@setDataFrame")) return message;
    PayloadBuffer buffer(set_data_frame.size() + tag.payload.size());
    const auto behind = std::ranges::copy(set_data_frame, buffer.bytes().begin()).out;
    std::ranges::copy(tag.bytes(), behind);
    message.payload = buffer.freeze();
    return message;
}

std::uint32_t chunks_of(TagType type) {
    switch (type) {
        case TagType::audio:
            return audio_chunks;
        case TagType::video:
            return video_chunks;
        case TagType::script:
            break;
    }
    return data_chunks;
}

AggregateReader::AggregateReader(Message aggregate) : message_(std::move(aggregate)) {}

std::optional<Tag> AggregateReader::next() {
    for (;;) {
        const Bytes rest = message_.payload.bytes().subspan(offset_);
        if (rest.size() < tag_header_bytes) break;
        const std::size_t size = read_u24(rest.subspan(1));
        if (rest.size() - tag_header_bytes < size) break;
        const RtmpTime own(read_u24(rest.subspan(4)) | std::uint32_t(rest[7]) << 24);
        if (!first_time_) first_time_ = own;
        offset_ += std::min(rest.size(), tag_header_bytes + size + back_pointer_bytes);
        const Message inner = {MessageType(rest[0]), message_.message_stream_id,
                               message_.time.plus(own.since(*first_time_)),
                               Payload::copy_of(rest.subspan(tag_header_bytes, size))};
        if (auto tag = tag_of(inner)) return tag;
    }
    *this = AggregateReader();
    return std::nullopt;
}

}  // namespace restream
