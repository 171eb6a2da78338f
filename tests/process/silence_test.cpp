// A publisher that is connected and sends nothing: everybody says so within two seconds, and all is
// as before with its first message.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "flv/setup_tags.hpp"
#include "ingest/server.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/rtmp_tags.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/tcp_proxy.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("silence");

namespace {

/// What it may take on a busy machine beyond the time that it has to take.
constexpr Milliseconds slack = 4s;

/// A world with an ingest of any kind, and a relay to a platform that keeps every tag. An external
/// ingest is an nginx-rtmp that is none of restream's.
struct Line {
    World world;
    std::optional<NginxServer> external;
    TagServer platform;
    std::optional<Publisher> publisher;

    explicit Line(IngestServer ingest, const std::string& more = "") : world(ingest) {
        if (ingest == IngestServer::external) {
            world.choose_port(external.emplace().port());
            world.configure("");
        } else {
            world.must({"ingest", "start"});
        }
        world.add("youtube", platform.url(), "k3y", more);
    }
    void go_live() {
        publisher.emplace(world.ingest_url(), Footage::short_gop);
        publisher->start();
        world.must({"enable", "youtube"});
        REQUIRE(platform.wait_tags(60));
        REQUIRE(world.wait_state("youtube", "live"));
    }
    /// Until the ingest is in that state. Returns how long it took.
    Milliseconds until_ingest(const std::string& state) const {
        const auto begun = SteadyClock::now();
        CHECK_MESSAGE(
            wait_until(
                Deadline::after(20s), [&] { return world.status()["ingest"]["state"] == state; },
                Milliseconds(20)),
            world.status().dump(1));
        return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun);
    }
    /// Of the last session: when its last tag came.
    SteadyTime last_arrival() const { return platform.sessions().back().arrivals.back(); }
};

bool is_plain_live(const json& part) { return part["state"] == "live" && part["reason"].is_null(); }

bool has_finding(const World& world, const std::string& code) {
    const Outcome doctor = world.run({"doctor", "--json"});
    const json document = json::parse(doctor.output);
    const bool is_found = std::ranges::any_of(document["findings"], [&](const json& each) {
        return each["code"] == code && each["severity"] == "failure";
    });
    if (is_found) CHECK_MESSAGE(doctor.status == 1, doctor.output);
    return is_found;
}

}  // namespace

TEST_CASE("silence: a publisher that hangs is seen by everybody, whichever server takes it") {
    for (const IngestServer ingest :
         {IngestServer::embedded, IngestServer::nginx, IngestServer::external}) {
        CAPTURE(ingest_server_name(ingest));
        Line line(ingest);
        line.go_live();
        freeze(line.publisher->pid());
        const Milliseconds took = line.until_ingest("silent");
        MESSAGE(ingest_server_name(ingest), ": silent after ", took.count(), " ms");
        CHECK(took < 1500ms + slack);
        const json status = line.world.status();
        CHECK_FALSE(is_plain_live(status["destinations"][0]));
        CHECK(status["destinations"][0]["reason"]["code"] == "ingest_silent");
        CHECK(status["destinations"][0]["confirmed"] == false);
        // The last sound may have come a moment after the last picture.
        CHECK(wait_until(Patience(5s), [&] {
            return line.world.status()["ingest"]["silence"]["missing"] == "everything";
        }));
        CHECK(line.world.ingest()["state"] == "silent");
        CHECK(line.world.wait_state("youtube", "holding"));
        CHECK(line.world.run({"status", "youtube"}).status == 1);
        CHECK(has(line.world.run({"status"}).output, "ingest: silent, "));
        CHECK(has(line.world.run({"ingest", "status"}).output, "silent: nothing arrives"));
        CHECK(has_finding(line.world, "ingest_silent"));
        const Outcome enabled = line.world.run({"enable", "youtube"});
        CHECK_MESSAGE(has(enabled.output + enabled.error, "the ingest is silent"),
                      enabled.describe());

        thaw(line.publisher->pid());
        line.until_ingest("live");
        CHECK(line.world.wait_status("youtube", is_plain_live));
        CHECK(line.world.run({"status", "youtube"}).status == 0);
        CHECK_FALSE(has_finding(line.world, "ingest_silent"));
        // Doctor's look at the port is a connection without a tag.
        const auto sessions = line.platform.sessions();
        CHECK(std::ranges::count_if(sessions,
                                    [](const auto& each) { return !each.tags.empty(); }) == 1);
        CHECK(line.world.status("youtube")["reconnects"] == 0);
    }
}

TEST_CASE("silence: without a relay, the managed servers know it all the same") {
    for (const IngestServer ingest : {IngestServer::embedded, IngestServer::nginx}) {
        CAPTURE(ingest_server_name(ingest));
        Line line(ingest);
        Publisher publisher(line.world.ingest_url(), Footage::short_gop);
        publisher.start();
        line.until_ingest("live");
        freeze(publisher.pid());
        CHECK(line.until_ingest("silent") < 2500ms + slack);
        // Nobody is sent what the server had stored as if it were live.
        const Outcome enabled = line.world.run({"enable", "youtube"});
        CHECK_MESSAGE(enabled.status == 0, enabled.describe());
        CHECK_MESSAGE(has(enabled.output, "the ingest is silent"), enabled.describe());
        CHECK(line.world.state("youtube") == "waiting");
        CHECK(line.world.run({"enable", "youtube", "--wait-live", "--timeout", "1s"}).status == 1);
        CHECK(line.platform.sessions().empty());
        thaw(publisher.pid());
        CHECK(line.world.wait_status("youtube", is_plain_live));
    }
}

