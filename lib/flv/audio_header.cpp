// The sequence headers of sound other than AAC: each is a few fixed fields.
#include <algorithm>
#include <array>
#include <string_view>

#include "flv/bit_reader.hpp"
#include "flv/mp3_frame.hpp"
#include "flv/sequence_header.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

bool begins_with(Bytes bytes, std::string_view text) {
    return bytes.size() >= text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

/// **Source**: RFC 7845, 5.1 (the identification header), as Enhanced RTMP v2 sends it.
AudioHeader read_opus_header(Bytes head) {
    constexpr int decoded_rate = 48000;  // whatever the input's was: RFC 7845, 5.1, item 5
    if (head.size() < 19 || !begins_with(head, "OpusHead")) return {};
    const bool is_version_known = (head[8] & 0xf0) == 0;
    if (!is_version_known) return {};
    return {.sample_rate_hz = decoded_rate, .channels = head[9]};
}

/// **Source**: RFC 9639, 8.1 (metadata block header) and 8.2 (STREAMINFO).
AudioHeader read_flac_header(Bytes head) {
    constexpr std::size_t description_bytes = 34;
    if (begins_with(head, "fLaC")) head = head.subspan(4);
    const bool has_block_header = head.size() >= 4 + description_bytes && (head[0] & 0x7f) == 0;
    if (has_block_header) head = head.subspan(4);
    if (!has_block_header && head.size() != description_bytes) return {};
    BitReader reader(head);
    reader.skip(80);  // block sizes, frame sizes
    const unsigned rate = reader.bits(20);
    const unsigned channels = reader.bits(3) + 1;
    if (!reader.is_good() || rate == 0) return {};
    return {.sample_rate_hz = static_cast<int>(rate), .channels = static_cast<int>(channels)};
}

AudioHeader read_mp3_frame(Bytes frame) {
    const auto header = read_mp3_header(frame);
    if (!header) return {};
    return {.sample_rate_hz = header->sample_rate_hz,
            .channels = header->channels,
            .frame_samples = header->samples};
}

}  // namespace restream
