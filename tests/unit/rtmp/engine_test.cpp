// The client against the server, in memory: what one sends is what the other gets, however the
// bytes are cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "rtmp/client.hpp"
#include "rtmp/server.hpp"
#include "unit/allocations.hpp"
#include "unit/raw_peer.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

RtmpClient::Setup client_setup(RtmpRole role) {
    return {*publish_endpoint("rtmp://127.0.0.1/live", Secret("key-1234")),
            role,
            {},
            handshake_bytes()};
}

/// What is on its way, handed over in pieces of any size, some by feed, some by spaces.
class Wire {
  public:
    explicit Wire(unsigned seed) : random_(seed) {}

    template <typename Receiver>
    bool carry(OutputQueue& from, Receiver& to, const std::function<void()>& arrived) {
        const tests::Bytes bytes = tests::taken(from);
        std::span<const std::uint8_t> rest(bytes);
        while (!rest.empty()) {
            const std::size_t size = std::min(rest.size(), piece());
            if (size % 2 == 0) {
                to.feed(rest.first(size));
                rest = rest.subspan(size);
            } else {
                rest = rest.subspan(read_to_spaces(to, rest.first(size)));
            }
            arrived();
        }
        return !bytes.empty();
    }

  private:
    std::size_t piece() {
        const std::size_t most =
            std::uniform_int_distribution<std::size_t>(0, 3)(random_) == 0 ? 3 : 5000;
        return std::uniform_int_distribution<std::size_t>(1, most)(random_);
    }
    template <typename Receiver>
    static std::size_t read_to_spaces(Receiver& to, std::span<const std::uint8_t> bytes) {
        std::size_t done = 0;
        for (const auto& space : to.spaces()) {
            const std::size_t size = std::min(space.size(), bytes.size() - done);
            std::ranges::copy(bytes.subspan(done, size), space.begin());
            done += size;
        }
        to.commit(done);
        return done;
    }

    std::mt19937 random_;
};

/// One of each, and what they told.
struct Pair {
    RtmpClient client;
    RtmpServer server{{.random = handshake_bytes()}};
    Wire wire;
    std::vector<Tag> at_client, at_server;
    std::vector<std::string> told;

    Pair(RtmpRole role, unsigned seed) : client(client_setup(role)), wire(seed) { run(); }

    void run() {
        bool moves = true;
        while (moves) {
            moves = wire.carry(client.output(), server, [this] { ask_server(); });
            moves = wire.carry(server.output(), client, [this] { ask_client(); }) || moves;
        }
    }
    void ask_server() {
        for (auto event = server.next();
             !std::holds_alternative<RtmpServer::NeedMore>(event);
             event = server.next()) {
            if (auto* tag = std::get_if<Tag>(&event)) at_server.push_back(std::move(*tag));
            if (auto* wish = std::get_if<RtmpServer::PublishWish>(&event)) {
                told.push_back("publish " + wish->app.reveal() + " " + wish->name.reveal());
                server.accept();
            }
            if (auto* wish = std::get_if<RtmpServer::PlayWish>(&event)) {
                told.push_back("play " + wish->app.reveal() + " " + wish->name.reveal());
                server.accept();
            }
            if (std::holds_alternative<RtmpServer::Left>(event)) told.push_back("left");
            if (auto* ending = std::get_if<RtmpEnding>(&event)) {
                told.push_back("server ended: " + ending->detail);
                return;
            }
        }
    }
    void ask_client() {
        for (auto event = client.next(); !std::holds_alternative<RtmpClient::NeedMore>(event);
             event = client.next()) {
            if (auto* tag = std::get_if<Tag>(&event)) at_client.push_back(std::move(*tag));
            if (std::holds_alternative<RtmpClient::Accepted>(event)) told.push_back("accepted");
            if (std::holds_alternative<RtmpClient::PublisherLeft>(event)) {
                told.push_back("publisher left");
            }
            if (auto* ending = std::get_if<RtmpEnding>(&event)) {
                told.push_back("client ended: " + ending->detail);
                return;
            }
        }
    }
};

Tag big(TagType type, std::uint32_t ms, std::size_t size, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7);
    return make_tag(type, RtmpTime(ms), bytes);
}

