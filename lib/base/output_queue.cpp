#include "base/output_queue.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace restream {

namespace {

/// Kept for what comes next. **Source**: a 200 kB keyframe in chunks of 4 KiB needs 100 pieces and
/// 50 headers.
constexpr std::size_t kept_pieces = 128;
constexpr std::size_t kept_copied_bytes = 8 * 1024;

/// Forgets the first `count` of `queue`, where that is worth the move of the rest; true where it
/// did. What a burst has made far too large shrinks.
template <typename T>
bool drop_first(std::vector<T>& queue, std::size_t count, std::size_t kept) {
    const std::size_t left = queue.size() - count;
    // As many as stay, so each is moved once on average; and none where only a few are gone.
    if (left != 0 && (count < left || count < kept / 2)) return false;
    if (queue.capacity() > kept && left * 4 <= queue.capacity()) {
        std::vector<T> smaller;
        smaller.reserve(std::max(left * 2, left == 0 ? 0 : kept));
        std::move(queue.begin() + static_cast<std::ptrdiff_t>(count), queue.end(),
                  std::back_inserter(smaller));
        queue = std::move(smaller);
    } else {
        queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return true;
}

}  // namespace

void OutputQueue::push(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return;
    const bool joins = first_piece_ < pieces_.size() && pieces_.back().payload.is_empty();
    if (!joins) pieces_.emplace_back();
    copied_.insert(copied_.end(), bytes.data(), bytes.data() + bytes.size());
    pieces_.back().size += bytes.size();
    size_ += bytes.size();
}

void OutputQueue::push(const Payload& payload, std::size_t offset, std::size_t size) {
    assert(offset <= payload.size() && size <= payload.size() - offset);
    if (size <= longest_copied_part) return push(payload.bytes().subspan(offset, size));
    pieces_.push_back({payload, offset, size});
    size_ += size;
}

std::size_t OutputQueue::gather(std::span<std::span<const std::uint8_t>> pieces) const {
    const std::size_t count = std::min(pieces.size(), pieces_.size() - first_piece_);
    std::size_t copied = first_copied_;
    for (std::size_t i = 0; i < count; ++i) {
        const Piece& piece = pieces_[first_piece_ + i];
        if (piece.payload.is_empty()) {
            pieces[i] = std::span(copied_).subspan(copied, piece.size);
            copied += piece.size;
        } else {
            pieces[i] = piece.payload.bytes().subspan(piece.offset, piece.size);
        }
    }
    return count;
}

void OutputQueue::consume(std::size_t bytes) {
    assert(bytes <= size_);
    size_ -= bytes;
    while (bytes > 0) {
        Piece& piece = pieces_[first_piece_];
        const std::size_t part = std::min(bytes, piece.size);
        if (piece.payload.is_empty()) {
            first_copied_ += part;
        } else {
            piece.offset += part;
        }
        piece.size -= part;
        bytes -= part;
        if (piece.size > 0) break;
        piece.payload = {};
        ++first_piece_;
    }
    drop_consumed();
}

void OutputQueue::drop_consumed() {
    if (drop_first(pieces_, first_piece_, kept_pieces)) first_piece_ = 0;
    if (drop_first(copied_, first_copied_, kept_copied_bytes)) first_copied_ = 0;
}

void OutputQueue::clear() { *this = {}; }

}  // namespace restream
