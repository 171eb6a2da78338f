// The self-test's own parts: its picture, its figures, what it prints.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "flv/sequence_header.hpp"
#include "selftest/figures.hpp"
#include "selftest/picture.hpp"
#include "selftest/report.hpp"

namespace restream::test {

using namespace selftest;
using std::chrono::milliseconds;

namespace {

const SteadyTime begin{std::chrono::seconds(1000)};

Arrival arrival(Arrival::What what, std::uint32_t number, int late_ms) {
    return {what, number, begin, begin + milliseconds(late_ms)};
}

std::vector<std::uint8_t> bytes_of(const Tag& tag) {
    return {tag.bytes().begin(), tag.bytes().end()};
}

/// The NAL units behind a tag's header; nothing where their lengths do not fit.
std::vector<std::vector<std::uint8_t>> units_of(const Tag& tag) {
    std::vector<std::vector<std::uint8_t>> units;
    auto rest = tag.bytes().subspan(5);
    while (!rest.empty()) {
        if (rest.size() < 4) return {};
        std::size_t size = 0;
        for (const auto each : rest.first(4)) size = size << 8 | each;
        if (rest.size() - 4 < size) return {};
        units.emplace_back(rest.begin() + 4, rest.begin() + 4 + static_cast<std::ptrdiff_t>(size));
        rest = rest.subspan(4 + size);
    }
    return units;
}

StepResult step(Verdict verdict, std::string words, std::string remedy = "") {
    return {"states",
            "states",
            {verdict, std::move(words), std::move(remedy), {{"live_ms", 12.34567}}},
            milliseconds(1234)};
}

Report two_steps() {
    Report report;
    report.steps = {step(Verdict::passed, "live"), step(Verdict::failed, "not live", "a nap")};
    report.stalled = Effect{{300, 0, 1, 1.9, 3}, {500, 2, 1, 2.04, 3}};
    report.lasted = milliseconds(31'400);
    return report;
}

}  // namespace

TEST_CASE("self-test's picture: headers tell its codecs, size and rates") {
    const auto tags = headers();
    REQUIRE(tags.size() == 3);
    CHECK(is_metadata(tags[0]));
    CHECK(announces_video(tags[0]));
    const MediaFacts video = read_media_facts(tags[1].type, tags[1].bytes());
    REQUIRE(video.video);
    CHECK(video.video->codec == "h264");
    CHECK(video.video->width == 320);
    CHECK(video.video->height == 180);
    CHECK(video.video->fps == pictures_per_second);
    CHECK(video.video->b_frames == false);
    const MediaFacts audio = read_media_facts(tags[2].type, tags[2].bytes());
    REQUIRE(audio.audio);
    CHECK(audio.audio->codec == "aac");
    CHECK(audio.audio->sample_rate_hz == 48'000);
    CHECK(audio.audio->channels == 2);
}

TEST_CASE("self-test's picture: a keyframe each second, and 6 Mbit/s") {
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < 2 * pictures_per_second; ++i) {
        const Tag tag = picture(RtmpTime(i * 33), {i, begin});
        bytes += tag.bytes().size();
        const auto facts = video_facts(tag.bytes());
        REQUIRE(facts);
        CHECK(facts->is_keyframe == (i % pictures_per_group == 0));
        const auto units = units_of(tag);
        REQUIRE(units.size() == 3);
        CHECK((units[0][0] & 31) == 6);
        CHECK((units[1][0] & 31) == (facts->is_keyframe ? 5 : 1));
        CHECK((units[2][0] & 31) == 12);
        for (const auto& unit : units) {
            const std::vector<std::uint8_t> zeros = {0, 0};
            CHECK(std::ranges::search(unit, zeros).empty());
        }
    }
    CHECK(bytes * 8 / 2 > 5'500'000);
    CHECK(bytes * 8 / 2 < 6'500'000);
}

TEST_CASE("self-test's picture: pictures of a group are numbered as H.264 wants it") {
    const auto frame_num = [](std::uint32_t number) {
        const auto slice = units_of(picture({}, {number, begin})).at(1);
        return (slice[1] & 1) << 3 | slice[2] >> 5;
    };
    for (std::uint32_t i = 1; i < pictures_per_group; ++i) CHECK(frame_num(i) == int(i % 16));
}

TEST_CASE("self-test's picture: a message tells its number and when it was sent") {
    for (const std::uint32_t number : {0u, 1u, 29u, 30u, 4'294'967'295u}) {
        const Stamp stamp{number, begin + std::chrono::nanoseconds(123'456'789)};
        CHECK(stamp_of(picture({}, stamp)) == stamp);
        CHECK(stamp_of(sound({}, stamp)) == stamp);
    }
}

TEST_CASE("self-test's picture: what carries no stamp has none") {
    for (const Tag& each : headers()) CHECK_FALSE(stamp_of(each));
    for (const Tag& whole : {picture({}, {7, begin}), sound({}, {7, begin})}) {
        auto bytes = bytes_of(whole);
        CHECK_FALSE(stamp_of(make_tag(TagType::script, {}, bytes)));
        for (const std::size_t length : {0, 1, 4, 5, 11, 12, 20, 40}) {
            CHECK_FALSE(stamp_of(make_tag(whole.type, {}, std::span(bytes).first(length))));
        }
        const std::size_t mark_at = whole.type == TagType::video ? 12 : 4;
        for (const std::size_t at : {mark_at, mark_at + 15, mark_at + 16, mark_at + 39}) {
            auto damaged = bytes;
            damaged[at] = 'x';
            CHECK_FALSE(stamp_of(make_tag(whole.type, {}, damaged)));
        }
    }
}

TEST_CASE("self-test's figures: the value below which a share of all lies") {
    CHECK(percentile({}, 0.5) == 0);
    CHECK(percentile({7}, 0) == 7);
    CHECK(percentile({7}, 1) == 7);
    CHECK(percentile({4, 1, 3, 2}, 0.5) == 2);
    CHECK(percentile({4, 1, 3, 2}, 0.99) == 4);
    CHECK(percentile({4, 1, 3, 2}, 2) == 4);
    CHECK(percentile({4, 1, 3, 2}, -1) == 1);
    std::vector<double> hundred;
    for (int i = 100; i > 0; --i) hundred.push_back(i);
    CHECK(percentile(hundred, 0.99) == 99);
}

TEST_CASE("self-test's figures: what was published and did not come is lost") {
    using What = Arrival::What;
    const std::vector<Arrival> all = {arrival(What::picture, 9, 900),  // before
                                      arrival(What::picture, 10, 1),
                                      arrival(What::picture, 12, 3),
                                      arrival(What::picture, 12, 800),  // once more
                                      arrival(What::picture, 13, 700),  // behind
                                      arrival(What::sound, 20, 5)};
    const Lateness found = lateness(all, {10, 20}, {13, 22});
    CHECK(found == Lateness{5, 2, 3, 5, 5});
    CHECK(lateness(all, {10, 20}, {10, 20}) == Lateness{});
    CHECK(lateness({}, {0, 0}, {3, 0}) == Lateness{3, 3, 0, 0, 0});
}

TEST_CASE("self-test's report: one line a step, in words where there is no terminal") {
    CHECK(to_text(step(Verdict::passed, "waiting, live"), {.width = 1000}) ==
          "ok   states       waiting, live\n");
    CHECK(to_text(step(Verdict::skipped, "no ingest"), {.width = 1000}) ==
          "skip states       no ingest\n");
    CHECK(to_text(step(Verdict::failed, "not live", "a nap"), {.width = 1000}) ==
          "FAIL states       not live\n"
          "                  what helps: a nap\n");
}

TEST_CASE("self-test's report: signs on a terminal, in colour where that is wanted") {
    CHECK(to_text(step(Verdict::passed, "live"), {.has_signs = true}) == "✓ states       live\n");
    CHECK(to_text(step(Verdict::failed, "no"), {.has_signs = true, .has_colour = true}) ==
          "\x1b[31m✗\x1b[0m states       no\n");
}

TEST_CASE("self-test's report: no line is longer than the terminal is wide") {
    const StepResult wordy = step(Verdict::failed,
                                  "the good one lost 0 of 539 messages; p50/p99/max 1.1/4.7/6.8 ms "
                                  "before, 1.0/3.9/4.7 ms during",
                                  "run it again while this machine is idle");
    for (const int width : {40, 46, 60, 80, 120}) {
        CAPTURE(width);
        std::string text = to_text(wordy, {.width = width}) +
                           closing_text(two_steps(), {.width = width}) +
                           progress_text(0.5, "nothing left", width) + "\n";
        while (!text.empty()) {
            const auto end = text.find('\n');
            REQUIRE(end != std::string::npos);
            CHECK_MESSAGE(end <= static_cast<std::size_t>(width), text.substr(0, end));
            text.erase(0, end + 1);
        }
    }
    // Where there is no room at all it is still told.
    CHECK(to_text(wordy, {.width = 0}).find("539") != std::string::npos);
    CHECK(to_text(wordy, {.width = -5}).find("539") != std::string::npos);
}

TEST_CASE("self-test's report: the last words are the measured effect") {
    CHECK(closing_text(two_steps(), {.width = 1000}) ==
          "a stalled destination beside it cost the good one 2 of 500 messages; p99 1.9 ms before, "
          "2.0 ms during\n"
          "1 of 2 steps passed, in 31 s\n");
    Report good = two_steps();
    good.steps.pop_back();
    good.stalled.reset();
    CHECK(closing_text(good, {}) == "all 1 steps passed, in 31 s\n");
    CHECK(good.has_passed());
    CHECK_FALSE(two_steps().has_passed());
    CHECK_FALSE(Report{}.has_passed());
    // What the system cannot do is no failure.
    good.steps.push_back(step(Verdict::skipped, "this system refuses socket filters"));
    CHECK(good.has_passed());
    CHECK(closing_text(good, {}) == "1 of 2 steps passed, 1 skipped, in 31 s\n");
}

TEST_CASE("self-test's report: one JSON document") {
    Report report = two_steps();
    report.steps[0].outcome.words = "not UTF-8: \xff";
    const auto json = nlohmann::json::parse(to_json(report));
    CHECK(json["schema"] == 1);
    CHECK(json["passed"] == false);
    CHECK(json["duration_ms"] == 31'400);
    REQUIRE(json["steps"].size() == 2);
    CHECK(json["steps"][0]["verdict"] == "passed");
    CHECK(json["steps"][0]["remedy"].is_null());
    CHECK(json["steps"][0]["figures"]["live_ms"] == 12.346);
    CHECK(json["steps"][1]["name"] == "states");
    CHECK(json["steps"][1]["duration_ms"] == 1234);
    CHECK(json["steps"][1]["message"] == "not live");
    CHECK(json["steps"][1]["remedy"] == "a nap");
    CHECK(json["effect"]["stalled"]["during"]["lost"] == 2);
    CHECK(json["effect"]["vanished"].is_null());
}

TEST_CASE("self-test's progress: a bar that is never out of its bounds") {
    CHECK(progress_text(0, "states", 80) == "[........................]   0 % states");
    CHECK(progress_text(1, "states", 80) == "[########################] 100 % states");
    CHECK(progress_text(0.999, "", 80).find(" 99 %") != std::string::npos);
    CHECK(progress_text(-1, "states", 80) == progress_text(0, "states", 80));
    CHECK(progress_text(7, "states", 80) == progress_text(1, "states", 80));
}

}  // namespace restream::test