/// Headers, pictures, Enhanced RTMP, nothing at all, sizes around a chunk's, and all of RTMP's
/// difficult times.
std::vector<Tag> every_kind() {
    std::vector<Tag> tags = {
        metadata("rest"),
        avc_header(),
        aac_header(),
        keyframe(0),
        audio(5),
        tag(TagType::video, 10, {0x90, 'h', 'v', 'c', '1', 1, 2, 3}),
        tag(TagType::video, 20, {0x91, 'a', 'v', '0', '1', 9}),
        tag(TagType::video, 30, {0x96, 0x11, 'v', 'v', 'c', '1', 0, 0, 0, 4}),
        tag(TagType::video, 31, {0x97, 0x03, 1, 2, 3, 4}),
        tag(TagType::audio, 40, {0x90, 'O', 'p', 'u', 's', 'O', 'p', 'u', 's', 'H'}),
        tag(TagType::audio, 41, {0x95, 0x10, 'f', 'L', 'a', 'C', 0}),
        tag(TagType::audio, 50, {}),
        tag(TagType::video, 50, {}),
        script(std::string("\x02\x00\x0aonTextInfo\x05", 14)),
        big(TagType::video, 60, 59'999, 0x17),
        big(TagType::video, 60, 60'000, 0x27),
        big(TagType::video, 59, 60'001, 0x27),
        big(TagType::video, 70, 130'000, 0x17),
        big(TagType::audio, 0xfffffe, 128, 0xaf),
        big(TagType::audio, 0xffffff, 129, 0xaf),
        big(TagType::video, 0x1000000, 70'000, 0x27),
        big(TagType::audio, 0x1000010, 300, 0xaf),
        big(TagType::video, 0x7fffffff, 400, 0x27),
        big(TagType::audio, 0x80000000, 400, 0xaf),
        big(TagType::video, 0x80000001, 61'000, 0x27),
        big(TagType::video, 0xffffffff, 61'000, 0x27),
        big(TagType::audio, 0xfffffff0, 5, 0xaf),
        big(TagType::audio, 3, 5, 0xaf),
        big(TagType::video, 0, 66'000, 0x27),
        big(TagType::video, 33, 6, 0x27),
    };
    return tags;
}

void check_same(const std::vector<Tag>& got, const std::vector<Tag>& sent) {
    REQUIRE(got.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CAPTURE(i);
        CHECK(got[i].type == sent[i].type);
        CHECK(got[i].time == sent[i].time);
        CHECK(std::ranges::equal(got[i].bytes(), sent[i].bytes()));
    }
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("engine: what is published arrives byte by byte, however the bytes are cut") {
    const auto tags = every_kind();
    for (unsigned seed = 0; seed < 4; ++seed) {
        CAPTURE(seed);
        Pair pair(RtmpRole::publish, seed);
        REQUIRE(pair.told == Words{"publish live key-1234", "accepted"});
        CHECK(pair.client.step() == RtmpClient::Step::accepted);
        CHECK(pair.server.step() == RtmpServer::Step::publishing);
        CHECK(pair.server.software() == "FMLE/3.0 (compatible; FMSc/1.0)");
        for (const Tag& each : tags) {
            pair.client.send(each);
            if (each.bytes().size() % 2 == 0) pair.run();
        }
        pair.client.say_goodbye();
        pair.run();
        CHECK(pair.told.back() == "left");
        check_same(pair.at_server, tags);
    }
}

TEST_CASE("engine: what is played arrives byte by byte, however the bytes are cut") {
    const auto tags = every_kind();
    for (unsigned seed = 0; seed < 4; ++seed) {
        CAPTURE(seed);
        Pair pair(RtmpRole::play, seed);
        REQUIRE(pair.told == Words{"play live key-1234", "accepted"});
        for (const Tag& each : tags) {
            pair.server.send(each);
            if (each.bytes().size() % 2 == 1) pair.run();
        }
        pair.run();
        pair.client.say_goodbye();
        pair.run();
        CHECK(pair.told.back() == "left");
        check_same(pair.at_client, tags);
    }
}

TEST_CASE("engine: players hear once that the publisher left, and then of the next one") {
    Pair pair(RtmpRole::play, 1);
    pair.server.send(keyframe(0));
    pair.server.tell_publisher_left();
    pair.run();
    CHECK(pair.told == Words{"play live key-1234", "accepted", "publisher left"});
    pair.server.tell_publisher_left();
    pair.run();
    CHECK(pair.told.size() == 3);
    pair.server.tell_publisher_came();
    pair.server.send(keyframe(1));
    pair.server.tell_publisher_left();
    pair.run();
    CHECK(pair.told.size() == 4);
    CHECK(pair.told.back() == "publisher left");
    CHECK(pair.at_client.size() == 2);
    CHECK(pair.client.closed({RtmpEnding::Cause::closed}) == RtmpEnding{RtmpEnding::Cause::closed});
}

TEST_CASE("engine: a server that ends tells its publisher, and its players as of any publisher") {
    Pair publishing(RtmpRole::publish, 1);
    publishing.server.say_goodbye();
    CHECK(publishing.server.step() == RtmpServer::Step::ended);
    publishing.run();
    CHECK(publishing.told.back() == "client ended: NetStream.Unpublish.Success: the server ends");
    Pair playing(RtmpRole::play, 1);
    playing.server.say_goodbye();
    playing.run();
    CHECK(playing.told.back() == "publisher left");
}

TEST_CASE("engine: no payload is copied on its way into the output") {
    Pair publishing(RtmpRole::publish, 1);
    Pair playing(RtmpRole::play, 1);
    const Tag picture = big(TagType::video, 0, 1'000'000, 0x17);
    const auto before = tests::allocations_so_far();
    publishing.client.send(picture);
    playing.server.send(picture);
    const auto after = tests::allocations_so_far();
    CHECK(after.live_bytes - before.live_bytes < 20'000);
    CHECK(publishing.client.output().size() > 1'000'000);
    CHECK(playing.server.output().size() > 1'000'000);
}
