// The probe: what it says of an ingest, and that it ends in time.
#include "media/probe.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <future>

#include "media/features.hpp"
#include "media/peers.hpp"
#include "relay/rtmp_source.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

TEST_CASE("probe: tells what is published") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Peer publisher = publish(nginx.url("live"), folder);
    REQUIRE(wait_until(Deadline::after(5s),
                       [&] { return nginx.log().find("publish:") != std::string::npos; }));
    const Cancel cancel;
    const auto found =
        probe_ingest(open_rtmp_source, {.url = nginx.url("live"), .span = 2500ms}, cancel);
    REQUIRE(std::holds_alternative<Probe>(found));
    const Probe& probe = std::get<Probe>(found);
    REQUIRE(probe.video);
    REQUIRE(probe.audio);
    CHECK(probe.video->codec == "h264");
    CHECK(probe.video->profile == "Constrained Baseline");
    CHECK(probe.video->width == 160);
    CHECK(probe.video->height == 120);
    CHECK(probe.video->fps == doctest::Approx(10).epsilon(0.05));
    REQUIRE(probe.video->keyframe_interval_s);
    CHECK(*probe.video->keyframe_interval_s == doctest::Approx(1).epsilon(0.05));
    CHECK(probe.video->has_b_frames == false);
    CHECK(probe.video->bitrate_kbps > 10);
    CHECK(probe.audio->codec == "aac");
    CHECK(probe.audio->profile == "LC");
    CHECK(probe.audio->sample_rate == 44100);
    CHECK(probe.audio->channels == 1);
    CHECK(probe.audio->bitrate_kbps > 20);
    CHECK(probe.to_keyframe);
    CHECK(probe.watched >= 2s);
}

TEST_CASE("probe: nobody publishes, nothing listens, and Ctrl-C") {
    const TempFolder folder;
    Nginx nginx(folder);
    const Cancel never;
    bool is_told = false;
    auto begin = SteadyClock::now();
    auto found = probe_ingest(
        open_rtmp_source,
        {.url = nginx.url("live"), .span = 200ms, .on_no_publisher = [&] { is_told = true; }},
        never);
    CHECK(std::get<SessionEnd>(found).code == EndCode::no_publisher);
    CHECK(is_told);
    CHECK(SteadyClock::now() - begin < 2s);
    found = probe_ingest(open_rtmp_source,
                         {.url = fmt::format("rtmp://127.0.0.1:{}/live", free_port())}, never);
    CHECK(std::get<SessionEnd>(found).code == EndCode::ingest_down);
    const SilentServer silent;
    found = probe_ingest(
        open_rtmp_source,
        {.url = fmt::format("rtmp://127.0.0.1:{}/live", silent.port()), .span = 200ms}, never);
    CHECK(std::get<SessionEnd>(found).code == EndCode::ingest_down);
    Cancel cancel;
    auto running = std::async(std::launch::async, [&] {
        return probe_ingest(open_rtmp_source, {.url = nginx.url("live"), .span = 60s}, cancel);
    });
    begin = SteadyClock::now();
    cancel.request();
    CHECK(std::get<SessionEnd>(running.get()).code == EndCode::stopped);
    CHECK(SteadyClock::now() - begin < 250ms);
}

TEST_CASE("features: this FFmpeg has what restream needs") {
    const AvFeatures found = av_features();
    CHECK_FALSE(found.version.empty());
    CHECK(found.has_srt);
    CHECK(found.missing.empty());
}
