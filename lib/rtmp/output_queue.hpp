// Bytes that wait to be written: small ones of their own, payloads shared with whoever else has
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "rtmp/payload.hpp"

namespace restream {

/// First in, first out. Made for gathered writes: no payload is copied.
class OutputQueue {
  public:
    void push(std::span<const std::uint8_t> bytes);  ///< copied
    /// A part of a payload, which stays shared. REQUIRES: it lies inside.
    void push(const Payload& payload, std::size_t offset, std::size_t size);

    /// Fills `pieces` with what comes first; returns how many. Valid until the next call that
    /// changes something.
    std::size_t gather(std::span<std::span<const std::uint8_t>> pieces) const;
    /// So many bytes were written. REQUIRES: no more than size().
    void consume(std::size_t bytes);
    void clear();

    std::size_t size() const { return size_; }  ///< **Unit**: bytes
    bool is_empty() const { return size_ == 0; }

  private:
    // Shape of the inside: free.
    std::size_t size_ = 0;
};

}  // namespace restream
