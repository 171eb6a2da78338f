// The handshake, either side: never takes more than belongs to it, ends done or failed.
#include "rtmp/handshake.hpp"

#include "fuzz/input.hpp"

using namespace restream;

namespace {

constexpr std::size_t all_bytes = 1 + 2 * Handshake::packet_bytes;

void check_side(Handshake::Side side, std::span<const std::uint8_t> bytes, std::uint8_t choice) {
    Handshake handshake(side, std::vector<std::uint8_t>(Handshake::packet_bytes - 8, 0x5a));
    std::size_t taken = 0;
    std::size_t put = handshake.take_output().size();
    for (Pieces pieces(bytes, choice); pieces.are_left();) {
        const auto piece = pieces.take();
        const std::size_t wanted = handshake.wanted();
        const std::size_t some = handshake.feed(piece);
        expect(some <= piece.size() && some <= wanted, "no more is taken than was wanted");
        expect(
            some == std::min(piece.size(), wanted) || handshake.state() == Handshake::State::failed,
            "what is wanted is taken");
        taken += some;
        put += handshake.take_output().size();
        expect(put <= all_bytes, "no more is said than a handshake");
    }
    const bool is_right = bytes.empty() || bytes[0] == 3;
    expect((handshake.state() == Handshake::State::failed) == !is_right, "the version decides");
    expect(handshake.problem().empty() == is_right, "a failure has words, and nothing else has");
    expect((handshake.state() == Handshake::State::done) == (is_right && bytes.size() >= all_bytes),
           "it is done when all of it was taken");
    if (handshake.state() == Handshake::State::done) {
        expect(taken == all_bytes && put == all_bytes, "either side says as much as the other");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t choice = input.take_choice();
    check_side(Handshake::Side::client, input.rest(), choice);
    check_side(Handshake::Side::server, input.rest(), choice);
    return 0;
}
