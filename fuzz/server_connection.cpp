// The server's side of a connection: whatever a peer says, and in whatever order.
#include "rtmp/server.hpp"

#include <variant>

#include "fuzz/peer.hpp"

using namespace restream;

namespace {

/// How the server behaves: bits of the second byte of the input.
constexpr std::uint8_t handshake_is_fuzzed = 1;
constexpr std::uint8_t uses_spaces = 2;
constexpr std::uint8_t refuses = 4;
constexpr std::uint8_t leaves_output = 8;  ///< a peer that does not read
constexpr std::uint8_t sends_tags = 16;
constexpr std::uint8_t says_goodbye = 32;

/// What a peer that does not read can make us keep: the handshake, what it may ask for, and the
/// last answer.
constexpr std::size_t most_output = 3073 + 64 * 1024 + 4096;
constexpr std::size_t longest_message = 4096;

class Server {
  public:
    explicit Server(std::uint8_t choice)
        : choice_(choice),
          connection_({.longest_message = longest_message, .random = handshake_random()}) {}

    RtmpServer& connection() { return connection_; }
    bool has(std::uint8_t bit) const { return (choice_ & bit) != 0; }

    /// Answers all events; false when it has ended.
    bool look() {
        for (;;) {
            auto event = connection_.next();
            check_output();
            if (std::holds_alternative<RtmpServer::NeedMore>(event)) return true;
            if (std::holds_alternative<RtmpEnding>(event)) return end();
            if (std::holds_alternative<RtmpServer::PublishWish>(event) ||
                std::holds_alternative<RtmpServer::PlayWish>(event)) {
                answer();
            } else if (std::holds_alternative<Tag>(event)) {
                expect(connection_.step() == RtmpServer::Step::publishing,
                       "only who publishes sends tags");
                expect(std::get<Tag>(event).payload.size() <= 64 * 1024 + longest_message,
                       "no longer tag");
            }
        }
    }

    void finish() {
        expect(connection_.software().size() <= 64, "a name of bounded length");
        if (has(says_goodbye)) connection_.say_goodbye();
        drained(connection_.output());
        connection_.next();
    }

  private:
    void answer() {
        if (has(refuses)) return connection_.refuse("NetStream.Publish.BadName", "not here");
        connection_.accept();
        if (connection_.step() != RtmpServer::Step::playing || !has(sends_tags)) return;
        const std::uint8_t header[] = {0x17, 0, 0, 0, 0, 1};
        connection_.send(make_tag(TagType::video, RtmpTime(0), header));
        connection_.tell_publisher_left();
        connection_.tell_publisher_came();
        connection_.send(make_tag(TagType::audio, RtmpTime(0xffffffff), {}));
        drained(connection_.output());
    }
    bool end() {
        expect(connection_.step() == RtmpServer::Step::ended, "an ending ends it");
        expect(std::holds_alternative<RtmpEnding>(connection_.next()), "it is told again");
        return false;
    }
    void check_output() {
        expect(connection_.output().size() <= most_output, "output is bounded");
        if (!has(leaves_output)) drained(connection_.output());
    }

    std::uint8_t choice_;
    RtmpServer connection_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t cut = input.take_choice();
    Server server(input.take_choice());
    const auto look = [&] { return server.look(); };
    const Way way = server.has(uses_spaces) ? Way::spaces : Way::feed;
    if (!server.has(handshake_is_fuzzed)) {
        expect(hand_over(server.connection(), plain_handshake(), way, look), "it goes on");
    }
    for (Pieces pieces(input.rest(), cut); pieces.are_left();) {
        if (!hand_over(server.connection(), pieces.take(), way, look)) break;
    }
    server.finish();
    return 0;
}
