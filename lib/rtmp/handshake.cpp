#include "rtmp/handshake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace restream {

namespace {

constexpr std::uint8_t rtmp_version = 3;
/// **Shape** of C1 and S1: four bytes of time, four of zero, random bytes. The time stays zero, as
/// nobody reads it; the zeros tell peers that know the digests of Flash Player 9 that there are
/// none.
constexpr std::size_t random_at = 8;

/// **Source**: rtmpdump's librtmp (6, 8 and 9: RTMPE); RFC 8446, 5.1 (21, 22); Adobe
/// RTMP 1.0, 5.2.2: from 32 on, so that RTMP is told from protocols that begin with text.
Handshake::Foreign foreign_of(std::uint8_t version) {
    if (version == 6 || version == 8 || version == 9) return Handshake::Foreign::rtmpe;
    if (version == 21 || version == 22) return Handshake::Foreign::tls;
    const bool is_letter = version >= 0x20 && version < 0x7f;
    return is_letter ? Handshake::Foreign::text : Handshake::Foreign::unknown;
}

/// What speaks like this, in words; empty where it is not known.
std::string_view likely_peer(Handshake::Foreign foreign) {
    switch (foreign) {
        case Handshake::Foreign::rtmpe:
            return " (RTMPE, the encryption of Flash; rtmps:// is what is taken instead)";
        case Handshake::Foreign::tls:
            return " (TLS; rtmp:// and rtmps:// have different ports)";
        case Handshake::Foreign::text:
            return " (text, as HTTP and its like send it)";
        case Handshake::Foreign::no:
        case Handshake::Foreign::unknown:
            break;
    }
    return "";
}

}  // namespace

Handshake::Handshake(Side side, std::span<const std::uint8_t> random) : side_(side) {
    assert(random.size() == packet_bytes - random_at);
    std::ranges::copy(random.first(std::min(random.size(), packet_bytes - random_at)),
                      own_.begin() + random_at);
    if (side_ == Side::client) put_version_and_packet();
}

std::size_t Handshake::wanted() const {
    return state_ == State::in_progress ? 1 + 2 * packet_bytes - taken_ : 0;
}

std::size_t Handshake::feed(std::span<const std::uint8_t> bytes) {
    const std::size_t before = taken_;
    while (!bytes.empty() && state_ == State::in_progress) {
        std::size_t size = 1;
        if (taken_ == 0) {
            take_version(bytes[0]);
        } else if (taken_ <= packet_bytes) {
            size = std::min(bytes.size(), 1 + packet_bytes - taken_);
            std::ranges::copy(bytes.first(size),
                              peers_.begin() + static_cast<std::ptrdiff_t>(taken_ - 1));
        } else {
            // The echo of ours, which many get wrong: counted, not compared.
            size = std::min(bytes.size(), wanted());
        }
        taken_ += size;
        bytes = bytes.subspan(size);
        if (state_ == State::failed) break;
        if (taken_ == 1 + packet_bytes) answer();
        if (wanted() == 0) state_ = State::done;
    }
    return taken_ - before;
}

void Handshake::take_version(std::uint8_t version) {
    if (version == rtmp_version) return;
    state_ = State::failed;
    foreign_ = foreign_of(version);
    problem_ = fmt::format("the peer speaks version {}, not RTMP's {}{}", version, rtmp_version,
                           likely_peer(foreign_));
}

/// The peer's first packet is there: C2 or, with all that a server says, S0, S1 and S2.
void Handshake::answer() {
    if (side_ == Side::server) put_version_and_packet();
    output_.insert(output_.end(), peers_.begin(), peers_.end());
}

void Handshake::put_version_and_packet() {
    output_.push_back(rtmp_version);
    output_.insert(output_.end(), own_.begin(), own_.end());
}

std::vector<std::uint8_t> Handshake::take_output() { return std::exchange(output_, {}); }

}  // namespace restream
