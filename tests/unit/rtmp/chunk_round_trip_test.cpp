// Chunks there and back: whatever is said legally, in whatever order and pieces, arrives exactly.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "unit/chunk_bytes.hpp"

using namespace restream;
using tests::Bytes;

namespace {

/// xorshift32: the same numbers everywhere, and cheap without optimization.
class Random {
  public:
    explicit Random(std::uint32_t seed) : state_(seed) {}
    std::uint32_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        return state_ ^= state_ << 5;
    }
    std::uint32_t below(std::uint32_t end) { return next() % end; }
    bool one_in(std::uint32_t n) { return below(n) == 0; }

  private:
    std::uint32_t state_;
};

constexpr std::size_t longest_payload = 6000;

/// Where all payloads are cut from.
const Bytes& pool() {
    static const Bytes bytes = [] {
        Random random(99);
        Bytes made(longest_payload + 1024);
        for (auto& byte : made) byte = static_cast<std::uint8_t>(random.next() >> 11);
        return made;
    }();
    return bytes;
}

struct Expected {
    MessageType type;
    std::uint32_t message_stream_id;
    std::uint32_t time;
    std::span<const std::uint8_t> payload;

    bool equals(const Message& message) const {
        return message.type == type && message.message_stream_id == message_stream_id &&
               message.time.ms() == time && message.payload.size() == payload.size() &&
               (payload.empty() ||
                std::memcmp(message.payload.bytes().data(), payload.data(), payload.size()) == 0);
    }
};

std::span<const std::uint8_t> random_payload(Random& random) {
    const std::uint32_t size = random.one_in(8)    ? 0
                               : random.one_in(40) ? random.below(longest_payload)
                               : random.one_in(4)  ? random.below(700)
                                                   : random.below(60);
    return std::span(pool()).subspan(random.below(1000), size);
}

MessageType random_type(Random& random) {
    constexpr std::array types = {MessageType::audio, MessageType::video,
                                  MessageType::data,  MessageType::command,
                                  MessageType::video, MessageType::user_control};
    return types[random.below(types.size())];
}

std::uint32_t random_step(Random& random) {
    if (random.one_in(3)) return 21;
    if (random.one_in(30)) return 0xfffffe + random.below(4);
    if (random.one_in(30)) return random.next();
    return random.below(50);
}

/// A peer: says messages on several chunk streams at once, with any header type that is right.
class Peer {
  public:
    enum class Extended { repeated, said_once };

    Peer(std::uint32_t seed, Extended extended) : random_(seed), extended_(extended) {}

    /// Until so many messages were said to their end.
    void talk(std::size_t messages) {
        constexpr std::array<std::uint32_t, 6> ids = {3, 4, 63, 64, 319, 65599};
        while (expected.size() < messages) {
            if (random_.one_in(chunk_size_ < 10 ? 10 : 100)) say_chunk_size();
            const std::uint32_t id = ids[random_.below(ids.size())];
            Side& side = sides_[id];
            if (side.left.empty() && !side.is_unfinished) {
                begin(id, side);
            } else if (random_.one_in(200)) {
                say_control(MessageType::abort, id);
                side.is_unfinished = false;
                side.left = {};
            } else {
                go_on(id, side);
            }
        }
        // What has begun ends, so that nothing waits for bytes that look like a timestamp.
        for (auto& [id, side] : sides_) {
            while (side.is_unfinished) go_on(id, side);
        }
    }

    Bytes bytes;
    std::vector<Expected> expected;

  private:
    struct Side {
        bool is_known = false;
        bool is_unfinished = false;
        Expected message{};
        std::span<const std::uint8_t> left;
        std::uint32_t field = 0;          ///< time or step as last said
        std::uint32_t repeated_step = 0;  ///< what type 3 adds
    };

    void add(std::uint32_t value, int size) {
        for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    }

    void add_basic(unsigned format, std::uint32_t id) {
        const bool is_wide = id >= 320 || (id >= 64 && random_.one_in(4));
        bytes.push_back(static_cast<std::uint8_t>(format << 6 | (id < 64 ? id : is_wide ? 1 : 0)));
        if (id >= 64) bytes.push_back(static_cast<std::uint8_t>(id - 64));
        if (is_wide) bytes.push_back(static_cast<std::uint8_t>((id - 64) >> 8));
    }

