// FLV as a byte sequence: tags out of bytes that arrive in pieces, bytes out of tags.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "flv/tag.hpp"

namespace restream {

/// The 9-byte FLV header and the first back pointer. **Source**: FLV 10.1, E.2.
std::array<std::uint8_t, 13> flv_file_header(bool has_audio, bool has_video);

/// Appends the tag's 11-byte header, its payload and its back pointer. **Source**: FLV 10.1, E.4.1.
/// REQUIRES: a payload under 16 MiB.
void append_flv_tag(const Tag& tag, std::vector<std::uint8_t>& out);

/// Takes FLV bytes in pieces of any size and gives their tags. Everything from the network is
/// hostile: what cannot be FLV is told once, and from then on nothing comes out any more.
class FlvReader {
  public:
    struct NeedMore {};
    struct Malformed {
        std::string what;
    };
    using Next = std::variant<NeedMore, Tag, Malformed>;

    /// The longest payload that is accepted. 16 MiB is all that the 24-bit length can say; a
    /// keyframe of a 51 Mbit/s picture is under 4 MiB.
    static constexpr std::size_t longest_payload_bytes = 8 * 1024 * 1024;

    void feed(std::span<const std::uint8_t> bytes);
    /// The next tag. Tags of types that FLV does not know are skipped.
    Next next();

  private:
    std::vector<std::uint8_t> buffer_;
    std::size_t at_ = 0;
    bool has_header_ = false;
    std::string malformed_;
};

}  // namespace restream
