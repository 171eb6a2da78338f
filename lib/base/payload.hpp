// The bytes of one message: one buffer, shared by all who read it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace restream {

/// Never changed once it is there. Copying shares the bytes. A value.
class Payload {
  public:
    Payload() = default;
    static Payload copy_of(std::span<const std::uint8_t> bytes);

    std::span<const std::uint8_t> bytes() const { return {data_.get(), size_}; }
    std::size_t size() const { return size_; }
    bool is_empty() const { return size_ == 0; }
    /// The same buffer, whose last owner lets go of `keeper`, too. A keeper counts what is held.
    template <typename Keeper>
    Payload kept_with(Keeper keeper) const;
    /// The same buffer, not only the same bytes.
    bool operator==(const Payload&) const = default;

  private:
    friend class PayloadBuffer;
    std::shared_ptr<const std::uint8_t[]> data_;
    std::size_t size_ = 0;
};

/// A payload while it is filled. The memory is not initialized, so a size that is only claimed
/// costs addresses, not pages, until bytes arrive.
class PayloadBuffer {
  public:
    explicit PayloadBuffer(std::size_t size)
        : data_(std::make_shared_for_overwrite<std::uint8_t[]>(size)), size_(size) {}

    std::span<std::uint8_t> bytes() { return {data_.get(), size_}; }
    std::size_t size() const { return size_; }
    /// REQUIRES: every byte was written. Afterwards this buffer is empty.
    Payload freeze() {
        Payload payload;
        payload.data_ = std::move(data_);
        payload.size_ = std::exchange(size_, 0);
        return payload;
    }

  private:
    std::shared_ptr<std::uint8_t[]> data_;
    std::size_t size_;
};

template <typename Keeper>
Payload Payload::kept_with(Keeper keeper) const {
    struct Both {
        std::shared_ptr<const std::uint8_t[]> data;
        Keeper keeper;
    };
    const auto both = std::make_shared<Both>(Both{data_, std::move(keeper)});
    Payload kept;
    kept.data_ = std::shared_ptr<const std::uint8_t[]>(both, data_.get());
    kept.size_ = size_;
    return kept;
}

inline Payload Payload::copy_of(std::span<const std::uint8_t> bytes) {
    PayloadBuffer buffer(bytes.size());
    // Pointers become one memmove; the iterators of a span do not (GCC 12).
    std::copy(bytes.data(), bytes.data() + bytes.size(), buffer.bytes().data());
    return buffer.freeze();
}

}  // namespace restream
