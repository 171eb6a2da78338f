// An RTMP client without its socket: bytes in, events and bytes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/ending.hpp"
#include "rtmp/endpoint.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/output_queue.hpp"
#include "rtmp/tag.hpp"

namespace restream {

enum class RtmpRole { play, publish };

/// One connection as player or publisher, from the first byte of the handshake to the goodbye.
/// Used by one thread; knows no clock and no socket. After bytes were fed, or something was sent,
/// output() has what is to be written.
///
/// Publishing: releaseStream, FCPublish, createStream, publish, as OBS does, without waiting
/// between where OBS does not. Playing: createStream, play, a buffer length. Answers pings and
/// acknowledges as asked; takes whatever else a server sends.
class RtmpClient {
  public:
    struct Setup {
        RtmpEndpoint endpoint;
        RtmpRole role = RtmpRole::play;
        /// FourCCs to announce as fourCcList ("hvc1", "av01"); empty: none is announced.
        /// **Source**: Enhanced RTMP v1, "Enhancing NetConnection connect Command".
        std::vector<std::string> fourccs;
        std::vector<std::uint8_t> random;  ///< **Shape**: 1,528 unpredictable bytes
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
    /// The peer has closed, or the connection broke: what that means at this step.
    RtmpEnding closed(RtmpEnding how) const;

    /// Publishing: one tag. Metadata goes as @setDataFrame. REQUIRES: Accepted was given.
    void send(const Tag& tag);
    /// FCUnpublish and deleteStream (closeStream too where platforms expect it); deleteStream for a
    /// player. Nothing may be sent after it. Before createStream was answered: nothing to say.
    void say_goodbye();

    Step step() const { return step_; }
    OutputQueue& output() { return output_; }

  private:
    // Shape of the inside: free.
    Step step_ = Step::handshake;
    OutputQueue output_;
};

}  // namespace restream
