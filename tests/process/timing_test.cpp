// Publishers whose tracks are apart, and whose sequence headers change while they publish.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <thread>

#include "flv/frame.hpp"
#include "flv/setup_tags.hpp"
#include "process/footage.hpp"
#include "process/recording.hpp"
#include "process/rtmp_tags.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("timing");

namespace {

/// A tag, and when it is sent.
struct Due {
    Tag tag;
    Milliseconds at;
};

/// Publishes in real time, on a thread of its own, until it has sent all.
class Pace {
  public:
    Pace(const std::string& url, std::vector<Due> all)
        : publisher_(url), thread_([this, all = std::move(all)] {
              if (!publisher_.wait_accepted()) return;
              const auto begun = SteadyClock::now();
              for (const Due& each : all) {
                  wait_until(Deadline(begun + each.at), [&] { return bool(publisher_.ending()); });
                  if (!publisher_.send({each.tag})) return;
              }
              is_through_ = true;
          }) {}
    ~Pace() {
        if (thread_.joinable()) thread_.join();
    }
    Pace(const Pace&) = delete;
    Pace& operator=(const Pace&) = delete;

    /// Waits for the end, and says goodbye. False where it was cut off.
    bool finish() {
        thread_.join();
        publisher_.finish();
        return is_through_;
    }

  private:
    TagPublisher publisher_;
    bool is_through_ = false;
    std::thread thread_;
};

std::vector<Tag> frames_of(const std::vector<Tag>& tags) {
    std::vector<Tag> frames;
    std::ranges::copy_if(tags, std::back_inserter(frames), is_frame);
    return frames;
}

/// The seconds that a playlist's segments last together.
double listed_seconds(const fs::path& playlist) {
    std::ifstream file(playlist);
    double seconds = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("#EXTINF:")) seconds += std::strtod(line.c_str() + 8, nullptr);
    }
    return seconds;
}

/// What went in comes out once, in order, and moved by one constant.
void check_moved_by_one_constant(const std::vector<Tag>& sent, const std::vector<Tag>& got) {
    REQUIRE_FALSE(got.empty());
    const auto first = std::ranges::find(sent, true, [&](const Tag& each) {
        return std::ranges::equal(each.bytes(), got[0].bytes());
    });
    REQUIRE(first != sent.end());
    const std::uint32_t constant = first->time.ms() - got[0].time.ms();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(first + static_cast<std::ptrdiff_t>(i) < sent.end());
        const Tag& was = *(first + static_cast<std::ptrdiff_t>(i));
        const bool is_same = std::ranges::equal(was.bytes(), got[i].bytes()) &&
                             was.time.ms() - got[i].time.ms() == constant;
        wrong += !is_same;
    }
    CHECK(wrong == 0);
    CHECK(got.back().payload.size() == sent.back().payload.size());
}

}  // namespace

