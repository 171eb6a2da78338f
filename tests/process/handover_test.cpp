// The publisher goes away and comes back: the destination keeps its connection and its clock.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "flv/flv.hpp"
#include "flv/setup_tags.hpp"
#include "process/command_run.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using Session = TagServer::Session;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("handover");

namespace {

/// A time that is too long for every run; 0 where nobody asks for it.
Milliseconds seconds_from(const char* variable) {
    const char* const text = std::getenv(variable);
    return std::chrono::seconds(text == nullptr ? 0 : std::atoi(text));
}

bool is_keyframe(const Tag& tag) {
    if (tag.type != TagType::video || SetupTags::is_one(tag)) return false;
    const auto facts = video_facts(tag.bytes());
    return facts && facts->is_keyframe;
}

/// What is wrong with a track's times; empty where each frame is later than the one before it.
std::string disorder(const Session& session, TagType type) {
    std::int64_t last = -1;
    for (const Tag& each : session.tags) {
        if (each.type != type || SetupTags::is_one(each)) continue;
        if (std::int64_t(each.time.ms()) <= last) {
            return fmt::format("type {}: {} ms after {} ms", int(type), each.time.ms(), last);
        }
        last = each.time.ms();
    }
    return last < 0 ? "nothing of it" : "";
}

/// The longest time from one picture's arrival to the next, from tag number `from` on.
Milliseconds longest_gap(const Session& session, std::size_t from) {
    SteadyTime::duration longest{};
    std::optional<SteadyTime> last;
    for (std::size_t i = from; i < session.tags.size(); ++i) {
        if (session.tags[i].type != TagType::video) continue;
        if (last) longest = std::max(longest, session.arrivals[i] - *last);
        last = session.arrivals[i];
    }
    return std::chrono::duration_cast<Milliseconds>(longest);
}

/// Behind tag number `from`, a keyframe follows the first header for pictures; nothing does before.
void check_begins_anew(const Session& session, std::size_t from, bool is_slate_before = false) {
    bool has_header = false;
    for (std::size_t i = from; i < session.tags.size(); ++i) {
        const Tag& tag = session.tags[i];
        if (tag.type != TagType::video) continue;
        if (SetupTags::is_one(tag)) {
            has_header = true;
        } else if (has_header) {
            CHECK(is_keyframe(tag));
            return;
        } else {
            CHECK(is_slate_before);
        }
    }
    FAIL("no picture");
}

/// A world with a relay to a platform that keeps every tag. An external ingest is an nginx-rtmp
/// that is none of restream's.
struct Line {
    World world;
    std::optional<NginxServer> external;
    TagServer platform;
    std::optional<Publisher> publisher;

    Line(IngestServer ingest, const std::string& more) : world(ingest) {
        if (ingest == IngestServer::external) {
            world.choose_port(external.emplace().port());
            world.configure("");
        } else {
            world.must({"ingest", "start"});
        }
        world.add("youtube", platform.url(), "k3y", more);
        publish(Footage::short_gop);
        world.must({"enable", "youtube"});
        REQUIRE(platform.wait_tags(60));
    }
    void publish(Footage footage) {
        publisher.emplace(world.ingest_url(), footage);
        publisher->start();
    }
    Session session() const { return platform.sessions().back(); }
    std::size_t count() const { return session().tags.size(); }
    /// Away for that long, by the clock on the wall: it stays held.
    void leave(Milliseconds away) {
        publisher->kill();
        REQUIRE(world.wait_state("youtube", "holding"));
        CHECK_FALSE(wait_until(
            Deadline::after(away), [&] { return world.state("youtube") != "holding"; }, 50ms));
    }
    void come_back() {
        const std::size_t before = count();
        publisher->start();
        REQUIRE(world.wait_state("youtube", "live"));
        REQUIRE(platform.wait_tags(before + 60));
    }
    /// What a decoder complains of in all that arrived.
    std::string decoding_errors() const {
        const auto file = world.home() / "all.flv";
        std::vector<std::uint8_t> bytes;
        const auto header = flv_file_header(true, true);
        bytes.assign(header.begin(), header.end());
        for (const Tag& each : session().tags) append_flv_tag(each, bytes);
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        CommandLine decoder{find_in_path("ffmpeg").value_or("/usr/bin/ffmpeg")};
        decoder.arguments = {"-v", "error", "-xerror",
                             // Times as they are: a step of more than 10 s not taken out, and not
                             // on the grid of a frame rate.
                             "-copyts", "-i", file.string(), "-fps_mode", "passthrough",
                             "-enc_time_base", "-1", "-f", "null", "-"};
        const Outcome outcome = run_command_line(decoder);
        return outcome.error +
               (outcome.status == 0 ? "" : fmt::format("exit status {}", outcome.status));
    }
    /// One connection, times that only grow, nothing that a decoder complains of.
    void check_whole() const {
        CHECK(platform.sessions().size() == 1);
        CHECK(disorder(session(), TagType::video) == "");
        CHECK(disorder(session(), TagType::audio) == "");
        check_begins_anew(session(), 0);
        CHECK(decoding_errors() == "");
    }
};

}  // namespace

