#include "server/publications.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using std::chrono::seconds;

namespace {

const SteadyTime start{seconds(1000)};
const WallTime wall = *from_iso8601("2026-01-31T20:14:03Z");

Publications::Guest guest(const char* address, const char* software = "OBS") {
    const auto parsed = *IpAddress::parse(address);
    return {{parsed, parsed.is_loopback()}, software};
}
const Publications::Guest here = guest("127.0.0.1");

class Encoder final : public Publisher {
  public:
    SteadyTime last_heard() const override { return heard_at; }
    void look_again() override {
        if (leaves_when_looked_at) all->leave(*path, *this);
    }
    void replaced() override { was_replaced = true; }

    SteadyTime heard_at = start;
    bool was_replaced = false;
    bool leaves_when_looked_at = false;
    Publications* all = nullptr;
    Publications::Path* path = nullptr;
};

class Viewer final : public PublicationPlayer {
  public:
    void send(const Tag&) override { ++tags; }
    void publisher_left() override { heard += "-"; }
    void publisher_came() override { heard += "+"; }
    int tags = 0;
    std::string heard;
};

Publications make(Publications::Rules rules = {}, const char* key = nullptr) {
    AdmissionRules admission;
    admission.base_path = "live";
    if (key != nullptr) admission.publish_key = Secret(key);
    return Publications(Admission(admission), rules);
}

std::string outcome(const Publications::Answer& answer) {
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&answer)) return "-" + refusal->problem;
    return std::get<Secret>(answer).reveal();
}

std::string asked(Publications& all, const char* name, SteadyTime now = start) {
    return outcome(all.ask_to_publish(here, Secret("live"), Secret(name), now, wall));
}

/// Publishes at `path`, admitted or not.
void begin(Publications& all, Encoder& encoder, const char* path) {
    encoder.all = &all;
    encoder.path = &all.begin(encoder, here, Secret(path), wall);
}

}  // namespace

TEST_CASE("publications: a second publisher is refused while the first one sends") {
    Publications all = make();
    Encoder first;
    begin(all, first, "live");
    CHECK(asked(all, "", start + Milliseconds(2999)) == "-already publishing");
    CHECK(!first.was_replaced);
    const auto record = all.record(start, wall);
    REQUIRE(record.refusals.size() == 1);
    CHECK(record.refusals[0].problem == "already publishing");
    CHECK(asked(all, "other", start) == "live/other");
}

TEST_CASE("publications: a silent publisher gives way, and its players stay") {
    struct Case {
        std::optional<Milliseconds> after;
        Milliseconds silence;
        bool gives_way;
    };
    const std::vector<Case> cases = {
        {seconds(3), seconds(3), true},
        {seconds(3), seconds(2), false},
        {Milliseconds(0), seconds(0), true},
        {std::nullopt, seconds(29), false},
    };
    for (const Case& each : cases) {
        CAPTURE(each.silence.count());
        Publications::Rules rules;
        rules.takeover_after = each.after;
        Publications all = make(rules);
        Encoder first, second;
        Viewer viewer;
        begin(all, first, "live");
        std::size_t burst = 0;
        all.join(viewer, Secret("live"), burst);
        const bool may = asked(all, "", start + each.silence) == "live";
        CHECK(may == each.gives_way);
        CHECK(first.was_replaced == each.gives_way);
        if (!may) continue;
        begin(all, second, "live");
        CHECK(viewer.heard == "-+");
        // The first one's end, later, is nobody's.
        all.leave(*second.path, first);
        CHECK(viewer.heard == "-+");
        CHECK(all.has_publisher());
    }
}

TEST_CASE("publications: a publisher whose connection turns out to be dead gives way at once") {
    Publications::Rules never;
    never.takeover_after = std::nullopt;
    Publications all = make(never);
    Encoder first;
    begin(all, first, "live");
    first.leaves_when_looked_at = true;
    CHECK(asked(all, "") == "live");
    CHECK(!first.was_replaced);
    CHECK(!all.has_publisher());
}

