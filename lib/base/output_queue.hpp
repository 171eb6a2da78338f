// Bytes that wait to be written: small ones of their own, payloads shared with whoever else has
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/payload.hpp"

namespace restream {

/// First in, first out. Made for gathered writes: no payload is copied but where that saves a
/// piece. Its memory is used again and again, and given back after a burst.
class OutputQueue {
  public:
    /// Cheaper copied between its neighbours than as a piece of its own.
    static constexpr std::size_t longest_copied_part = 256;

    void push(std::span<const std::uint8_t> bytes);  ///< copied
    /// A part of a payload, which stays shared; up to `longest_copied_part` bytes are copied.
    /// REQUIRES: it lies inside.
    void push(const Payload& payload, std::size_t offset, std::size_t size);

    /// Fills `pieces` with what comes first; returns how many. Valid until the next call that
    /// changes something.
    std::size_t gather(std::span<std::span<const std::uint8_t>> pieces) const;
    /// So many bytes were written. REQUIRES: no more than size().
    void consume(std::size_t bytes);
    void clear();

    std::size_t size() const { return size_; }  ///< **Unit**: bytes
    bool is_empty() const { return size_ == 0; }
    /// What only this queue has in memory: copied bytes, and what it keeps to find its pieces.
    std::size_t own_bytes() const {
        return pieces_.capacity() * sizeof(Piece) + copied_.capacity();
    }

  private:
    struct Piece {
        Payload payload;         ///< empty: the bytes are the next ones of copied_
        std::size_t offset = 0;  ///< in the payload
        std::size_t size = 0;
    };

    void drop_consumed();

    std::vector<Piece> pieces_;
    std::size_t first_piece_ = 0;  ///< those before it are written
    std::vector<std::uint8_t> copied_;
    std::size_t first_copied_ = 0;
    std::size_t size_ = 0;
};

}  // namespace restream
