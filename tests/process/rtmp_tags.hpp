// Tags that a test knows byte by byte: numbered ones, in which a loss shows, and those of every
// codec that passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "flv/tag.hpp"

namespace restream::test {

/// Metadata and sequence headers of an H.264 and AAC broadcast.
std::vector<Tag> plain_headers(RtmpTime time = {});

/// The n-th tag of a broadcast that goes on for ever: picture and sound take turns, each 50th is a
/// keyframe, 0 the first. It has its number in it.
Tag numbered_tag(std::uint32_t number);
/// The number; nothing for a tag that has none.
std::optional<std::uint32_t> number_of(const Tag& tag);
/// Between one numbered tag and the next. **Unit**: milliseconds of media.
constexpr std::uint32_t numbered_interval_ms = 10;

/// Which numbered tags arrived.
struct Numbers {
    std::size_t count = 0;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::size_t gaps = 0;  ///< how often a number is not the one behind the last

    bool operator==(const Numbers&) const = default;
};
Numbers numbers_of(const std::vector<Tag>& tags);

/// H.264 and AAC: metadata, headers and a keyframe at `begin`, then pictures and sound of sizes
/// from none to 300 kB, later and later.
std::vector<Tag> plain_broadcast(RtmpTime begin);
/// The same in Enhanced RTMP, with Opus. `fourcc`: "hvc1", "av01".
std::vector<Tag> enhanced_broadcast(const char* fourcc, RtmpTime begin);
/// Plain H.264 and AAC, and beside them a second track of either in Enhanced RTMP's multitrack
/// messages, as OBS sends them.
std::vector<Tag> multitrack_broadcast(RtmpTime begin);

}  // namespace restream::test
