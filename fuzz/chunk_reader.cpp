// The chunk layer: pieces of any size, by either way, give the same messages, within the limits;
// and what is written reads back as the same.
#include "rtmp/chunk_reader.hpp"

#include <variant>
#include <vector>

#include "fuzz/peer.hpp"
#include "rtmp/chunk_writer.hpp"

using namespace restream;

namespace {

/// Less than what holds by default, as memory that is only claimed makes AddressSanitizer slow.
constexpr ChunkReader::Limits usual_limits = {.longest_message = 64 * 1024,
                                              .most_pending_bytes = 128 * 1024};
/// So little that inputs come to the limits.
constexpr ChunkReader::Limits narrow_limits = {
    .longest_message = 256, .most_pending_bytes = 512, .most_chunk_streams = 4};

struct Outcome {
    std::vector<Message> messages;
    bool is_malformed = false;
};

Outcome read_all(std::span<const std::uint8_t> bytes, std::uint8_t choice, Way way,
                 const ChunkReader::Limits& limits) {
    Outcome outcome;
    ChunkReader reader(limits);
    std::size_t handed = 0;
    const auto look = [&] {
        for (;;) {
            auto next = reader.next();
            if (auto* message = std::get_if<Message>(&next)) {
                expect(message->payload.size() <= limits.longest_message, "no longer message");
                expect(message->type != MessageType::set_chunk_size &&
                           message->type != MessageType::abort,
                       "what the layer obeys is not given out");
                outcome.messages.push_back(std::move(*message));
                continue;
            }
            if (const auto* malformed = std::get_if<ChunkReader::Malformed>(&next)) {
                expect(!malformed->what.empty(), "a problem has words");
                expect(std::holds_alternative<ChunkReader::Malformed>(reader.next()),
                       "what is malformed stays so");
                outcome.is_malformed = true;
            }
            return !outcome.is_malformed;
        }
    };
    for (Pieces pieces(bytes, choice); pieces.are_left() && !outcome.is_malformed;) {
        const auto piece = pieces.take();
        handed += piece.size();
        if (hand_over(reader, piece, way, look)) {
            expect(reader.bytes_taken() == handed, "every byte is counted");
        }
    }
    return outcome;
}

bool are_equal(const std::vector<Message>& some, const std::vector<Message>& others) {
    return std::ranges::equal(some, others, [](const Message& a, const Message& b) {
        return a.type == b.type && a.message_stream_id == b.message_stream_id && a.time == b.time &&
               std::ranges::equal(a.payload.bytes(), b.payload.bytes());
    });
}

void check_writing(const std::vector<Message>& messages, std::uint8_t choice) {
    ChunkWriter writer;
    OutputQueue output;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (i % 8 == 3) writer.set_chunk_size(1 + choice * 16u, output);
        // Around each size of a chunk stream id, and often the same one.
        constexpr std::uint32_t ids[] = {3, 4, 4, 63, 64, 319, 320, 65'599};
        writer.write(ids[(i + choice) % std::size(ids) / (1 + choice % 3)], messages[i], output);
    }
    const Outcome again = read_all(drained(output), choice, Way::feed, {});
    expect(!again.is_malformed && are_equal(again.messages, messages), "it reads back as written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t cut = input.take_choice();
    const std::uint8_t choice = input.take_choice();
    const auto limits = (choice & 1) == 0 ? usual_limits : narrow_limits;
    const Outcome whole = read_all(input.rest(), 0, Way::feed, limits);
    for (const Way way : {Way::feed, Way::spaces}) {
        const Outcome pieces = read_all(input.rest(), cut, way, limits);
        expect(are_equal(whole.messages, pieces.messages), "pieces give the same messages");
        expect(whole.is_malformed == pieces.is_malformed, "pieces are refused as the whole is");
    }
    check_writing(whole.messages, choice);
    return 0;
}