    void say_control(MessageType type, std::uint32_t value) {
        add_basic(0, 2);
        add(0, 3);
        add(4, 3);
        add(static_cast<std::uint32_t>(type), 1);
        add(0, 4);
        for (std::uint32_t left = 4; left > 0;) {
            const std::uint32_t part = std::min(left, chunk_size_);
            if (left < 4) add_basic(3, 2);
            left -= part;
            add(value >> (8 * left), static_cast<int>(part));
        }
    }

    void say_chunk_size() {
        constexpr std::array<std::uint32_t, 9> sizes = {1,   3,    60,    128,       128,
                                                        512, 4096, 65536, 0x7fffffff};
        const std::uint32_t size = sizes[random_.below(sizes.size())];
        say_control(MessageType::set_chunk_size, size);
        chunk_size_ = size;
    }

    /// Type 3 where it says the same, else 2, 1, 0; or a longer one, at random.
    void begin(std::uint32_t id, Side& side) {
        const Expected last = side.message;
        Expected& message = side.message;
        message.payload = random_payload(random_);
        if (!side.is_known || random_.one_in(3)) message.type = random_type(random_);
        if (!side.is_known || random_.one_in(50)) message.message_stream_id = random_.below(3);
        if (side.is_known && random_.one_in(3)) message.payload = last.payload;
        std::uint32_t step = random_step(random_);
        if (random_.one_in(3)) step = side.repeated_step;
        message.time = side.is_known ? last.time + step : random_.below(4) * 0x55555555U;

        unsigned format = 0;
        if (side.is_known && message.message_stream_id == last.message_stream_id) format = 1;
        if (format == 1 && message.type == last.type &&
            message.payload.size() == last.payload.size()) {
            format = 2;
        }
        // A time that was extended is not repeated in an unambiguous way.
        const bool may_repeat = side.field < 0xffffff || step == side.field;
        if (format == 2 && step == side.repeated_step && may_repeat) format = 3;
        if (random_.one_in(5)) format = random_.below(format + 1);
        if (format == 0) {
            side.field = message.time;
            side.repeated_step = message.time <= 10'000 ? message.time : 0;
        } else if (format < 3) {
            side.field = side.repeated_step = step;
        }
        side.is_known = side.is_unfinished = true;
        side.left = message.payload;
        add_basic(format, id);
        if (format < 3) add(std::min<std::uint32_t>(side.field, 0xffffff), 3);
        if (format < 2) {
            add(static_cast<std::uint32_t>(message.payload.size()), 3);
            add(static_cast<std::uint32_t>(message.type), 1);
        }
        if (format == 0) {
            for (int shift = 0; shift < 32; shift += 8)
                add(message.message_stream_id >> shift & 0xff, 1);
        }
        if (side.field >= 0xffffff) add(side.field, 4);
        say_part(side);
    }

    void go_on(std::uint32_t id, Side& side) {
        add_basic(3, id);
        if (side.field >= 0xffffff && extended_ == Extended::repeated) add(side.field, 4);
        say_part(side);
    }

    void say_part(Side& side) {
        const auto part = side.left.first(std::min<std::size_t>(side.left.size(), chunk_size_));
        bytes.insert(bytes.end(), part.begin(), part.end());
        side.left = side.left.subspan(part.size());
        if (!side.left.empty()) return;
        side.is_unfinished = false;
        expected.push_back(side.message);
    }

    Random random_;
    Extended extended_;
    std::uint32_t chunk_size_ = 128;
    std::map<std::uint32_t, Side> sides_;
};

