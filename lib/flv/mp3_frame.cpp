#include "flv/mp3_frame.hpp"

#include <array>

#include "flv/bit_reader.hpp"

namespace restream {

namespace {

constexpr unsigned mpeg_1 = 3;
constexpr unsigned mpeg_2 = 2;
constexpr unsigned reserved_version = 1;
constexpr unsigned layer_1 = 3;
constexpr unsigned layer_3 = 1;

using Rates = std::array<int, 15>;  // kbit/s; 0: "free format"
constexpr Rates mpeg_1_layer_1 = {0,   32,  64,  96,  128, 160, 192, 224,
                                  256, 288, 320, 352, 384, 416, 448};
constexpr Rates mpeg_1_layer_2 = {0,   32,  48,  56,  64,  80,  96, 112,
                                  128, 160, 192, 224, 256, 320, 384};
constexpr Rates mpeg_1_layer_3 = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
constexpr Rates mpeg_2_layer_1 = {0,   32,  48,  56,  64,  80,  96, 112,
                                  128, 144, 160, 176, 192, 224, 256};
constexpr Rates mpeg_2_others = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};

const Rates& bit_rates(unsigned version, unsigned layer) {
    if (version != mpeg_1) return layer == layer_1 ? mpeg_2_layer_1 : mpeg_2_others;
    if (layer == layer_1) return mpeg_1_layer_1;
    return layer == layer_3 ? mpeg_1_layer_3 : mpeg_1_layer_2;
}

int samples_of(unsigned version, unsigned layer) {
    if (layer == layer_1) return 384;
    return layer == layer_3 && version != mpeg_1 ? 576 : 1152;
}

}  // namespace

std::optional<Mp3Frame> read_mp3_header(std::span<const std::uint8_t> bytes) {
    constexpr std::array<int, 3> rates = {44100, 48000, 32000};
    constexpr unsigned mono = 3;
    BitReader reader(bytes);
    const bool is_frame = reader.bits(11) == 0x7ff;
    const unsigned version = reader.bits(2);
    const unsigned layer = reader.bits(2);
    reader.flag();  // protection_bit
    const unsigned bit_rate = reader.bits(4);
    const unsigned rate = reader.bits(2);
    const bool is_padded = reader.flag();
    reader.flag();  // private_bit
    const unsigned mode = reader.bits(2);
    reader.skip(6);
    if (!reader.is_good() || !is_frame || version == reserved_version || layer == 0 ||
        rate == rates.size() || bit_rate == 15) {
        return std::nullopt;
    }
    Mp3Frame frame;
    frame.sample_rate_hz = rates[rate] / (version == mpeg_1 ? 1 : version == mpeg_2 ? 2 : 4);
    frame.channels = mode == mono ? 1 : 2;
    frame.samples = samples_of(version, layer);
    const int bits_per_s = bit_rates(version, layer)[bit_rate] * 1000;
    if (bits_per_s == 0) return frame;
    const int slot_bytes = layer == layer_1 ? 4 : 1;
    const int slots = frame.samples / 8 / slot_bytes * bits_per_s / frame.sample_rate_hz;
    frame.bytes = static_cast<std::size_t>((slots + (is_padded ? 1 : 0)) * slot_bytes);
    return frame;
}

std::vector<std::span<const std::uint8_t>> mp3_frames(std::span<const std::uint8_t> payload) {
    std::vector<std::span<const std::uint8_t>> frames;
    for (auto rest = payload; !rest.empty();) {
        const auto frame = read_mp3_header(rest);
        if (!frame || frame->bytes == 0 || frame->bytes > rest.size()) return {payload};
        frames.push_back(rest.first(frame->bytes));
        rest = rest.subspan(frame->bytes);
    }
    return frames;
}

}  // namespace restream