TEST_CASE("publications: other paths are bounded, the ingest's own is always free") {
    Publications::Rules rules;
    rules.most_other_paths = 2;
    Publications all = make(rules);
    Encoder one, two, own;
    begin(all, one, "live/1");
    begin(all, two, "live/2");
    CHECK(asked(all, "3") == "-too many publications");
    CHECK(asked(all, "") == "live");
    begin(all, own, "live");
    all.leave(*one.path, one);
    CHECK(asked(all, "3") == "live/3");
}

TEST_CASE("publications: the record tells who publishes, and keys are masked") {
    Publications all = make();
    Encoder encoder;
    begin(all, encoder, "live/k4secret");
    all.publish(*encoder.path, aac_header(), start);
    Viewer viewer;
    std::size_t burst = 0;
    all.join(viewer, Secret("live/k4secret"), burst);
    CHECK(burst == aac_header().payload.size());
    all.record(start, wall);
    for (std::uint32_t ms = 0; ms < 1000; ++ms) {
        all.publish(*encoder.path, audio(ms), start + Milliseconds(ms));
    }
    const auto record = all.record(start + seconds(1), wall);
    REQUIRE(record.publications.size() == 1);
    const PublicationRecord& one = record.publications[0];
    CHECK(one.path == "live/***");
    CHECK(one.address == "127.0.0.1");
    CHECK(one.software == "OBS");
    CHECK(one.players == 1);
    CHECK(one.bytes_received == 3004);
    CHECK(one.bitrate_kbps == 24);
    REQUIRE(one.media.audio.has_value());
    CHECK(one.media.audio->codec == "aac");
    CHECK(!one.media.video.has_value());
    CHECK(to_json(record).find("secret") == std::string::npos);
    all.leave(*encoder.path, encoder);
    CHECK(all.record(start, wall).publications.empty());
}

TEST_CASE("publications: refusals of one kind are one line, and only the last few are kept") {
    Publications all = make({}, "k4secret");
    for (int i = 0; i < 5; ++i) CHECK(asked(all, "k5secret") == "-wrong stream key");
    CHECK(asked(all, "") == "-no stream key");
    const auto record = all.record(start, wall);
    REQUIRE(record.refusals.size() == 2);
    CHECK(record.refusals[0].problem == "no stream key");
    CHECK(record.refusals[1].times == 5);
    CHECK(record.refusals[1].software == "OBS");
    CHECK(to_json(record).find("secret") == std::string::npos);
    for (int i = 0; i < 20; ++i) {
        const std::string address = "10.0.0." + std::to_string(i);
        all.ask_to_play(guest(address.c_str()), Secret("live"), Secret(), start, wall);
    }
    const auto later = all.record(start, wall);
    CHECK(later.refusals.size() == 8);
    CHECK(later.refusals[0].address == "10.0.0.19");
    CHECK(later.refusals[0].wish == IngestRefusal::Wish::play);
}

TEST_CASE("publications: what who looks on wants to know at once counts as a change") {
    Publications all = make({}, "k4");
    Encoder encoder;
    Viewer viewer;
    std::uint64_t last = all.changes();
    const auto changed = [&] { return std::exchange(last, all.changes()) != last; };
    begin(all, encoder, "live");
    CHECK(changed());
    all.publish(*encoder.path, avc_header(), start);
    CHECK(changed());
    all.publish(*encoder.path, keyframe(0), start);
    CHECK(!changed());
    all.publish(*encoder.path, audio(0), start);
    CHECK(changed());
    std::size_t burst = 0;
    Publications::Path& path = all.join(viewer, Secret("live"), burst);
    CHECK(changed());
    all.leave(path, viewer);
    CHECK(changed());
    asked(all, "wrong");
    CHECK(changed());
    all.leave(*encoder.path, encoder);
    CHECK(changed());
}

TEST_CASE("publications: a path is forgotten when nobody is there") {
    Publications all = make();
    Viewer viewer;
    std::size_t burst = 0;
    Publications::Path& path = all.join(viewer, Secret("live/x"), burst);
    CHECK(burst == 0);
    CHECK(all.record(start, wall).publications.empty());
    Encoder encoder;
    begin(all, encoder, "live/x");
    CHECK(encoder.path == &path);
    all.leave(path, viewer);
    all.leave(*encoder.path, encoder);
    Encoder again;
    begin(all, again, "live/x");
    all.publish(*again.path, keyframe(0), start);
    CHECK(viewer.tags == 0);
}