TEST_CASE("a publisher that was away for a while goes on in the same session") {
    const Milliseconds long_time = seconds_from("RESTREAM_TEST_AWAY_S");
    for (const IngestServer ingest :
         {IngestServer::embedded, IngestServer::nginx, IngestServer::external}) {
        CAPTURE(int(ingest));
        Line line(ingest, "");
        for (const Milliseconds away : {1000ms, 5000ms, long_time}) {
            if (away == 5s && ingest == IngestServer::external) continue;
            if (away == 0s) continue;
            CAPTURE(away.count());
            line.leave(away);
            const Session before = line.session();
            line.come_back();
            const Session after = line.session();
            check_begins_anew(after, before.tags.size());
            // The time away is in the times, and picture and sound are as far apart as before.
            const auto gone = std::chrono::duration_cast<Milliseconds>(
                after.arrivals[before.tags.size()] - before.arrivals.back());
            const auto told = after.tags[before.tags.size()].time.since(before.tags.back().time);
            CHECK(std::abs(told - gone.count()) < 300);
        }
        line.check_whole();
        CHECK(line.world.status("youtube")["reconnects"] == 0);
    }
}

TEST_CASE("where a destination can't take another size in a session, it gets a new one") {
    for (const std::string more : {"", "on_track_change = \"reconnect\"\n"}) {
        Line line(IngestServer::embedded, more);
        line.leave(0ms);
        const std::size_t sessions = more.empty() ? 1 : 2;
        line.publish(Footage::heavy);  // other headers
        REQUIRE(line.world.wait_state("youtube", "live"));
        REQUIRE(line.platform.wait_for([&](const auto& all) {
            return all.size() == sessions && all.back().tags.size() > 200;
        }));
        if (sessions == 1) line.check_whole();
        CHECK(line.world.status("youtube")["reconnects"] == sessions - 1);
    }
}

TEST_CASE("a slate is shown while the publisher is away, and the live picture cuts in") {
    const Milliseconds long_time = seconds_from("RESTREAM_TEST_SLATE_S");
    for (const IngestServer ingest :
         {IngestServer::embedded, IngestServer::nginx, IngestServer::external}) {
        if (ingest == IngestServer::external && long_time == 0s) continue;
        CAPTURE(int(ingest));
        Line line(ingest,
                  "on_ingest_loss = \"slate\"\nslate_after = \"500ms\"\nslate_limit = \"5m\"\n");
        REQUIRE(wait_until(Patience(20s), [&] {
            std::error_code none;
            return !std::filesystem::is_empty(line.world.layout().slate_directory(), none) && !none;
        }));
        // Made, and read by the relay with its next figures.
        REQUIRE(line.platform.wait_tags(line.count() + 250));
        line.leave(long_time == 0s ? 6s : long_time);
        CHECK(line.world.status("youtube")["reason"]["message"] ==
              "the ingest stopped (the slate is shown)");
        const std::size_t away = line.count();
        line.come_back();
        CHECK(longest_gap(line.session(), 0) < 1s);
        check_begins_anew(line.session(), away, true);
        line.check_whole();
        CHECK(line.world.logs().find("the slate is shown") != std::string::npos);
    }
}

TEST_CASE("without a slate that can be made, the destination is held all the same") {
    Line line(IngestServer::embedded, "on_ingest_loss = \"slate\"\nslate = \"nothing.png\"\n");
    REQUIRE(wait_until(Patience(20s), [&] {
        return line.world.logs().find("there is no slate: ") != std::string::npos;
    }));
    line.leave(1s);
    line.come_back();
    line.check_whole();
}

TEST_SUITE_END();

}  // namespace restream::test