TEST_CASE(
    "timing: sound that is ahead or behind stays so; a session lasts as long as it was sent") {
    constexpr std::int32_t sent_ms = 9'000;
    const auto plain = footage_tags(Footage::short_gop, sent_ms);
    for (const std::int32_t distance : {2'000, -2'000, 60'000}) {
        CAPTURE(distance);
        World world(IngestServer::embedded);
        const TagServer platform;
        world.must({"ingest", "start"});
        world.add("youtube", platform.url(), "k3y");
        const fs::path file = world.home() / "one.mkv";
        world.add("archive", "file:" + file.string());
        const fs::path playlist = world.home() / "www/live.m3u8";
        world.add("web", "file:" + playlist.string());
        std::vector<Tag> sent;
        std::vector<Due> all;
        for (const Tag& each : plain) {
            Tag tag = each;
            tag.time = RtmpTime(4'000'000'000U)
                           .plus(static_cast<std::int32_t>(each.time.ms()) +
                                 (each.type == TagType::audio ? distance : 0));
            sent.push_back(tag);
            all.push_back({tag, Milliseconds(each.time.ms())});
        }
        Pace publisher(world.ingest_url(), all);
        REQUIRE(world.wait_ingest("live"));
        world.must({"enable", "--all"});
        CHECK(publisher.finish());
        for (const std::string name : {"youtube", "archive", "web"}) {
            const json part = world.status(name);
            CHECK_MESSAGE(part["reconnects"] == 0, part.dump());
            CHECK_MESSAGE(part["session"]["dropped_messages"] == 0, part.dump());
        }
        CHECK(platform.wait_for([&](const auto& sessions) {
            return !sessions.empty() &&
                   std::ranges::equal(sessions[0].tags.back().bytes(), sent.back().bytes());
        }));
        world.must({"disable", "--all"});
        const auto sessions = platform.sessions();
        REQUIRE(sessions.size() == 1);
        check_moved_by_one_constant(frames_of(sent), frames_of(sessions[0].tags));
        const Recording recording = decode(file);
        CHECK_MESSAGE(recording.errors.empty(), recording.describe());
        CHECK(recording.has_picture_and_sound());
        // Where the sound is behind, the picture begins later by as much; ffprobe's guess of the
        // first decoding time does not know that.
        const double lead = std::max(0, -distance) / 1000.0;
        const double seconds = recording.last_video_s - lead;
        CHECK_MESSAGE(seconds > 3, recording.describe());
        CHECK_MESSAGE(seconds < sent_ms / 1000.0 + 0.1, recording.describe());
        // No picture is missing, and none comes late: there are 30 in a second.
        CHECK_MESSAGE(std::abs(seconds - recording.video_frames / 30.0) < 0.5,
                      recording.describe());
        CHECK(std::abs(listed_seconds(playlist) - seconds) < 3);
        int files = 0;
        for (const auto& each : fs::directory_iterator(playlist.parent_path())) {
            files += each.is_regular_file();
        }
        CHECK(files <= 5);  // of 4 s each, and the list
    }
}

TEST_CASE("timing: a header that changes before its keyframe begins one more session, with that") {
    constexpr std::uint32_t interval_ms = 20;
    for (const bool has_sound : {false, true}) {
        CAPTURE(has_sound);
        World world(IngestServer::embedded);
        const TagServer platform;
        world.must({"ingest", "start"});
        world.add("youtube", platform.url(), "k3y", "on_track_change = \"reconnect\"\n");
        world.add("archive", "file:" + (world.home() / "files/%H%M%S.flv").string());
        const auto headers = plain_headers();
        // Another level in the parameter set: the same size.
        std::vector<std::uint8_t> changed(headers[1].bytes().begin(), headers[1].bytes().end());
        changed[8] ^= 0x01;
        std::vector<Due> all;
        std::vector<Tag> frames;
        for (const Tag& each : headers) {
            if (each.type == TagType::audio && !has_sound) continue;
            all.push_back({each, 0ms});
        }
        // A keyframe each second; the header changes 160 ms before the last but two.
        const std::uint32_t count = 600, changes_at = 442;
        for (std::uint32_t number = 0; number < count; ++number) {
            const Milliseconds at(number * interval_ms);
            Tag tag = numbered_tag(number);
            tag.time = RtmpTime(number * interval_ms);
            if (number == changes_at) {
                all.push_back({make_tag(TagType::video, tag.time, changed), at});
            }
            if (tag.type == TagType::audio && !has_sound) continue;
            all.push_back({tag, at});
        }
        Pace publisher(world.ingest_url(), all);
        REQUIRE(world.wait_ingest("live"));
        world.must({"enable", "--all", "--timeout", "10s"});
        CHECK(publisher.finish());
        const auto number_in = [](const Tag& tag) { return number_of(tag).value_or(0); };
        const std::uint32_t last = has_sound ? count - 1 : count - 2;
        CHECK(platform.wait_for([&](const auto& sessions) {
            return !sessions.empty() && !sessions.back().tags.empty() &&
                   number_in(sessions.back().tags.back()) == last;
        }));
        const json part = world.status("archive");
        CHECK_MESSAGE(part["reconnects"] == 1, part.dump());
        world.must({"disable", "--all"});
        const auto sessions = platform.sessions();
        REQUIRE(sessions.size() == 2);
        // Nothing is missing, nothing comes twice; the second one begins with the keyframe.
        std::vector<Tag> carried;
        for (const auto& session : sessions) {
            const auto its = frames_of(session.tags);
            carried.insert(carried.end(), its.begin(), its.end());
            REQUIRE_FALSE(its.empty());
            CHECK(number_in(its.front()) % 50 == 0);
            const auto is_changed = [&](const Tag& each) {
                return std::ranges::equal(each.bytes(), changed);
            };
            CHECK(std::ranges::any_of(session.tags, is_changed) == (&session == &sessions[1]));
        }
        CHECK(number_in(frames_of(sessions[1].tags).front()) == 450);
        for (std::size_t i = 1; i < carried.size(); ++i) {
            REQUIRE(number_in(carried[i]) == number_in(carried[i - 1]) + (has_sound ? 1 : 2));
        }
        int files = 0;
        for (const auto& each : fs::directory_iterator(world.home() / "files")) {
            files += each.is_regular_file();
        }
        CHECK(files == 2);
    }
}

TEST_SUITE_END();

}  // namespace restream::test