namespace {

constexpr std::uint32_t owner = 1000;

Publications::Guest user_here(std::uint32_t user) {
    Publications::Guest made = here;
    made.visitor.user = user;
    return made;
}

/// With a key, and a system that says whose process asks.
Publications with_key(Publications::Rules rules = {}) {
    AdmissionRules admission;
    admission.base_path = "live";
    admission.publish_key = Secret("k4");
    admission.owner = owner;
    admission.players = {*Network::parse("10.0.0.0/8"), *Network::parse("127.0.0.0/8")};
    return Publications(Admission(admission), rules);
}

std::string published(Publications& all, const Publications::Guest& who, const std::string& name,
                      SteadyTime now = start) {
    return outcome(all.ask_to_publish(who, Secret("live"), Secret(name), now, wall));
}

std::string played(Publications& all, const Publications::Guest& who, const std::string& name,
                   SteadyTime now = start) {
    return outcome(all.ask_to_play(who, Secret("live"), Secret(name), now, wall));
}

const std::string too_many =
    "-too many wrong stream keys from the same place; wait ten seconds and try again";

}  // namespace

TEST_CASE("publications: who guesses keys has ten tries, and the right one is no better then") {
    Publications all = with_key();
    const auto guesser = guest("10.0.0.1");
    int wrong = 0;
    for (int i = 0; i < 1767; ++i) {
        const std::string answer = published(all, guesser, fmt::format("guess{}", i));
        wrong += answer == "-wrong stream key" ? 1 : 0;
        if (answer != "-wrong stream key") CHECK(answer == too_many);
    }
    CHECK(wrong == 10);
    CHECK(published(all, guesser, "k4") == too_many);
    CHECK(published(all, guesser, "", start) == "-no stream key");  // no guess
    CHECK(published(all, guest("10.0.0.2"), "k4") == "live");
    CHECK(published(all, guesser, "k4", start + seconds(11)) == "live");
}

TEST_CASE("publications: the owner's encoder is let in, whatever other users try here") {
    Publications all = with_key();
    for (int i = 0; i < 100; ++i) published(all, user_here(1001), fmt::format("guess{}", i));
    for (int i = 0; i < 100; ++i) published(all, here, fmt::format("guess{}", i));
    CHECK(published(all, user_here(1001), "k4") == too_many);
    CHECK(published(all, user_here(owner), "k4") == "live");
    // Its own mistakes do not matter either: it can read the key.
    for (int i = 0; i < 100; ++i) {
        CHECK(published(all, user_here(owner), "mistake") == "-wrong stream key");
    }
    CHECK(published(all, user_here(owner), "k4") == "live");
    CHECK(published(all, user_here(1002), "k4") == "live");
}

TEST_CASE("publications: where the system does not say who asks here, nobody is kept out here") {
    AdmissionRules admission;
    admission.base_path = "live";
    admission.publish_key = Secret("k4");
    Publications all{Admission(admission), {}};
    for (int i = 0; i < 100; ++i) {
        CHECK(published(all, here, fmt::format("guess{}", i)) == "-wrong stream key");
    }
    CHECK(published(all, here, "k4") == "live");
    for (int i = 0; i < 100; ++i) published(all, guest("10.0.0.1"), fmt::format("guess{}", i));
    CHECK(published(all, guest("10.0.0.1"), "k4") == too_many);
}

TEST_CASE("publications: an encoder from elsewhere is let in again, whoever guesses meanwhile") {
    Publications all = with_key();
    const auto encoder = guest("192.0.2.7");
    CHECK(published(all, encoder, "k4") == "live");
    for (int i = 0; i < 1500; ++i) {
        published(all, guest(fmt::format("10.0.{}.1", i % 256).c_str()), fmt::format("guess{}", i));
    }
    CHECK(published(all, guest("192.0.2.8"), "k4") == too_many);
    CHECK(published(all, encoder, "k4") == "live");
}

