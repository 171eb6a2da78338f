// The client's side of a connection: whatever a server says, and in whatever order.
#include "rtmp/client.hpp"

#include <string_view>
#include <variant>

#include "fuzz/peer.hpp"

using namespace restream;

namespace {

/// How the client behaves: bits of the second byte of the input.
constexpr std::uint8_t handshake_is_fuzzed = 1;
constexpr std::uint8_t uses_spaces = 2;
constexpr std::uint8_t publishes = 4;
constexpr std::uint8_t leaves_output = 8;  ///< a peer that does not read
constexpr std::uint8_t says_goodbye = 16;

/// What a peer that does not read can make us keep: the handshake, what it may ask for, and the
/// last answer.
constexpr std::size_t most_output = 3073 + 64 * 1024 + 4096;
/// In the dictionary, so that servers echo it.
constexpr std::string_view key = "CANARY-KEY";

class Client {
  public:
    explicit Client(std::uint8_t choice)
        : choice_(choice),
          client_({.endpoint = endpoint(),
                   .role = has(publishes) ? RtmpRole::publish : RtmpRole::play,
                   .fourccs = {"hvc1"},
                   .random = handshake_random(),
                   // Memory that is only claimed makes AddressSanitizer slow.
                   .longest_message = 64 * 1024}) {}

    RtmpClient& client() { return client_; }
    bool has(std::uint8_t bit) const { return (choice_ & bit) != 0; }

    /// Takes all events; false when it has ended.
    bool look() {
        for (;;) {
            const auto event = client_.next();
            check_output();
            if (std::holds_alternative<RtmpClient::NeedMore>(event)) return true;
            if (const auto* ending = std::get_if<RtmpEnding>(&event)) return end(*ending);
            if (std::holds_alternative<RtmpClient::Accepted>(event)) {
                begin();
            } else {
                expect(is_accepted_ && !has(publishes), "only a player is sent something");
            }
        }
    }

    void finish() {
        for (const auto cause : {RtmpEnding::Cause::closed, RtmpEnding::Cause::reset,
                                 RtmpEnding::Cause::answer_timed_out}) {
            check_words(client_.closed({cause}));
        }
        if (has(says_goodbye)) {
            client_.say_goodbye();
            expect(client_.step() == RtmpClient::Step::ended, "a goodbye ends it");
        }
        drained(client_.output());
        client_.next();
    }

  private:
    static RtmpEndpoint endpoint() {
        return *publish_endpoint("rtmp://127.0.0.1/live", Secret(std::string(key)));
    }
    void begin() {
        expect(!is_accepted_, "it is accepted once");
        is_accepted_ = true;
        if (!has(publishes)) return;
        const std::uint8_t header[] = {0x17, 0, 0, 0, 0, 1};
        client_.send(make_tag(TagType::video, RtmpTime(0), header));
        drained(client_.output());
    }
    bool end(const RtmpEnding& ending) {
        expect(client_.step() == RtmpClient::Step::ended, "an ending ends it");
        const auto again = client_.next();
        expect(std::holds_alternative<RtmpEnding>(again) && std::get<RtmpEnding>(again) == ending,
               "it is told again");
        check_words(ending);
        return false;
    }
    static void check_words(const RtmpEnding& ending) {
        expect(ending.detail.find(key) == std::string::npos, "the key is not shown");
        expect(ending.detail.size() <= 4096, "words are bounded");
        expect(std::ranges::none_of(ending.detail, [](char c) { return c >= 0 && c < ' '; }),
               "words have no control characters");
    }
    void check_output() {
        expect(client_.output().size() <= most_output, "output is bounded");
        if (!has(leaves_output)) drained(client_.output());
    }

    std::uint8_t choice_;
    RtmpClient client_;
    bool is_accepted_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t cut = input.take_choice();
    Client client(input.take_choice());
    const auto look = [&] { return client.look(); };
    const Way way = client.has(uses_spaces) ? Way::spaces : Way::feed;
    if (!client.has(handshake_is_fuzzed)) {
        expect(hand_over(client.client(), plain_handshake(), way, look), "it goes on");
    }
    for (Pieces pieces(input.rest(), cut); pieces.are_left();) {
        if (!hand_over(client.client(), pieces.take(), way, look)) break;
    }
    client.finish();
    return 0;
}