TEST_CASE("silence: a line that is cut without a word is a silent ingest") {
    Line line(IngestServer::embedded);
    TcpProxy cable(line.world.ingest_port());
    line.publisher.emplace(fmt::format("rtmp://127.0.0.1:{}/live", cable.port()),
                           Footage::short_gop);
    line.publisher->start();
    line.world.must({"enable", "youtube"});
    REQUIRE(line.platform.wait_tags(60));
    cable.set_mode(TcpProxy::Mode::stall);
    CHECK(line.until_ingest("silent") < 1500ms + slack);
    CHECK_FALSE(is_plain_live(line.world.status("youtube")));
    cable.set_mode(TcpProxy::Mode::pass);
    CHECK(line.world.wait_status("youtube", is_plain_live));
    CHECK(line.platform.sessions().size() == 1);
}

TEST_CASE("silence: a publisher of sound without its picture, or of metadata, is silent") {
    Line line(IngestServer::embedded);
    TagPublisher publisher(line.world.ingest_url());
    REQUIRE(publisher.wait_accepted());
    CHECK(publisher.send({plain_headers().front()}));
    line.until_ingest("silent");
    CHECK(publisher.send(plain_headers()));
    std::uint32_t number = 0;
    bool has_picture = true;
    // In real time, as an encoder would; without pictures from some time on.
    const auto send_until = [&](const std::function<bool()>& is_so) {
        const auto begun = SteadyClock::now();
        const std::uint32_t first = number;
        return wait_until(
            Deadline::after(20s),
            [&] {
                const auto ms =
                    std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begun);
                std::vector<Tag> tags;
                for (; (number - first) * numbered_interval_ms <= ms.count(); ++number) {
                    Tag tag = numbered_tag(number);
                    if (has_picture || tag.type == TagType::audio) tags.push_back(std::move(tag));
                }
                return !publisher.send(std::move(tags)) || is_so();
            },
            Milliseconds(20));
    };
    CHECK(send_until([&] { return line.world.status()["ingest"]["state"] == "live"; }));
    auto enabling = line.world.start({"enable", "youtube"});
    CHECK(send_until([&] { return enabling.has_ended(); }));
    CHECK(enabling.wait().status == 0);
    has_picture = false;
    CHECK(send_until([&] { return line.world.status()["ingest"]["state"] == "silent"; }));
    CHECK(line.world.status()["ingest"]["silence"]["missing"] == "picture");
    CHECK(send_until([&] { return line.world.state("youtube") == "holding"; }));
    CHECK(line.world.status("youtube")["reason"]["code"] == "ingest_silent");
    const auto before = line.platform.sessions().back().tags.size();
    CHECK(send_until([&] {  // the sound still reaches the platform
        return line.platform.sessions().back().tags.size() > before + 50;
    }));
    has_picture = true;
    CHECK(send_until([&] { return is_plain_live(line.world.status("youtube")); }));
    CHECK(line.platform.sessions().size() == 1);
}

TEST_CASE(
    "silence: hold counts from the last picture, and no stored picture looks live behind it") {
    Line line(IngestServer::embedded, "hold = \"4s\"\n");
    line.go_live();
    freeze(line.publisher->pid());
    REQUIRE(line.platform.wait_for([](const auto& all) { return all.back().has_ended; }));
    const auto held = SteadyClock::now() - line.last_arrival();
    MESSAGE("held for ", std::chrono::duration_cast<Milliseconds>(held).count(), " ms");
    CHECK(held > 3500ms);
    CHECK(held < 4s + slack);
    CHECK(line.platform.sessions().back().has_left);
    CHECK(line.world.wait_status("youtube", [](const json& part) {
        return part["state"] == "waiting" && part["reason"].is_object() &&
               part["reason"]["code"] == "ingest_silent";
    }));
    CHECK_FALSE(wait_until(
        Deadline::after(3s), [&] { return line.world.state("youtube") != "waiting"; }, 50ms));
    CHECK(line.platform.sessions().size() == 1);
    thaw(line.publisher->pid());
    CHECK(line.world.wait_status("youtube", is_plain_live));
}

TEST_CASE("silence: the slate comes slate_after the last picture, the live one with its keyframe") {
    Line line(IngestServer::embedded,
              "on_ingest_loss = \"slate\"\nslate_after = \"3s\"\nslate_limit = \"5m\"\n");
    line.go_live();
    REQUIRE(wait_until(Deadline::after(20s), [&] {
        std::error_code none;
        return !std::filesystem::is_empty(line.world.layout().slate_directory(), none) && !none;
    }));
    REQUIRE(line.platform.wait_tags(line.platform.sessions().back().tags.size() + 250));
    freeze(line.publisher->pid());
    const auto has_slate = [](const json& part) {
        return part["reason"].is_object() &&
               part["reason"]["message"] == "the ingest is silent (the slate is shown)";
    };
    REQUIRE(line.world.wait_status("youtube", has_slate));
    REQUIRE(line.platform.wait_tags(line.platform.sessions().back().tags.size() + 60));
    thaw(line.publisher->pid());
    CHECK(line.world.wait_status("youtube", is_plain_live));
    const auto session = line.platform.sessions().back();
    CHECK(line.platform.sessions().size() == 1);
    SteadyTime::duration longest{};
    std::optional<SteadyTime> last;
    for (std::size_t i = 0; i < session.tags.size(); ++i) {
        if (session.tags[i].type != TagType::video) continue;
        if (last) longest = std::max(longest, session.arrivals[i] - *last);
        last = session.arrivals[i];
    }
    const auto ms = std::chrono::duration_cast<Milliseconds>(longest);
    MESSAGE("without a picture for ", ms.count(), " ms");
    CHECK(ms > 2800ms);
    CHECK(ms < 3s + slack);
}

TEST_SUITE_END();

}  // namespace restream::test
