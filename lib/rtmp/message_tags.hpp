// Tags as RTMP carries them: in messages of their own, with @setDataFrame before the metadata, or
// several in one aggregate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "flv/tag.hpp"
#include "rtmp/message.hpp"

namespace restream {

/// The tag that an audio, video or data message is, also a data message behind AMF3's leading zero.
/// Nothing for any other, and for what is said about the connection and not by the publisher:
/// |RtmpSampleAccess and onStatus, which servers tell players, and @clearDataFrame.
///
/// Audio and video share the message's payload. @setDataFrame is taken off, which is an order to
/// the server and no part of the metadata; nothing else is changed.
std::optional<Tag> tag_of(const Message& message);

/// The payload is shared.
Message message_of(const Tag& tag, std::uint32_t message_stream_id);
/// As message_of, but metadata goes behind @setDataFrame, so that a server keeps it for players
/// that come later.
Message published_message_of(const Tag& tag, std::uint32_t message_stream_id);

/// The chunk stream that tags of this type are written on.
std::uint32_t chunks_of(TagType type);

/// The tags of one aggregate message, one after the other. Tag times are the message's time plus
/// what lies between the tag and the first one. A tag that is cut off ends it.
/// **Source**: Adobe RTMP 1.0, 7.1.6; FLV 10.1, E.4.1.
class AggregateReader {
  public:
    AggregateReader() = default;
    explicit AggregateReader(Message aggregate);

    /// Nothing where there are no more. Payloads are copies.
    std::optional<Tag> next();

  private:
    Message message_;
    std::size_t offset_ = 0;
    std::optional<RtmpTime> first_time_;
};

}  // namespace restream
