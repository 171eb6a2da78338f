// The server's side of one RTMP connection without its socket: bytes in, events and bytes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ending.hpp"
#include "base/output_queue.hpp"
#include "base/secret.hpp"
#include "flv/tag.hpp"
#include "rtmp/command.hpp"
#include "rtmp/link.hpp"
#include "rtmp/message_tags.hpp"
#include "rtmp/peer_words.hpp"

namespace restream {

/// One publisher or player of ours. Used by one thread; knows no clock, no socket, and nobody
/// else. Takes what OBS, ffmpeg, GStreamer and librtmp say, in their order and dialects (FACTS).
///
/// A message may be at most 64 KiB before publish was accepted, and as long as `longest_message`
/// afterwards.
///
/// What is out of order: a first command that is not connect, a second connect, and a second
/// publish or play are answered with an error, and the connection goes on; publish and play without
/// createStream are taken as on any id; tags of one who does not publish, and messages of unknown
/// types, are ignored. An unknown command that waits for an answer gets an _error. A command that
/// is no AMF0 ends the connection as malformed; one who leaves more than 16 KiB of answers unread,
/// as stalled. After Left, the same connection may publish or play again.
class RtmpServer {
  public:
    struct Setup {
        std::size_t longest_message = 8 * 1024 * 1024;
        std::vector<std::uint8_t> random;  ///< **Shape**: 1,528 unpredictable bytes
    };
    enum class Step { handshake, connect, create, begin, publishing, playing, ended };

    struct NeedMore {};
    /// The peer wants to publish. Both may hold the stream key: `app` "live/k4" and an empty name
    /// is what OBS says where the whole URL stands in its server field. Answer with accept() or
    /// refuse() before anything else.
    struct PublishWish {
        Secret app;
        Secret name;
    };
    struct PlayWish {
        Secret app;
        Secret name;
    };
    struct Left {};  ///< closeStream, deleteStream, FCUnpublish: it publishes or plays no more
    using Event = std::variant<NeedMore, PublishWish, PlayWish, Tag, Left, RtmpEnding>;

    explicit RtmpServer(Setup setup);

    std::array<std::span<std::uint8_t>, 2> spaces();
    void commit(std::size_t bytes);
    void feed(std::span<const std::uint8_t> bytes);
    /// The next event. After an ending it is told again and again. Of a publisher, tags come with
    /// @setDataFrame taken off; aggregate messages taken apart.
    Event next();

    /// onStatus NetStream.Publish.Start, or NetStream.Play.Reset and Play.Start with Stream Begin.
    void accept();
    /// onStatus with level error, this code and words, and then nothing more: close when the output
    /// is written.
    void refuse(std::string_view code, std::string_view description);
    /// Playing: one tag, behind all that were sent. REQUIRES: accepted.
    void send(const Tag& tag);
    /// Playing: the publisher is gone (Stream EOF, NetStream.Play.UnpublishNotify), or there is a
    /// new one (Stream Begin, PublishNotify).
    void tell_publisher_left();
    void tell_publisher_came();
    /// The server ends: players hear that the publisher left, publishers that they are unpublished.
    void say_goodbye();

    Step step() const { return step_; }
    OutputQueue& output() { return link_.output(); }
    const OutputQueue& output() const { return link_.output(); }
    /// For the list of who is there: "FMLE/3.0 (…)", as the peer says it, cleaned of control
    /// characters, ≤ 64 bytes; before connect, and where it says nothing, empty.
    const std::string& software() const { return software_; }
    /// What the peer speaks instead of RTMP.
    Handshake::Foreign foreign() const { return link_.foreign(); }

  private:
    enum class Wish { none, publish, play };

    std::optional<Event> take(const Message& message);
    std::optional<Event> take_command(const Message& message, const Command& command);
    void take_connect(const Command& command);
    std::optional<Event> take_wish(Wish wish, const Message& message, const Command& command);
    void take_request(const Command& command);
    std::optional<Event> leave();
    Event end(RtmpEnding ending);
    void say(std::uint32_t message_stream_id, const Command& command);
    void say_status(std::string_view code, std::string_view description);

    std::size_t longest_message_;
    Step step_ = Step::handshake;
    RtmpLink link_;
    AggregateReader aggregate_;
    std::string software_;
    Secret app_;
    SecretMask mask_;
    Wish wish_ = Wish::none;               ///< not answered yet
    std::uint32_t message_stream_id_ = 0;  ///< of what is wished for, published or played
    std::uint32_t created_ = 0;            ///< the last id given out
    std::optional<RtmpEnding> ending_;
};

}  // namespace restream
