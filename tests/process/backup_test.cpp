// A backup publisher takes over, and destinations keep their connection.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "process/patience.hpp"
#include "process/rtmp_tags.hpp"
#include "process/scene.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/tcp_proxy.hpp"

namespace restream::test {

TEST_SUITE_BEGIN("backup");

namespace {

constexpr const char* with_backup = "backup = \"backup\"\nbackup_return_after = \"2s\"";

bool wait_on_air(const World& world, const std::string& who) {
    return wait_until(Patience(std::chrono::seconds(20)),
                      [&] { return world.ingest()["on_air"] == who; });
}

/// What a decoder would stumble over, or a viewer would see; empty where there is nothing.
std::string fault_of(const std::vector<Tag>& tags) {
    constexpr std::int32_t longest_gap_ms = 1000;
    std::map<TagType, RtmpTime> last;
    std::optional<std::uint32_t> number;
    for (const Tag& each : tags) {
        const auto its_number = number_of(each);
        if (!its_number) continue;
        const auto before = last.find(each.type);
        if (before != last.end()) {
            const std::int32_t step = each.time.since(before->second);
            if (step <= 0) return fmt::format("{} ms: a step of {} ms", each.time.ms(), step);
            if (step > longest_gap_ms) {
                return fmt::format("{} ms: a gap of {} ms", each.time.ms(), step);
            }
        }
        last[each.type] = each.time;
        // Only one publisher after another, each from a keyframe on.
        const bool follows = number && *its_number == *number + 1;
        const bool is_keyframe = each.type == TagType::video && *its_number % 50 == 0;
        if (!follows && !is_keyframe) {
            return fmt::format("{} follows {}", *its_number, number.value_or(0));
        }
        number = its_number;
    }
    return {};
}

/// How often a publisher was begun with: each time its headers come first. Numbers would not tell:
/// where one stopped, the other may by chance go on with the next.
std::ptrdiff_t beginnings_of(const std::vector<Tag>& tags) {
    return std::ranges::count_if(tags, [](const Tag& each) {
        const auto facts = each.type == TagType::video ? video_facts(each.bytes()) : std::nullopt;
        return facts && facts->is_sequence_header;
    });
}

}  // namespace

TEST_CASE("backup: a line that stalls, one that breaks, and the destination sees one broadcast") {
    World world(IngestServer::embedded);
    world.configure("", with_backup);
    TagServer platform;
    // It would say goodbye at once if it heard that a publisher left.
    world.add("youtube", platform.url(), "k3y", "on_ingest_loss = \"close\"\n");
    world.must({"ingest", "start"});
    TcpProxy line(world.ingest_port());
    const std::string far_url = fmt::format("rtmp://127.0.0.1:{}/live", line.port());
    std::optional<TagPublisher> primary(std::in_place, far_url);
    REQUIRE(primary->wait_accepted());
    primary->begin_counting();
    TagPublisher backup(world.ingest_url() + "/backup");
    REQUIRE(backup.wait_accepted());
    // Its numbers are others at the same time, so that the two cannot be taken for one.
    REQUIRE(wait_until(Patience(std::chrono::seconds(10)),
                       [&] { return primary->counted() >= 25; }));
    backup.begin_counting();
    world.must({"enable", "youtube"});
    CHECK(wait_on_air(world, "primary"));

    line.set_mode(TcpProxy::Mode::stall);
    CHECK(wait_on_air(world, "backup"));
    CHECK(world.ingest()["primary"]["path"] == "live");
    line.set_mode(TcpProxy::Mode::pass);
    CHECK(wait_on_air(world, "primary"));
    line.cut();
    CHECK(wait_on_air(world, "backup"));
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return world.ingest()["primary"] == nullptr; }));
    CHECK(world.status()["ingest"]["on_air"] == "backup");
    primary.reset();
    primary.emplace(far_url);
    REQUIRE(primary->wait_accepted());
    primary->begin_counting();
    CHECK(wait_on_air(world, "primary"));
    CHECK(world.state("youtube") == "live");
    // What the server said before it is on its way.
    CHECK(platform.wait_tags(platform.sessions().back().tags.size() + 100));

    const auto sessions = platform.sessions();
    REQUIRE(sessions.size() == 1);
    CHECK(!sessions[0].has_ended);
    CHECK(fault_of(sessions[0].tags) == "");
    CHECK(beginnings_of(sessions[0].tags) >= 5);
}

TEST_CASE("backup: two real encoders, and what arrives can be decoded from end to end") {
    Scene scene(IngestServer::embedded);
    scene.world.configure("", with_backup);
    scene.world.must({"ingest", "restart"});
    scene.add("youtube");
    const std::string url = scene.world.ingest_url();
    Publisher backup(url + "/backup", Footage::short_gop);
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(wait_on_air(scene.world, "primary"));
    CHECK(scene.wait_flow("youtube"));
    scene.publisher->kill();
    CHECK(wait_on_air(scene.world, "backup"));
    scene.publish();
    CHECK(wait_on_air(scene.world, "primary"));
    CHECK(scene.world.status("youtube")["reconnects"] == 0);
    check_whole(scene.finish("youtube"));
}

TEST_SUITE_END();

}  // namespace restream::test
