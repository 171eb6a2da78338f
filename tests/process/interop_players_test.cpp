// Players that others wrote, at the embedded ingest.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "process/patience.hpp"
#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using std::chrono::seconds;

TEST_SUITE_BEGIN("interop_players");

namespace {

/// Of the footage that is published: the next keyframe is so far from the first one.
constexpr seconds gop(8);

CommandLine player_program(const char* name, std::vector<std::string> arguments) {
    const auto found = find_in_path(name);
    REQUIRE_MESSAGE(found, name << " is missing: see scripts/packages.sh");
    return {*found, std::move(arguments)};
}

CommandLine ffmpeg(const std::string& url, const fs::path& into) {
    return player_program("ffmpeg", {"-nostdin", "-hide_banner", "-loglevel", "error", "-i", url,
                                     "-c", "copy", "-flush_packets", "1", "-f", "flv", into});
}

/// It insists on a playpath; this one is none.
CommandLine rtmpdump(const World& world, const fs::path& into) {
    return player_program("rtmpdump", {"--quiet", "--live", "--protocol", "0", "--host",
                                       "127.0.0.1", "--port", std::to_string(world.ingest_port()),
                                       "--app", "live", "--playpath", "/", "--flv", into});
}

std::uintmax_t size_of(const fs::path& file) {
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    return error ? 0 : bytes;
}

/// Plays in the middle of a GOP: the picture is there from its keyframe on, long before the next
/// one, and goes on.
void check_plays_late(Scene& scene, const SteadyTime published, const CommandLine& line,
                      const fs::path& film) {
    CommandRun player(line);
    const bool has_begun =
        wait_until(Patience(gop), [&] { return size_of(film) > 20'000 || player.has_ended(); });
    const auto begun_after = SteadyClock::now() - published;
    CHECK_MESSAGE(has_begun, player.error());
    CHECK(begun_after < gop);
    wait_until(Patience(seconds(20)),
               [&] { return size_of(film) > 200'000 || player.has_ended(); });
    CHECK_MESSAGE(!player.has_ended(), player.error());
    player.interrupt();
    player.wait(seconds(5));
    const Recording recording = decode(film);
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
    CHECK_MESSAGE(recording.errors.empty(), recording.describe());
    const double span_s = recording.last_video_s - recording.first_video_s;
    CHECK_MESSAGE(span_s == doctest::Approx((recording.video_frames - 1) / 30.0).epsilon(0.02),
                  recording.describe());
    CHECK(scene.publisher->runs());
}

}  // namespace

TEST_CASE("interop: ffmpeg and rtmpdump play, from the last keyframe at once") {
    Scene scene(IngestServer::embedded);
    const auto published = SteadyClock::now();
    scene.publish(Footage::long_gop);
    // Well inside the GOP: all that is there by now comes from before.
    REQUIRE(wait_until(Patience(seconds(5)),
                       [&] { return SteadyClock::now() - published > seconds(1); }));
    const fs::path folder = scene.world.home();
    SUBCASE("ffmpeg") {
        check_plays_late(scene, published, ffmpeg(scene.world.ingest_url(), folder / "a.flv"),
                         folder / "a.flv");
    }
    SUBCASE("rtmpdump") {
        check_plays_late(scene, published, rtmpdump(scene.world, folder / "b.flv"),
                         folder / "b.flv");
    }
}

TEST_CASE("interop: rtmpdump hears that the publisher left") {
    Scene scene(IngestServer::embedded);
    scene.publish(Footage::short_gop);
    const fs::path film = scene.world.home() / "film.flv";
    CommandRun player(rtmpdump(scene.world, film));
    REQUIRE(wait_until(Patience(seconds(10)), [&] { return size_of(film) > 20'000; }));
    scene.publisher->stop();
    // It takes the news for the end.
    CHECK(wait_until(Patience(seconds(10)), [&] { return player.has_ended(); }));
    const Recording recording = decode(film);
    CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
    CHECK_MESSAGE(recording.errors.empty(), recording.describe());
}

TEST_SUITE_END();

}  // namespace restream::test
