// An RTMP client without its socket: bytes in, events and bytes out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ending.hpp"
#include "base/output_queue.hpp"
#include "flv/tag.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/command.hpp"
#include "rtmp/connect_trail.hpp"
#include "rtmp/endpoint.hpp"
#include "rtmp/link.hpp"
#include "rtmp/message_tags.hpp"
#include "rtmp/peer_words.hpp"

namespace restream {

enum class RtmpRole { play, publish };

/// One connection as player or publisher, from the first byte of the handshake to the goodbye.
/// Used by one thread; knows no clock and no socket. After bytes were fed, or something was sent,
/// output() has what is to be written.
///
/// Publishing: releaseStream, FCPublish, createStream, publish, as OBS does, without waiting
/// between where OBS does not. Playing: createStream, play, a buffer length. Answers pings and
/// acknowledges as asked; takes whatever else a server sends.
///
/// Publishing is accepted by onStatus NetStream.Publish.Start alone, as ffmpeg and OBS have it: an
/// onFCPublish is no acceptance, but may be a refusal. A refusal, by level or by code, ends the
/// connection at every step: of connect and createStream as app_refused, of the name as
/// name_refused, with "code: description" as the detail, in which secrets of the endpoint are ***.
/// What a server tells its players about themselves (|RtmpSampleAccess, onStatus as data) is no
/// tag.
class RtmpClient {
  public:
    struct Setup {
        RtmpEndpoint endpoint;
        RtmpRole role = RtmpRole::play;
        /// FourCCs to announce as fourCcList ("hvc1", "av01"); empty: none is announced.
        /// **Source**: Enhanced RTMP v1, "Enhancing NetConnection connect Command".
        std::vector<std::string> fourccs;
        std::vector<std::uint8_t> random;  ///< **Shape**: 1,528 unpredictable bytes
        std::size_t longest_message = ChunkReader::Limits().longest_message;
    };
    /// How far it has come, for deadlines and words.
    enum class Step { handshake, connect, create, begin, accepted, ended };

    struct NeedMore {};
    struct Accepted {};       ///< Publish.Start; for a player Play.Start, or the first message
    struct PublisherLeft {};  ///< playing: the publisher is gone, the connection stays
    using Event = std::variant<NeedMore, Accepted, Tag, PublisherLeft, RtmpEnding>;

    explicit RtmpClient(Setup setup);

    /// As ChunkReader's, and for the handshake too.
    std::array<std::span<std::uint8_t>, 2> spaces();
    void commit(std::size_t bytes);
    void feed(std::span<const std::uint8_t> bytes);
    /// The next event. After an ending it is told again and again.
    Event next();
    /// The peer has closed, or the connection broke: what that means at this step. A close or reset
    /// instead of an answer is a refusal: of the app, or of the name once it was told. Other causes
    /// stay what they are; a time-out says what was not answered. After the goodbye: stopped.
    RtmpEnding closed(RtmpEnding how) const;

    /// Publishing: one tag. Metadata goes as @setDataFrame. REQUIRES: Accepted was given.
    void send(const Tag& tag);
    /// FCUnpublish and deleteStream, as OBS; deleteStream for a player. Nothing may be sent after
    /// it, and the peer's questions stay unanswered. Before createStream was answered: nothing to
    /// say.
    void say_goodbye();

    Step step() const { return step_; }
    OutputQueue& output() { return link_.output(); }
    /// After app_refused or name_refused, where the server said so: its own words, uncut and with
    /// secrets, for ConnectTrail.
    const std::optional<ConnectRefusal>& refusal() const { return refusal_; }

  private:
    void begin_connect();
    void begin_create();
    void begin_role(std::uint32_t message_stream_id);
    std::optional<Event> take(const Message& message);
    std::optional<Event> take_tag(Tag tag);
    std::optional<Event> take_command(const Command& command);
    std::optional<Event> take_result(const Command& command);
    std::optional<Event> take_error(const Command& command);
    std::optional<Event> take_status(const Command& command);
    std::optional<Event> take_publishing_status(const Command& command);
    std::optional<Event> take_playing_status(const StatusWords& words);
    std::optional<Event> lose_publisher();
    Event accept();
    Event end(RtmpEnding ending);
    Event refuse(RtmpEnding::Cause cause, const Command& command);
    std::string shown(const Command& command) const;
    void say(std::uint32_t message_stream_id, Command command);

    RtmpEndpoint endpoint_;
    RtmpRole role_;
    std::vector<std::string> fourccs_;
    SecretMask mask_;
    Step step_ = Step::handshake;
    RtmpLink link_;
    AggregateReader aggregate_;
    std::optional<Tag> first_tag_;  ///< it came before Play.Start, which it stands for
    std::uint32_t message_stream_id_ = 0;
    bool has_publisher_ = true;
    bool said_goodbye_ = false;
    std::string last_words_;  ///< the server's, since it accepted
    std::optional<RtmpEnding> ending_;
    std::optional<ConnectRefusal> refusal_;
};

}  // namespace restream
