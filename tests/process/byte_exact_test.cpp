// What the destination gets is what the publisher sent, byte for byte.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process/rtmp_tags.hpp"
#include "process/scene.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"

namespace restream::test {

using nlohmann::json;
using Session = TagServer::Session;

TEST_SUITE_BEGIN("byte_exact");

namespace {

std::string describe(const Tag& tag) {
    return fmt::format("type {}, {} ms, {} bytes", int(tag.type), tag.time.ms(),
                       tag.bytes().size());
}

/// The first that differs, in words; empty where none does.
std::string difference(const std::vector<Tag>& sent, const std::vector<Tag>& got) {
    if (got.empty() || sent.empty()) return got.size() == sent.size() ? "" : "nothing arrived";
    // One constant for all, and the first of them near 0.
    const std::uint32_t constant = sent.front().time.ms() - got.front().time.ms();
    if (got.front().time.ms() > 100) return "begins at " + describe(got.front());
    for (std::size_t i = 0; i < std::min(sent.size(), got.size()); ++i) {
        const bool is_same = sent[i].type == got[i].type &&
                             sent[i].time.ms() == got[i].time.ms() + constant &&
                             std::ranges::equal(sent[i].bytes(), got[i].bytes());
        if (!is_same) {
            return fmt::format("tag {} was sent as {}, and arrived as {}", i, describe(sent[i]),
                               describe(got[i]));
        }
    }
    if (sent.size() == got.size()) return "";
    return fmt::format("{} tags were sent, {} arrived", sent.size(), got.size());
}

/// An embedded ingest, a relay, and a platform that keeps what it gets.
struct Chain {
    World world{IngestServer::embedded};
    TagServer platform;

    Chain() {
        world.must({"ingest", "start"});
        world.add("youtube", platform.url(), "k3y");
    }
    /// What that broadcast is when it has gone through: the relay is enabled when a part of it is
    /// out, so it begins from the server's cache, and sees the rest live.
    Session carry(const std::vector<Tag>& broadcast, std::size_t before) {
        TagPublisher publisher(world.ingest_url());
        REQUIRE(publisher.wait_accepted());
        const auto middle = broadcast.begin() + static_cast<std::ptrdiff_t>(before);
        REQUIRE(publisher.send({broadcast.begin(), middle}));
        const Outcome enable = world.run({"enable", "youtube"});
        CHECK_MESSAGE(enable.status == 0, enable.describe());
        REQUIRE(publisher.send({middle, broadcast.end()}));
        const bool is_whole = platform.wait_tags(broadcast.size());
        publisher.finish();
        world.must({"disable", "youtube"});
        platform.wait_for([](const auto& all) { return all.back().has_ended; });
        const Session session = platform.sessions().back();
        CHECK_MESSAGE(is_whole, session.tags.size() << " tags of " << broadcast.size());
        CHECK(session.name == "k3y");
        CHECK(session.has_left);
        return session;
    }
};

void check_carried(const std::vector<Tag>& broadcast, const std::vector<std::string>& fourccs) {
    Chain line;
    // In the middle of the GOP, and at its end. A publisher that sends nothing more is silent.
    for (const std::size_t before : {broadcast.size() / 2, broadcast.size() - 1}) {
        CAPTURE(before);
        const Session session = line.carry(broadcast, before);
        CHECK(difference(broadcast, session.tags) == "");
        CHECK(session.fourccs() == fourccs);
    }
}

}  // namespace

TEST_CASE("byte exact: H.264 and AAC, of every size, and nothing is announced") {
    check_carried(plain_broadcast(RtmpTime(0)), {});
}

TEST_CASE("byte exact: timestamps across 2^24, 2^31 and 2^32") {
    Chain line;
    for (const std::uint32_t boundary : {0x01000000U, 0x80000000U, 0U}) {
        CAPTURE(boundary);
        const auto broadcast = plain_broadcast(RtmpTime(boundary - 100));
        const Session session = line.carry(broadcast, broadcast.size() / 2);
        CHECK(difference(broadcast, session.tags) == "");
    }
}

TEST_CASE("byte exact: HEVC and Opus in Enhanced RTMP, announced at the destination") {
    check_carried(enhanced_broadcast("hvc1", RtmpTime(5000)), {"hvc1", "Opus"});
}

TEST_CASE("byte exact: AV1 and Opus in Enhanced RTMP, announced at the destination") {
    check_carried(enhanced_broadcast("av01", RtmpTime(5000)), {"av01", "Opus"});
}

TEST_CASE("byte exact: a second track beside plain H.264 and AAC") {
    check_carried(multitrack_broadcast(RtmpTime(5000)), {"mp4a", "avc1"});
}

TEST_SUITE_END();

}  // namespace restream::test
