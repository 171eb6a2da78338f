// The intake: what a session sees of an ingest that comes, goes and comes back.
#include "worker/intake.hpp"

#include <doctest/doctest.h>

#include "unit/fake_ends.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{1h};

/// An intake and what stands behind it; time is what the test says.
struct Scene {
    Loop loop;
    FakeIngest ingest;
    OpenSource open = ingest.opener();
    Intake intake{open, {"rtmp://ingest/live", 2s, 1'000'000}, loop};

    void arrive(std::vector<Tag> tags, SteadyTime now = start) {
        ingest.arrive(std::move(tags));
        intake.take(now);
    }
    /// "B" and the number of its tags, "T" and a time, "L", each until there is nothing.
    std::string events() {
        std::string all;
        for (;;) {
            auto event = intake.next();
            if (const auto* begun = std::get_if<Intake::Begun>(&event))
                all += "B" + std::to_string(begun->prefix.size()) + " ";
            else if (const auto* arrived = std::get_if<Intake::Arrived>(&event))
                all += "T" + std::to_string(arrived->tag.time.ms()) + " ";
            else if (const auto* lost = std::get_if<Intake::Lost>(&event))
                all += "L:" + std::string(end_code_name(lost->why.code)) + " ";
            else
                return all;
        }
    }
    std::string obstacle() const {
        const auto& found = intake.obstacle();
        return found ? std::string(end_code_name(found->code)) : "";
    }
};

const std::vector<Tag> burst = {metadata(), avc_header(), aac_header(), keyframe(10),
                                audio(11),  inter(20),    audio(21),    inter(30)};

}  // namespace

TEST_CASE("intake: opens nothing before it is asked, and tells what it waits for") {
    Scene scene;
    CHECK(scene.ingest.opened == 0);
    CHECK(scene.obstacle().empty());
    scene.intake.take(start);
    CHECK(scene.ingest.opened == 1);
    CHECK(scene.obstacle().empty());  // not known yet
    CHECK(scene.intake.next_turn(start) < start + 1s);
    scene.ingest.has_no_publisher = true;
    scene.intake.take(start + 1s);
    CHECK(scene.obstacle() == "no_publisher");
    CHECK(scene.intake.next_turn(start + 1s) == SteadyTime::max());
    scene.ingest.has_no_publisher = false;
    scene.arrive({avc_header(), aac_header(), inter(5)});
    CHECK(scene.obstacle() == "waiting_for_keyframe");
    CHECK(scene.events().empty());
    scene.arrive({keyframe(10)});
    CHECK(scene.obstacle().empty());
    CHECK(scene.events() == "B3 ");
}

TEST_CASE("intake: data messages that are the server's own are no sign of a publisher") {
    Scene scene;
    scene.ingest.has_no_publisher = true;
    scene.arrive({script(std::string("\x02\x00\x11|RtmpSampleAccess", 20))});
    CHECK(scene.obstacle() == "no_publisher");
}

TEST_CASE("intake: what the ingest had stored comes whole, at once and in order") {
    Scene scene;
    scene.arrive(burst);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 ");
    CHECK(scene.intake.dropped() == 0);
}

TEST_CASE("intake: tells that it waits for sound only, or for a picture") {
    Scene scene;
    scene.arrive({avc_header(), keyframe(0), inter(40)});
    CHECK(scene.obstacle() == "waiting_for_sound");
    scene.arrive({keyframe(2000)}, start + 2s);
    CHECK(scene.obstacle().empty());
    CHECK(scene.intake.only() == TagType::video);
    Scene sound;
    sound.arrive({aac_header(), audio(0)});
    CHECK(sound.obstacle() == "waiting_for_picture");
}

TEST_CASE("intake: the next session begins with a tag of this one, and the headers before it") {
    Scene scene;
    scene.arrive(burst);
    const Tag header = tag(TagType::video, 40, {0x17, 0, 9, 9});
    scene.arrive({header, keyframe(50), audio(51), inter(60), keyframe(70), inter(80)});
    CHECK(std::holds_alternative<Intake::Begun>(scene.intake.next()));
    for (;;) {
        auto event = scene.intake.next();
        auto& arrived = std::get<Intake::Arrived>(event);
        if (arrived.tag.time.ms() == 50) {
            CHECK(arrived.begins);
            scene.intake.begin_next(std::move(arrived));
            break;
        }
    }
    CHECK(scene.intake.goes_on());
    const auto begun = std::get<Intake::Begun>(scene.intake.next());
    CHECK_FALSE(scene.intake.goes_on());
    REQUIRE(begun.prefix.size() == 4);
    CHECK(begun.prefix[1].payload == header.payload);
    CHECK(begun.prefix[3].time.ms() == 50);
    CHECK(std::get<Intake::Arrived>(scene.intake.next()).tag.time.ms() == 51);
    scene.intake.begin_next_later();
    CHECK(scene.events() == "B4 T80 ");
    scene.intake.begin_next_later();
    scene.arrive({inter(90), audio(91)});
    CHECK(scene.events().empty());
    scene.arrive({keyframe(100), inter(110)});
    CHECK(scene.events() == "B4 T110 ");
    CHECK(scene.ingest.opened == 1);
}

