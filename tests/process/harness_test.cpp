// The harness itself: a runner that cannot fail proves nothing.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/recording.hpp"
#include "process/tcp_proxy.hpp"

namespace restream::test {

TEST_SUITE_BEGIN("harness");

TEST_CASE("harness: an orphan that left its session is found and ended") {
    const Outcome outcome =
        run_command_line({"/bin/sh", {"-c", "setsid sleep 1000 & echo started"}});
    REQUIRE(outcome.status == 0);
    const bool is_found = wait_until(Patience(std::chrono::seconds(5)), [] {
        const auto living = living_descendants();
        return living.size() == 1 && living[0].command == "sleep 1000";
    });
    CHECK_MESSAGE(is_found, describe(living_descendants()));
    end_descendants();
    CHECK(living_descendants().empty());
}

TEST_CASE("harness: a program that does not end in time is reported, and killed with its owner") {
    CommandRun run({"/bin/sleep", {"1000"}});
    CHECK(run.wait(Milliseconds(50)).status == -1);
    CHECK_FALSE(run.has_ended());
}

TEST_CASE("harness: a session at the platform is counted and its recording decoded") {
    NginxServer platform;
    TcpProxy line(platform.port());
    {
        Publisher publisher("rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live/word");
        CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] {
            return platform.begun("word") == 1 && line.bytes_forwarded() > 100'000;
        }));
        CHECK(line.open_connections() == 1);
        publisher.stop();
    }
    CHECK(wait_until(Patience(std::chrono::seconds(5)),
                     [&] { return platform.ended("word") == 1; }));
    REQUIRE(platform.recordings("word").size() == 1);
    const Recording recording = decode(platform.recordings("word")[0]);
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    CHECK(recording.begins_with_keyframe);
    CHECK(recording.errors.empty());
    CHECK(platform.begun("other") == 0);
}

TEST_CASE("harness: a goodbye is told from a connection that broke") {
    const NginxServer platform;
    const auto is_so = [](const std::function<bool()>& is_true) {
        return wait_until(Patience(std::chrono::seconds(10)), is_true);
    };
    Publisher rude(platform.url("rude"));
    REQUIRE(is_so([&] { return platform.begun("rude") == 1; }));
    rude.kill();
    REQUIRE(is_so([&] { return platform.ended("rude") == 1; }));
    CHECK(platform.goodbyes() == 0);
    Publisher polite(platform.url("polite"));
    // Before it sends media, ffmpeg ends without a goodbye.
    REQUIRE(is_so([&] {
        const auto recordings = platform.recordings("polite");
        return recordings.size() == 1 && std::filesystem::file_size(recordings[0]) > 20'000;
    }));
    polite.stop();
    REQUIRE(is_so([&] { return platform.ended("polite") == 1; }));
    CHECK(is_so([&] { return platform.goodbyes() == 1; }));
}

TEST_CASE(
    "harness: a recording that begins on an inter frame, or is no recording, is told as such") {
    TemporaryFolder folder;
    const auto cut = folder.path() / "cut.flv";
    const auto footage = footage_file(Footage::picture_and_sound);
    // Packets from 1 s on, which is in the middle of the first GOP.
    const Outcome outcome = run_command_line({*find_in_path("ffmpeg"),
                                              {"-nostdin", "-v", "error", "-i", footage, "-c",
                                               "copy", "-bsf:v", "noise=drop=lt(n\\,30)", cut}});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
    CHECK_FALSE(decode(cut).begins_with_keyframe);
    write_file(folder.path() / "none.flv", "no FLV");
    CHECK_FALSE(decode(folder.path() / "none.flv").errors.empty());
    CHECK_FALSE(decode(folder.path() / "none.flv").has_picture_and_sound());
}

TEST_CASE("harness: a platform that refuses is asked, and accepts nobody") {
    NginxServer platform(Door::refusing);
    Publisher publisher(platform.url("word"));
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] { return !publisher.runs(); }));
    CHECK(platform.asked() == 1);
    CHECK(platform.recordings("word").empty());
}

TEST_CASE("harness: the line refuses, stalls, passes again and cuts") {
    NginxServer platform;
    TcpProxy line(platform.port());
    line.set_mode(TcpProxy::Mode::refuse);
    CHECK_FALSE(is_listening(line.port()));
    line.set_mode(TcpProxy::Mode::stall);
    Publisher publisher("rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live/word");
    CHECK(
        wait_until(Patience(std::chrono::seconds(5)), [&] { return line.accepted() == 1; }));
    CHECK(line.bytes_forwarded() == 0);
    line.set_mode(TcpProxy::Mode::pass);
    CHECK(wait_until(Patience(std::chrono::seconds(10)),
                     [&] { return platform.begun("word") == 1; }));
    line.cut();
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] { return !publisher.runs(); }));
}

TEST_CASE("harness: the runner can fail" * doctest::skip()) { CHECK(1 == 2); }

TEST_SUITE_END();

}  // namespace restream::test