TEST_CASE("publications: the key cannot be found by playing either") {
    Publications all = with_key();
    const auto player = guest("10.0.0.1");
    CHECK(played(all, guest("10.0.0.2"), "k4") == "live");
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string name = fmt::format("guess{}", i);
        const std::string answer = played(all, player, name);
        answered += answer == "live/" + name ? 1 : 0;
        if (answer != "live/" + name) CHECK(answer == too_many);
    }
    CHECK(answered == 10);
    CHECK(played(all, player, "k4") == too_many);
    CHECK(played(all, player, "") == "live");
    CHECK(played(all, user_here(owner), "k4") == "live");
    // Where there is no key, any path may be played.
    Publications open = make();
    for (int i = 0; i < 100; ++i) CHECK(played(open, here, "other") == "live/other");
}

TEST_CASE("publications: the same refusal of the same place is news once a minute") {
    Publications all = with_key();
    int news = 0;
    const auto ask = [&](const char* address, SteadyTime now) {
        auto answer = all.ask_to_publish(guest(address), Secret("live"), Secret("x"), now, wall);
        const auto& refusal = std::get<AdmissionRefusal>(answer);
        news += refusal.is_news ? 1 : 0;
        return refusal.times;
    };
    for (int i = 0; i < 500; ++i) ask("10.0.0.1", start + Milliseconds(i));
    CHECK(news == 2);  // wrong keys, and too many of them
    ask("10.0.0.2", start + seconds(1));
    CHECK(news == 3);
    CHECK(ask("10.0.0.1", start + seconds(2)) == 491);
    CHECK(news == 3);
    ask("10.0.0.1", start + seconds(61));
    CHECK(news == 4);
}

TEST_CASE("publications: one place has so many players, and this machine has more") {
    Publications::Rules rules;
    rules.most_players_here = 3;
    rules.most_players_elsewhere = 2;
    Publications all = with_key(rules);
    struct Case {
        Publications::Guest who;
        std::size_t players;
        bool may;
    };
    const std::vector<Case> cases = {
        {user_here(1001), 2, true},     {user_here(1001), 3, false},  {user_here(owner), 3, true},
        {user_here(owner), 1000, true}, {guest("10.0.0.1"), 1, true}, {guest("10.0.0.1"), 2, false},
    };
    for (Case each : cases) {
        CAPTURE(each.players);
        each.who.players = each.players;
        CHECK(played(all, each.who, "") ==
              (each.may ? "live" : "-too many players from the same place"));
    }
    CHECK(all.record(start, wall).refusals.size() == 2);
}

namespace {

Publications with_backup(Publications::Rules rules = {}) {
    AdmissionRules admission;
    admission.base_path = "live";
    admission.backup = "backup";
    return Publications(Admission(admission), rules);
}

}  // namespace

TEST_CASE("publications: players of the ingest's path get the backup where the primary leaves") {
    Publications all = with_backup();
    Encoder primary, backup;
    Viewer viewer, watcher;
    std::size_t burst = 0;
    Publications::Path& played = all.join(viewer, Secret("live"), burst);
    all.join(watcher, Secret("live/backup"), burst);
    CHECK(asked(all, "") == "live");
    begin(all, primary, "live");
    begin(all, backup, "live/backup");
    for (Encoder* each : {&primary, &backup}) {
        for (const Tag& tag : {avc_header(), aac_header(), keyframe(0)}) {
            all.publish(*each->path, tag, start);
        }
    }
    CHECK(viewer.tags == 3);
    CHECK(watcher.tags == 3);
    auto record = all.record(start + seconds(1), wall + seconds(1));
    REQUIRE(record.on_air.has_value());
    CHECK(*record.on_air == OnAirRecord{EncoderRole::primary, wall});
    CHECK(record.find(EncoderRole::primary)->players == 1);
    CHECK(record.find(EncoderRole::backup)->players == 1);
    CHECK(record.find(EncoderRole::backup)->path == "live/backup");

    std::uint64_t last = all.changes();
    all.leave(*primary.path, primary);
    CHECK(all.changes() != last);
    CHECK(viewer.heard == "+");
    CHECK(viewer.tags == 6);
    all.publish(*backup.path, inter(40), start + Milliseconds(40));
    CHECK(viewer.tags == 7);
    record = all.record(start + seconds(1), wall + seconds(1));
    CHECK(record.on_air->role == EncoderRole::backup);
    CHECK(record.played("live")->players == 2);
    CHECK(record.find(EncoderRole::primary) == nullptr);
    all.leave(*backup.path, backup);
    CHECK(viewer.heard == "+-");
    CHECK(watcher.heard == "+-");
    CHECK(!all.record(start, wall).on_air.has_value());
    // The path of the players is still theirs.
    Encoder again;
    begin(all, again, "live");
    CHECK(again.path == &played);
    CHECK(viewer.heard == "+-+");
    all.leave(played, viewer);
    all.publish(*again.path, keyframe(0), start);
    CHECK(viewer.tags == 7);
}