/// Reads `bytes` in pieces of at most `most`, half of them fed, half read in place; how many
/// messages came as expected, and in this order.
std::size_t read_as_expected(const Bytes& bytes, const std::vector<Expected>& expected,
                             std::uint32_t most, Random& random) {
    ChunkReader reader({.longest_message = longest_payload});
    std::size_t right = 0;
    const auto take = [&] {
        while (true) {
            const auto next = reader.next();
            if (const auto* malformed = std::get_if<ChunkReader::Malformed>(&next)) {
                FAIL_CHECK(malformed->what << ", after " << right << " messages");
            }
            const auto* message = std::get_if<Message>(&next);
            if (message == nullptr) return;
            if (right == expected.size() || !expected[right].equals(*message)) {
                FAIL("message " << right << " is not what was said");
            }
            ++right;
        }
    };
    auto left = std::span(bytes);
    while (!left.empty()) {
        auto piece = left.first(std::min<std::size_t>(left.size(), 1 + random.below(most)));
        left = left.subspan(piece.size());
        if (random.one_in(2)) {
            reader.feed(piece);
            piece = {};
        }
        while (!piece.empty()) {
            std::size_t written = 0;
            for (const auto space : reader.spaces()) {
                const auto part =
                    piece.subspan(written, std::min(space.size(), piece.size() - written));
                std::ranges::copy(part, space.begin());
                written += part.size();
            }
            reader.commit(written);
            piece = piece.subspan(written);
            if (random.one_in(2)) take();
        }
        take();
    }
    CHECK(reader.bytes_taken() == bytes.size());
    return right;
}

}  // namespace

TEST_CASE("chunks: whatever a peer says legally arrives exactly, in pieces of any size") {
    // Fewer in small pieces: they are what takes long.
    constexpr std::array<std::pair<std::uint32_t, std::size_t>, 4> sizes = {
        {{1, 150}, {7, 850}, {300, 3500}, {20'000, 5500}}};
    std::uint32_t seed = 1;
    for (const auto extended : {Peer::Extended::repeated, Peer::Extended::said_once}) {
        for (const auto& [most, messages] : sizes) {
            Peer peer(++seed, extended);
            peer.talk(messages);
            Random random(seed);
            CAPTURE(seed);
            CHECK(read_as_expected(peer.bytes, peer.expected, most, random) ==
                  peer.expected.size());
        }
    }
}

TEST_CASE("chunks: what the writer writes is what the reader reads") {
    Random random(77);
    for (int round = 0; round < 4; ++round) {
        ChunkWriter writer;
        OutputQueue queue;
        Bytes bytes;
        std::vector<Expected> expected;
        std::map<std::uint32_t, Expected> last;
        for (int i = 0; i < 500; ++i) {
            if (random.one_in(50)) writer.set_chunk_size(1 + random.below(8000), queue);
            const std::uint32_t id = std::array{2U, 4U, 6U, 70U, 4000U}[random.below(5)];
            Expected& message = last[id];
            message.type = random_type(random);
            message.message_stream_id = random.one_in(30) ? 2 : 1;
            message.time += random_step(random);
            if (!random.one_in(3)) message.payload = random_payload(random);
            expected.push_back(message);
            writer.write(id,
                         {message.type, message.message_stream_id, RtmpTime(message.time),
                          Payload::copy_of(message.payload)},
                         queue);
            if (!random.one_in(4)) continue;
            const Bytes part = tests::taken(queue);
            bytes.insert(bytes.end(), part.begin(), part.end());
        }
        bytes = tests::joined({bytes, tests::taken(queue)});
        CHECK(read_as_expected(bytes, expected, 3000, random) == expected.size());
    }
}

TEST_CASE("chunks: bytes changed at random are refused or read, and harm nothing") {
    Random random(5);
    std::size_t refused = 0;
    for (int round = 0; round < 300; ++round) {
        Peer peer(1000 + static_cast<std::uint32_t>(round), Peer::Extended::repeated);
        peer.talk(10);
        for (int changes = 0; changes < 3; ++changes) {
            peer.bytes[random.below(static_cast<std::uint32_t>(peer.bytes.size()))] =
                static_cast<std::uint8_t>(random.next() >> 9);
        }
        ChunkReader reader({.longest_message = 100'000, .most_pending_bytes = 50'000});
        reader.feed(peer.bytes);
        std::size_t out = 0;
        while (true) {
            const auto next = reader.next();
            if (const auto* message = std::get_if<Message>(&next)) {
                out += message->payload.size();
                continue;
            }
            refused += std::holds_alternative<ChunkReader::Malformed>(next) ? 1 : 0;
            break;
        }
        if (out > peer.bytes.size()) FAIL("more came out than went in");
    }
    CHECK(refused > 10);
}