TEST_CASE("intake: tells what the publisher sends, until it leaves") {
    Scene scene;
    scene.intake.take(start);
    CHECK_FALSE(scene.intake.media(start));
    scene.arrive(burst);
    REQUIRE(scene.intake.media(start));
    CHECK(scene.intake.media(start)->video->codec == "h264");
    CHECK(scene.intake.media(start)->audio->sample_rate_hz == 44100);
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.intake.take(start);
    CHECK_FALSE(scene.intake.media(start));
    CHECK(scene.events().ends_with("L:ingest_gone "));
    scene.arrive({aac_header(), audio(5)});
    CHECK_FALSE(scene.intake.media(start)->video);
    scene.ingest.end(EndCode::ingest_gone);
    scene.intake.take(start);
    CHECK_FALSE(scene.intake.media(start));
}

TEST_CASE("intake: an ingest that ends is lost behind what waits, and is opened again") {
    Scene scene;
    scene.arrive(burst);
    scene.ingest.end(EndCode::ingest_gone);
    scene.intake.take(start);
    CHECK(scene.intake.is_lost());
    CHECK(scene.ingest.open == 0);
    CHECK(scene.obstacle() == "no_publisher");
    CHECK(scene.events() == "B4 T11 T20 T21 T30 L:ingest_gone ");
    CHECK_FALSE(scene.intake.is_lost());
    scene.intake.take(scene.intake.next_turn(start));
    CHECK(scene.ingest.opened == 2);
    scene.arrive({keyframe(40)}, start + 1s);
    CHECK(scene.events().empty());  // a new connection: its headers have to come first
    scene.arrive(burst, start + 1s);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 ");
}

TEST_CASE("intake: an ingest that cannot be opened is tried after 0.1 s, then up to 1 s") {
    Scene scene;
    SteadyTime now = start;
    std::vector<Milliseconds> waits;
    for (int i = 0; i < 6; ++i) {
        scene.ingest.end(EndCode::ingest_down);
        scene.intake.take(now);
        CHECK(scene.obstacle() == "ingest_down");
        const auto turn = scene.intake.next_turn(now);
        waits.push_back(std::chrono::duration_cast<Milliseconds>(turn - now));
        scene.intake.take(turn - 1ms);
        CHECK(scene.ingest.opened == i + 1);
        now = turn;
    }
    CHECK(waits == std::vector<Milliseconds>{100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms});
    CHECK(scene.events().empty());  // nothing had begun: nothing is lost
    scene.ingest.has_no_publisher = true;
    scene.intake.take(now);
    CHECK(scene.obstacle() == "no_publisher");
}

TEST_CASE("intake: an ingest that sends something and ends again and again is not opened faster") {
    Scene scene;
    SteadyTime now = start;
    for (int i = 0; i < 5; ++i) {
        scene.ingest.arrive(burst);
        scene.ingest.end(EndCode::ingest_gone);
        scene.intake.take(now);
        CHECK(scene.intake.next_turn(now) == now + 100ms);
        now += 100ms;
    }
}

TEST_CASE("intake: a publisher that leaves is lost, and the connection stays for the next one") {
    Scene scene;
    scene.arrive(burst);
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.ingest.has_no_publisher = true;
    scene.intake.take(start);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 L:ingest_gone ");
    CHECK(scene.obstacle() == "no_publisher");
    CHECK(scene.ingest.open == 1);
    scene.ingest.has_no_publisher = false;
    scene.arrive({keyframe(0)});  // without headers nobody can begin
    CHECK(scene.obstacle() == "waiting_for_keyframe");
    CHECK(scene.events().empty());
    scene.arrive(burst);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 ");
    CHECK(scene.ingest.opened == 1);
}

TEST_CASE("intake: nothing new begins before the loss was fetched") {
    Scene scene;
    scene.arrive(burst);
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.arrive(burst);
    CHECK(scene.intake.is_lost());
    CHECK(scene.events() == "B4 T11 T20 T21 T30 L:ingest_gone ");
    scene.arrive({keyframe(50), inter(60)});
    CHECK(scene.events() == "B4 T11 T20 T21 T30 T50 T60 ");
}

