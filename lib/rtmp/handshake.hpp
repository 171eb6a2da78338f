// RTMP's handshake, either side: bytes in, bytes out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace restream {

/// The plain handshake of version 3: what OBS, ffmpeg, GStreamer, librtmp and the platforms speak.
/// A server takes a peer that echoes something else in C2 or S2, as all of them do.
/// **Source**: Adobe RTMP 1.0, 5.2.
class Handshake {
  public:
    enum class Side { client, server };
    enum class State { in_progress, done, failed };
    /// What the peer speaks instead of RTMP, by its first byte.
    enum class Foreign { no, tls, text, rtmpe, unknown };
    static constexpr std::size_t packet_bytes = 1536;

    /// `random`: unpredictable bytes, for C1 or S1. **Shape**: 1,528 bytes.
    Handshake(Side side, std::span<const std::uint8_t> random);

    /// How many more bytes belong to the handshake, at most: never read beyond them into it.
    std::size_t wanted() const;
    /// Returns how many of them were taken: fewer only where it is done or has failed.
    std::size_t feed(std::span<const std::uint8_t> bytes);
    /// What has to be written now; afterwards empty until there is more.
    std::vector<std::uint8_t> take_output();
    State state() const { return state_; }
    /// Why it failed: "the peer speaks version 71, not RTMP's 3" (a browser that says GET, …).
    const std::string& problem() const { return problem_; }
    Foreign foreign() const { return foreign_; }

  private:
    using Packet = std::array<std::uint8_t, packet_bytes>;

    void take_version(std::uint8_t version);
    void answer();
    void put_version_and_packet();

    Side side_;
    State state_ = State::in_progress;
    Foreign foreign_ = Foreign::no;
    std::string problem_;
    std::size_t taken_ = 0;  ///< of the version and the two packets that the peer sends
    Packet own_{};           ///< C1 or S1
    Packet peers_{};         ///< S1 or C1, to be echoed
    std::vector<std::uint8_t> output_;
};

}  // namespace restream
