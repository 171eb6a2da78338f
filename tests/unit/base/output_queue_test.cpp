// The output queue: what is gathered is what was pushed, and its memory is used again.
#include "base/output_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "unit/allocations.hpp"

using namespace restream;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Pieces = std::array<std::span<const std::uint8_t>, 64>;

Bytes counted(std::size_t size, std::uint8_t first = 0) {
    Bytes bytes(size);
    std::iota(bytes.begin(), bytes.end(), first);
    return bytes;
}

/// All that waits, in pieces gathered by `at_once`.
Bytes written(OutputQueue& queue, std::size_t at_once) {
    Bytes bytes;
    std::vector<std::span<const std::uint8_t>> pieces(at_once);
    while (const std::size_t count = queue.gather(pieces)) {
        std::size_t size = 0;
        for (const auto piece : std::span(pieces).first(count)) {
            CHECK_FALSE(piece.empty());
            bytes.insert(bytes.end(), piece.begin(), piece.end());
            size += piece.size();
        }
        queue.consume(size);
    }
    return bytes;
}

}  // namespace

TEST_CASE("output queue: small bytes lie in one piece, a payload is not copied") {
    OutputQueue queue;
    const Payload large = Payload::copy_of(counted(1000));
    queue.push(counted(12));
    queue.push(counted(3, 12));
    queue.push(Payload::copy_of(counted(5, 15)), 0, 5);
    queue.push(large, 100, 600);
    queue.push(large, 700, OutputQueue::longest_copied_part);
    queue.push(counted(2));
    Pieces pieces;
    REQUIRE(queue.gather(pieces) == 3);
    CHECK(Bytes(pieces[0].begin(), pieces[0].end()) == counted(20));
    CHECK(pieces[1].data() == large.bytes().data() + 100);
    CHECK(pieces[1].size() == 600);
    CHECK(pieces[2].size() == OutputQueue::longest_copied_part + 2);
    CHECK(queue.size() == 20 + 600 + OutputQueue::longest_copied_part + 2);
}

TEST_CASE("output queue: nothing pushed is nothing to write") {
    OutputQueue queue;
    Pieces pieces;
    queue.push(Bytes{});
    queue.push(Payload(), 0, 0);
    queue.push(Payload::copy_of(counted(9)), 9, 0);
    CHECK(queue.is_empty());
    CHECK(queue.gather(pieces) == 0);
    queue.consume(0);
    CHECK(queue.gather(std::span(pieces).first(0)) == 0);
    queue.push(counted(7));
    queue.push(Payload::copy_of(counted(900)), 0, 900);
    queue.clear();
    CHECK(queue.is_empty());
    CHECK(queue.gather(pieces) == 0);
    queue.push(counted(4));
    CHECK(written(queue, 1) == counted(4));
}

TEST_CASE("output queue: a write may end anywhere") {
    const Payload payload = Payload::copy_of(counted(300, 10));
    Bytes whole = counted(10);
    whole.insert(whole.end(), payload.bytes().begin(), payload.bytes().end());
    for (std::size_t end = 0; end <= whole.size(); ++end) {
        OutputQueue queue;
        queue.push(counted(10));
        queue.push(payload, 0, payload.size());
        queue.consume(end);
        CHECK(queue.size() == whole.size() - end);
        CHECK(written(queue, 2) == Bytes(whole.begin() + std::ptrdiff_t(end), whole.end()));
    }
}

TEST_CASE("output queue: a payload is given up as soon as it is written") {
    OutputQueue queue;
    const auto before = tests::allocations_so_far().live_bytes;
    {
        const Payload payload = Payload::copy_of(counted(100'000));
        queue.push(payload, 0, 60'000);
        queue.push(payload, 60'000, 40'000);
        queue.push(counted(1));
    }
    queue.consume(99'999);
    CHECK(tests::allocations_so_far().live_bytes - before >= 100'000);
    queue.consume(1);
    CHECK(queue.size() == 1);
    CHECK(tests::allocations_so_far().live_bytes - before < 10'000);
}

TEST_CASE("output queue: message after message nothing is allocated") {
    OutputQueue queue;
    const Payload payload = Payload::copy_of(counted(25'000));
    const Bytes header = counted(12);
    Pieces pieces;
    std::size_t allocated = 0;
    for (int message = 0; message < 1000; ++message) {
        if (message == 100) allocated = tests::allocations_so_far().count;
        for (std::size_t offset = 0; offset < payload.size(); offset += 5000) {
            queue.push(header);
            queue.push(payload, offset, 5000);
        }
        // Never quite empty, as where a destination is a little slow.
        queue.push(header);
        CHECK(queue.gather(pieces) > 0);
        queue.consume(message == 0 ? 20'000 : 25'072);
    }
    CHECK(tests::allocations_so_far().count == allocated);
}

TEST_CASE("output queue: a burst leaves no memory behind") {
    const auto before = tests::allocations_so_far().live_bytes;
    OutputQueue queue;
    const Payload payload = Payload::copy_of(counted(1000));
    const auto push_burst = [&] {
        for (int i = 0; i < 4000; ++i) {
            queue.push(counted(18));
            queue.push(payload, 0, payload.size());
        }
    };
    push_burst();
    CHECK(tests::allocations_so_far().live_bytes - before > 200'000);
    queue.consume(queue.size());
    CHECK(tests::allocations_so_far().live_bytes - before < 20'000);
    // Nor where it is never empty again.
    push_burst();
    for (int i = 0; i < 4000; ++i) {
        queue.push(counted(18));
        queue.push(payload, 0, payload.size());
        queue.consume(std::min<std::size_t>(2500, queue.size() - 1));
    }
    CHECK(tests::allocations_so_far().live_bytes - before < 40'000);
    push_burst();
    queue.clear();
    CHECK(tests::allocations_so_far().live_bytes - before < 20'000);
}

TEST_CASE("output queue: anything pushed, anything taken, the same bytes in the same order") {
    std::mt19937 random(7);
    OutputQueue queue;
    Bytes in, out;
    const Payload payload = Payload::copy_of(counted(5000));
    for (int step = 0; step < 3000; ++step) {
        // Bursts, and times in which more is taken than comes.
        const bool burst = step / 300 % 2 == 0;
        for (auto pushes = random() % (burst ? 6 : 2); pushes > 0; --pushes) {
            const std::size_t size = random() % 3 == 0 ? random() % 2000 : random() % 30;
            const std::size_t offset = random() % (5000 - size);
            const auto part = payload.bytes().subspan(offset, size);
            in.insert(in.end(), part.begin(), part.end());
            if (random() % 2 == 0) {
                queue.push(part);
            } else {
                queue.push(payload, offset, size);
            }
        }
        Pieces pieces;
        const std::size_t count = queue.gather(std::span(pieces).first(random() % 8));
        std::size_t left = random() % 3000;
        for (const auto piece : std::span(pieces).first(count)) {
            const auto part = piece.first(std::min(left, piece.size()));
            out.insert(out.end(), part.begin(), part.end());
            left -= part.size();
            queue.consume(part.size());
            if (part.size() < piece.size()) break;
            if (!part.empty()) break;  // consume() ends what gather() gave
        }
        if (in.size() - out.size() != queue.size()) FAIL("the size is wrong at step " << step);
    }
    const Bytes rest = written(queue, 3);
    out.insert(out.end(), rest.begin(), rest.end());
    CHECK(in == out);
}
