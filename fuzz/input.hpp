// What the fuzz targets share: the input in pieces that it chooses itself, and expectations.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace restream {

/// Ends the process, which is what libFuzzer takes for a finding.
inline void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "expected: %s\n", what);
    std::abort();
}

/// The bytes that libFuzzer gives. Some targets take the first ones for choices; what comes from a
/// peer follows, as it would be on the wire, so that captures make good seeds.
class Input {
  public:
    Input(const std::uint8_t* bytes, std::size_t size) : rest_(bytes, size) {}

    /// 0 where there is nothing left.
    std::uint8_t take_choice() {
        if (rest_.empty()) return 0;
        const std::uint8_t choice = rest_.front();
        rest_ = rest_.subspan(1);
        return choice;
    }
    std::span<const std::uint8_t> rest() const { return rest_; }

  private:
    std::span<const std::uint8_t> rest_;
};

/// Cuts bytes as `choice` says: 0 not at all, 1 byte by byte, else into pieces of changing sizes.
/// Each piece is a buffer of its own, so that AddressSanitizer sees a byte read behind its end.
class Pieces {
  public:
    Pieces(std::span<const std::uint8_t> bytes, std::uint8_t choice)
        : rest_(bytes), choice_(choice), random_(choice) {}

    bool are_left() const { return !rest_.empty(); }
    std::vector<std::uint8_t> take() {
        const std::size_t size = std::min(next_size(), rest_.size());
        const std::vector<std::uint8_t> piece(rest_.begin(),
                                              rest_.begin() + static_cast<std::ptrdiff_t>(size));
        rest_ = rest_.subspan(size);
        return piece;
    }

  private:
    std::size_t next_size() {
        if (choice_ < 2) return choice_ == 0 ? rest_.size() : 1;
        // **Source**: Numerical Recipes, "quick and dirty" generators.
        random_ = random_ * 1664525 + 1013904223;
        return 1 + (random_ >> 8) % (std::size_t(1) << (choice_ % 13));
    }

    std::span<const std::uint8_t> rest_;
    std::uint8_t choice_;
    std::uint32_t random_;
};

}  // namespace restream