TEST_CASE("intake: a publisher that follows the last one at once begins with its first keyframe") {
    Scene scene;
    scene.arrive(burst);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 ");
    scene.ingest.arrive({inter(40)});
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.arrive(burst, start + 1s);
    CHECK(scene.events() == "T40 L:ingest_gone ");
    CHECK(scene.intake.next_turn(start + 1s) == start + 1s);
    scene.intake.take(start + 1s);
    CHECK(scene.events() == "B4 T11 T20 T21 T30 ");
    CHECK(scene.intake.next_turn(start + 1s) > start + 1s);
}

TEST_CASE("intake: a publisher that stops sending is silent, and is not with its next message") {
    Scene scene;
    scene.arrive(burst);
    scene.arrive({audio(40), audio(61), inter(63)}, start + 40ms);
    const SteadyTime last = start + 40ms;
    CHECK(scene.intake.silence(last + 1400ms) == Silence::none);
    CHECK(scene.intake.next_turn(last) == last + 1500ms);
    CHECK(scene.intake.silence(last + 1500ms) == Silence::everything);
    CHECK(scene.intake.last_picture() == last);
    CHECK(scene.intake.next_turn(last + 1500ms) == SteadyTime::max());
    scene.events();
    scene.arrive({audio(82), inter(96)}, last + 9s);
    CHECK(scene.intake.silence(last + 9s) == Silence::none);
    CHECK(scene.events() == "T82 T96 ");  // no keyframe is waited for
}

TEST_CASE("intake: a publisher that leaves says when its last picture came") {
    Scene scene;
    scene.arrive(burst);
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.intake.take(start + 3s);
    CHECK(scene.intake.silence(start + 3s) == Silence::none);  // there is nobody to be silent
    Intake::Event event;
    do {
        event = scene.intake.next();
    } while (std::holds_alternative<Intake::Begun>(event) ||
             std::holds_alternative<Intake::Arrived>(event));
    REQUIRE(std::holds_alternative<Intake::Lost>(event));
    CHECK(std::get<Intake::Lost>(event).last_picture == start);
}

TEST_CASE("intake: a server that holds the picture back until a keyframe is not silent") {
    Scene scene;
    scene.arrive({metadata(), avc_header(), aac_header()});
    scene.intake.take(start + 10s);
    CHECK(scene.obstacle() == "waiting_for_keyframe");
    scene.intake.take(start + 14s);
    CHECK(scene.obstacle() == "ingest_silent");
    scene.arrive({keyframe(10), audio(11)}, start + 15s);
    CHECK(scene.obstacle().empty());
}

TEST_CASE("intake: what a server had stored of a silent publisher begins no session") {
    Scene scene;
    Intake intake(scene.open, {"rtmp://ingest/live", 2s, 1'000'000, true}, scene.loop);
    const auto begins = [&] { return !std::holds_alternative<Intake::Nothing>(intake.next()); };
    const auto obstacle = [&] {
        return intake.obstacle() ? std::string(end_code_name(intake.obstacle()->code)) : "";
    };
    CHECK(obstacle() == "ingest_silent");
    scene.ingest.arrive(burst);
    intake.take(start);
    CHECK_FALSE(begins());
    CHECK(obstacle() == "ingest_silent");
    intake.take(start + 5s);
    CHECK(obstacle() == "ingest_silent");
    CHECK_FALSE(begins());
    scene.ingest.arrive({inter(40)});
    intake.take(start + 9s);  // it sends again
    CHECK(obstacle().empty());
    CHECK(begins());
}

TEST_CASE("intake: a silent publisher that leaves takes along what its server had stored") {
    Scene scene;
    Intake intake(scene.open, {"rtmp://ingest/live", 2s, 1'000'000, true}, scene.loop);
    scene.ingest.arrive(burst);
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    intake.take(start);
    CHECK(std::holds_alternative<Intake::Nothing>(intake.next()));
    scene.ingest.arrive(burst);  // the next one need not prove that it sends
    intake.take(start + 1s);
    CHECK(std::holds_alternative<Intake::Begun>(intake.next()));
}

TEST_CASE("intake: a session that showed something else goes on with a keyframe") {
    Scene scene;
    scene.arrive(burst);
    scene.events();
    scene.intake.begin_again();
    scene.arrive({audio(40), inter(63)}, start + 5s);
    CHECK(scene.events().empty());
    scene.arrive({keyframe(80), audio(82)}, start + 6s);
    CHECK(scene.events() == "B4 T82 ");
    scene.intake.begin_again();
    scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{});
    scene.intake.take(start + 7s);
    CHECK(scene.events() == "L:ingest_gone ");  // it must know
}
