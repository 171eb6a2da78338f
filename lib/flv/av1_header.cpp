// AV1's sequence header. Sections are of the AV1 Bitstream & Decoding Process Specification.
#include <algorithm>
#include <array>

#include "flv/bit_reader.hpp"
#include "flv/sequence_header.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::string_view profile_name(unsigned profile) {
    constexpr std::array<std::string_view, 3> names = {"Main", "High", "Professional"};
    return profile < names.size() ? names[profile] : std::string_view();
}

/// 5.5.3, 5.5.4. Returns how long the delays of 5.5.5 are, in bits; 0 where there are none.
unsigned read_timing(BitReader& reader, VideoHeader& header) {
    const double tick = reader.bits(32);
    const double ticks_per_s = reader.bits(32);
    if (reader.flag()) {  // equal_picture_interval
        const double ticks_per_picture = double(reader.exp_golomb()) + 1;
        if (reader.is_good()) set_rate(header, ticks_per_s, tick * ticks_per_picture);
    }
    if (!reader.flag()) return 0;
    const unsigned delay_bits = reader.bits(5) + 1;
    reader.skip(32 + 5 + 5);
    return delay_bits;
}

void skip_operating_points(BitReader& reader, unsigned delay_bits) {
    const bool has_display_delay = reader.flag();
    const unsigned count = reader.bits(5) + 1;
    for (unsigned i = 0; i < count && reader.is_good(); ++i) {
        reader.skip(12);
        constexpr unsigned highest_level_without_tier = 7;
        if (reader.bits(5) > highest_level_without_tier) reader.flag();
        if (delay_bits > 0 && reader.flag()) reader.skip(delay_bits * 2 + 1);
        if (has_display_delay && reader.flag()) reader.skip(4);
    }
}

/// 5.5.1, up to the size.
void read_sequence(Bytes bytes, VideoHeader& header) {
    BitReader reader(bytes);
    VideoHeader found;
    found.profile = profile_name(reader.bits(3));
    reader.flag();        // still_picture
    if (reader.flag()) {  // reduced_still_picture_header
        reader.skip(5);
    } else {
        const unsigned delay_bits = reader.flag() ? read_timing(reader, found) : 0;
        skip_operating_points(reader, delay_bits);
    }
    const unsigned width_bits = reader.bits(4) + 1;
    const unsigned height_bits = reader.bits(4) + 1;
    const std::int64_t width = std::int64_t(reader.bits(width_bits)) + 1;
    const std::int64_t height = std::int64_t(reader.bits(height_bits)) + 1;
    if (!reader.is_good()) return;
    set_size(found, width, height);
    header = found;
}

/// leb128(), 4.10.5. Takes it off the front; nothing where it does not end.
std::optional<std::size_t> take_size(Bytes& bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8 && i < bytes.size(); ++i) {
        value |= std::uint64_t(bytes[i] & 0x7f) << (7 * i);
        if ((bytes[i] & 0x80) != 0) continue;
        bytes = bytes.subspan(i + 1);
        return value;
    }
    return std::nullopt;
}

}  // namespace

/// **Source**: AV1 Codec ISO Media File Format Binding, 2.3.3 (AV1CodecConfigurationRecord); its
/// configOBUs are as in 5.3 here.
VideoHeader read_av1_header(Bytes record) {
    constexpr unsigned obu_sequence_header = 1;
    VideoHeader header;
    if (record.size() < 4 || record[0] != 0x81) return header;  // marker, and version 1
    header.profile = profile_name(record[1] >> 5);
    Bytes rest = record.subspan(4);
    while (!rest.empty()) {
        const unsigned first = rest[0];
        const std::size_t header_bytes = (first & 0x04) != 0 ? 2 : 1;
        if ((first & 0x80) != 0 || rest.size() < header_bytes) break;
        rest = rest.subspan(header_bytes);
        const bool has_size = (first & 0x02) != 0;
        const auto size = has_size ? take_size(rest) : std::optional(rest.size());
        if (!size) break;
        const Bytes unit = rest.first(std::min(*size, rest.size()));
        if ((first >> 3 & 0x0f) == obu_sequence_header) {
            read_sequence(unit, header);
            break;
        }
        rest = rest.subspan(unit.size());
    }
    return header;
}

}  // namespace restream
