// Bits out of bytes, as sequence headers are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace restream {

/// Reads from the first byte's highest bit on. Never beyond the end: a read that does not fit, or
/// a number that no header may hold, gives 0, and from then on everything gives 0 and is_good() is
/// false. So a header is read to its end and asked once. A value.
class BitReader {
  public:
    explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    /// REQUIRES: at most 32.
    std::uint32_t bits(unsigned count);
    bool flag() { return bits(1) != 0; }
    void skip(std::size_t count);
    /// To the next whole byte, counted from the beginning.
    void align();
    /// ue(v), also AV1's uvlc: at most 31 zeros first. **Source**: ITU-T H.264, 9.1.
    std::uint32_t exp_golomb();
    /// se(v). **Source**: ITU-T H.264, 9.1.1.
    std::int32_t signed_exp_golomb();

    bool is_good() const { return is_good_; }
    /// **Unit**: bits
    std::size_t left() const { return is_good_ ? bytes_.size() * 8 - at_ : 0; }

  private:
    void fail() { is_good_ = false; }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;  ///< **Unit**: bits
    bool is_good_ = true;
};

/// The payload of a NAL unit: without the bytes that keep start codes from appearing inside. No
/// more than the first 4 KiB, which hold all that is read here. **Source**: ITU-T H.264, 7.4.1.
std::vector<std::uint8_t> without_emulation_prevention(std::span<const std::uint8_t> nal_unit);

}  // namespace restream
