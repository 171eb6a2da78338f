// The probe: what it says of an ingest, and that it ends in time.
#include "worker/probe.hpp"

#include <doctest/doctest.h>

#include "unit/fake_ends.hpp"
#include "unit/sequence_headers.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// An ingest, and the probe that looks at it for a moment.
struct Look {
    FakeIngest ingest;
    ProbeRequest request{.url = "rtmp://ingest/live",
                         .span = 30ms,
                         .longest_keyframe_wait = 2s,
                         .least_opening = 30ms,
                         .on_no_publisher = [this] { ++told; }};
    Loop loop;
    Cancel cancel;
    int told = 0;
    Milliseconds took{0};

    std::variant<Probe, SessionEnd> look() {
        const SteadyTime begin = SteadyClock::now();
        auto found = probe_ingest(ingest.opener(), request, loop, cancel);
        took = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
        CHECK(ingest.open == 0);
        return found;
    }
    EndCode end() { return std::get<SessionEnd>(look()).code; }
    /// Nothing arrives for so long.
    void silence(Milliseconds span) {
        ingest.until([span, from = std::optional<SteadyTime>()]() mutable {
            if (!from) from = SteadyClock::now();
            return SteadyClock::now() - *from >= span;
        });
    }
    void later(std::vector<Tag> tags) {
        ingest.then([this, tags = std::move(tags)] { ingest.arrive(tags); });
    }
};

Tag video_header() { return tag(TagType::video, 0, with_header(flv_avc, avc_main_no_b)); }
Tag sound_header() { return tag(TagType::audio, 0, with_header(flv_aac, aac_lc)); }

/// 3 s of 25 fps in GOPs of 2 s.
std::vector<Tag> three_seconds() {
    std::vector<Tag> tags = {metadata(), video_header(), sound_header()};
    for (std::uint32_t ms = 0; ms < 3000; ms += 40) {
        tags.push_back(ms % 2000 == 0 ? keyframe(ms) : inter(ms));
        tags.push_back(audio(ms));
    }
    return tags;
}

}  // namespace

TEST_CASE("probe: tells what arrives, also where it arrives at once") {
    Look look;
    look.ingest.arrive(three_seconds());
    const auto found = look.look();
    REQUIRE(std::holds_alternative<Probe>(found));
    const Probe& probe = std::get<Probe>(found);
    REQUIRE(probe.media.video);
    CHECK(probe.media.video->codec == "h264");
    CHECK(probe.media.video->profile == "Main");
    CHECK(probe.media.video->width == 1280);
    CHECK(probe.media.video->fps == 25);
    CHECK(probe.media.video->keyframe_interval_s == 2);
    CHECK(probe.media.video->b_frames == false);
    REQUIRE(probe.media.audio);
    CHECK(probe.media.audio->profile == "LC");
    CHECK(probe.media.audio->sample_rate_hz == 48000);
    CHECK(probe.video_messages == 75);
    CHECK(probe.audio_messages == 75);
    CHECK(probe.messages == 153);
    CHECK(probe.to_keyframe);
    CHECK(probe.watched >= 30ms);
    CHECK(look.told == 0);
}

TEST_CASE("probe: the span begins with the first keyframe, where a picture is to come") {
    struct Case {
        const char* name;
        std::vector<Tag> first;
        bool waits;
    };
    const std::string avc = std::string("\x00\x0cvideocodecid\x00", 15);
    const std::vector<Case> table = {
        {"a sequence header", {video_header(), audio(0)}, true},
        {"a frame", {inter(0), audio(0)}, true},
        {"a promise", {metadata(avc + std::string("\x40\x1c\0\0\0\0\0\0", 8)), audio(0)}, true},
        {"no promise", {metadata(avc + std::string("\0\0\0\0\0\0\0\0", 8)), audio(0)}, false},
        {"only sound", {sound_header(), audio(0)}, false},
    };
    for (const auto& each : table) {
        CAPTURE(std::string(each.name));
        Look look;
        look.ingest.arrive(each.first);
        look.silence(each.waits ? 60ms : 10s);  // longer than the span
        look.later({keyframe(100)});
        const auto found = look.look();
        REQUIRE(std::holds_alternative<Probe>(found));
        CHECK(std::get<Probe>(found).to_keyframe.has_value() == each.waits);
        CHECK(look.took >= (each.waits ? 90ms : 30ms));
        CHECK(look.took < 10s);
    }
}

TEST_CASE("probe: a keyframe that never comes is waited for only so long") {
    Look look;
    look.request.longest_keyframe_wait = 60ms;
    look.ingest.arrive({video_header(), inter(0)});
    const auto found = look.look();
    REQUIRE(std::holds_alternative<Probe>(found));
    CHECK_FALSE(std::get<Probe>(found).to_keyframe);
    CHECK(std::get<Probe>(found).media.video->width == 1280);
    CHECK(look.took >= 60ms);
}

TEST_CASE("probe: what was seen counts, whatever comes then") {
    for (const bool publisher_left : {true, false}) {
        Look look;
        look.request.span = 60s;
        look.ingest.arrive(three_seconds());
        if (publisher_left) {
            look.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
        } else {
            look.ingest.end(EndCode::ingest_gone);
        }
        const auto found = look.look();
        REQUIRE(std::holds_alternative<Probe>(found));
        CHECK(std::get<Probe>(found).video_messages == 75);
        CHECK(look.took < 10s);
    }
}

TEST_CASE("probe: why nothing could be read") {
    Look nobody;
    nobody.ingest.has_no_publisher = true;
    CHECK(nobody.end() == EndCode::no_publisher);
    CHECK(nobody.told == 1);
    Look server_words;  // a server's own data message is no publisher's
    server_words.ingest.has_no_publisher = true;
    server_words.ingest.arrive({script(std::string("\x02\x00\x11|RtmpSampleAccess", 20))});
    CHECK(server_words.end() == EndCode::no_publisher);
    Look silent;
    CHECK(silent.end() == EndCode::ingest_down);
    for (const EndCode code : {EndCode::ingest_down, EndCode::ingest_refused}) {
        Look ended;
        ended.ingest.end(code);
        CHECK(ended.end() == code);
    }
    Look late;  // the publisher comes while it waits
    late.request.least_opening = 5s;
    late.ingest.has_no_publisher = true;
    late.silence(120ms);
    late.later(three_seconds());
    CHECK(std::holds_alternative<Probe>(late.look()));
    CHECK(late.told == 1);
}

TEST_CASE("probe: ends at once when it is cancelled") {
    Look look;
    look.request.span = 60s;
    look.ingest.arrive(three_seconds());
    look.ingest.then([&] { look.cancel.request(); });
    CHECK(look.end() == EndCode::stopped);
    Look waiting;
    waiting.request.span = 60s;
    waiting.ingest.then([&] { waiting.cancel.request(); });
    CHECK(waiting.end() == EndCode::stopped);
    CHECK(look.took + waiting.took < 10s);
}
