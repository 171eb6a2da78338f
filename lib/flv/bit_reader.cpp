#include "flv/bit_reader.hpp"

#include <algorithm>

namespace restream {

std::uint32_t BitReader::bits(unsigned count) {
    if (left() < count) fail();
    if (!is_good_) return 0;
    std::uint64_t value = 0;
    for (unsigned done = 0; done < count;) {
        const unsigned offset = at_ % 8;
        const unsigned taken = std::min(8 - offset, count - done);
        const unsigned byte = bytes_[at_ / 8];
        value = value << taken | (byte >> (8 - offset - taken) & ((1U << taken) - 1));
        done += taken;
        at_ += taken;
    }
    return static_cast<std::uint32_t>(value);
}

void BitReader::skip(std::size_t count) {
    if (left() < count) fail();
    if (is_good_) at_ += count;
}

void BitReader::align() { skip((8 - at_ % 8) % 8); }

std::uint32_t BitReader::exp_golomb() {
    constexpr unsigned most_zeros = 31;  // more would not fit into 32 bits
    unsigned zeros = 0;
    while (is_good_ && !flag()) {
        if (++zeros > most_zeros) fail();
    }
    if (!is_good_) return 0;
    const std::uint32_t rest = bits(zeros);
    return is_good_ ? (1U << zeros) - 1 + rest : 0;
}

std::int32_t BitReader::signed_exp_golomb() {
    const std::uint32_t code = exp_golomb();
    const auto half = static_cast<std::int32_t>(code / 2);
    return code % 2 != 0 ? half + 1 : -half;
}

std::vector<std::uint8_t> without_emulation_prevention(std::span<const std::uint8_t> nal_unit) {
    constexpr std::size_t longest = 4096;
    const auto head = nal_unit.first(std::min(nal_unit.size(), longest));
    std::vector<std::uint8_t> out;
    out.reserve(head.size());
    int zeros = 0;
    for (const std::uint8_t each : head) {
        if (zeros >= 2 && each == 3) {
            zeros = 0;
            continue;
        }
        zeros = each == 0 ? zeros + 1 : 0;
        out.push_back(each);
    }
    return out;
}

}  // namespace restream