TEST_CASE("publications: each of the two names has one publisher, and counts as the ingest's own") {
    Publications::Rules rules;
    rules.most_other_paths = 0;
    Publications all = with_backup(rules);
    Encoder primary, backup, next;
    begin(all, primary, "live");
    CHECK(asked(all, "backup") == "live/backup");
    begin(all, backup, "live/backup");
    CHECK(asked(all, "backup") == "-already publishing");
    CHECK(asked(all, "") == "-already publishing");
    CHECK(asked(all, "other") == "-too many publications");
    CHECK(asked(all, "backup", start + seconds(3)) == "live/backup");
    CHECK(backup.was_replaced);
    CHECK(!primary.was_replaced);
    begin(all, next, "live/backup");
    all.leave(*next.path, backup);
    CHECK(all.record(start, wall).find(EncoderRole::backup) != nullptr);
}

TEST_CASE("publications: a publisher that sends nothing is silent, until its next message") {
    Publications all = make();
    Encoder encoder;
    REQUIRE(asked(all, "") == "live");
    begin(all, encoder, "live");
    CHECK(all.next_silence() == start + Milliseconds(1500));
    const auto send = [&](std::uint32_t ms) {
        const SteadyTime now = start + Milliseconds(ms);
        all.publish(*encoder.path, inter(ms), now);
        all.publish(*encoder.path, audio(ms), now);
    };
    for (std::uint32_t ms = 0; ms <= 1000; ms += 40) send(ms);
    all.look_for_silence(start + seconds(2));
    CHECK(all.next_silence() == start + Milliseconds(2500));
    CHECK(all.record(start + seconds(2), wall).publications[0].silence == Silence::none);
    auto changes = all.changes();
    all.look_for_silence(all.next_silence());
    CHECK(all.changes() == changes + 1);
    const auto record = all.record(start + seconds(3), wall).publications[0];
    CHECK(record.silence == Silence::everything);
    CHECK(record.silent_since == wall - seconds(2));
    // Told as it was told first.
    CHECK(all.record(start + seconds(4), wall + Milliseconds(1003)).publications[0].silent_since ==
          record.silent_since);
    changes = all.changes();
    send(9000);
    CHECK(all.changes() == changes + 1);
    CHECK(all.record(start + seconds(9), wall).publications[0].silence == Silence::none);
    CHECK_FALSE(all.record(start + seconds(9), wall).publications[0].silent_since);
    CHECK(all.next_silence() <= start + Milliseconds(10500));
}

TEST_CASE(
    "publications: metadata alone, and sound without the picture that was there, are silence") {
    Publications all = make();
    Encoder encoder;
    REQUIRE(asked(all, "") == "live");
    begin(all, encoder, "live");
    all.publish(*encoder.path, metadata(), start + seconds(1));
    all.look_for_silence(start + seconds(2));
    CHECK(all.record(start, wall).publications[0].silence == Silence::everything);
    for (std::uint32_t ms = 2000; ms <= 3000; ms += 40) {
        all.publish(*encoder.path, inter(ms), start + Milliseconds(ms));
    }
    for (std::uint32_t ms = 3000; ms <= 5000; ms += 20) {
        all.publish(*encoder.path, audio(ms), start + Milliseconds(ms));
        all.look_for_silence(start + Milliseconds(ms));
    }
    CHECK(all.record(start, wall).publications[0].silence == Silence::picture);
}
