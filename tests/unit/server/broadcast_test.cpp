// What players get of a primary and its backup.
#include "server/broadcast.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>
#include <string>

#include "unit/listening_player.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using std::chrono::seconds;

namespace {

using enum EncoderRole;

/// Two encoders with a cache each.
class Studio {
  public:
    void come(EncoderRole who) {
        broadcast.came(who, cache(who), now);
        for (const Tag& each : {avc_header(), aac_header()}) send(who, each);
    }
    void send(EncoderRole who, const Tag& tag) {
        const GopCache::Part part = cache(who).add(tag);
        broadcast.sent(who, tag, part, now);
    }
    void leave(EncoderRole who) {
        broadcast.left(who, now);
        cache(who).clear();
    }
    GopCache& cache(EncoderRole who) { return caches[static_cast<std::size_t>(who)]; }

    std::array<GopCache, 2> caches;
    Broadcast broadcast{seconds(10)};
    SteadyTime now{seconds(1000)};
};

/// The primary is on the air at 1 s, the backup's last keyframe is at 90 s.
void begin_both(Studio& studio) {
    studio.come(primary);
    studio.send(primary, keyframe(1000));
    studio.come(backup);
    studio.send(backup, keyframe(90'000));
    studio.send(backup, audio(89'990));
    studio.send(backup, inter(90'040));
}

}  // namespace

TEST_CASE("broadcast: the primary alone is passed on as it is, and a late player gets its GOP") {
    Studio studio;
    ListeningPlayer player, late;
    studio.broadcast.join(player);
    studio.come(primary);
    studio.send(primary, keyframe(7));
    CHECK(studio.broadcast.join(late) > 0);
    studio.send(primary, audio(3));
    CHECK(player.heard == "came VH0 AH0 K7 A3");
    CHECK(late.heard == "VH7 AH7 K7 A3");
    studio.leave(primary);
    CHECK(player.heard == "came VH0 AH0 K7 A3 left");
    studio.broadcast.leave(late);
    studio.come(backup);
    CHECK(player.heard == "came VH0 AH0 K7 A3 left came VH0 AH0");
    CHECK(studio.broadcast.players() == 1);
}

TEST_CASE("broadcast: where the primary leaves, the backup goes on from its last keyframe") {
    Studio studio;
    ListeningPlayer player, late;
    studio.broadcast.join(player);
    begin_both(studio);
    player.heard.clear();
    studio.now += Milliseconds(100);
    studio.leave(primary);
    CHECK(player.heard == "VH1060 AH1060 K1060 A1050 I1100");
    studio.send(backup, audio(90'050));
    studio.send(backup, keyframe(91'000));
    CHECK(player.heard == "VH1060 AH1060 K1060 A1050 I1100 A1110 K2060");
    studio.broadcast.join(late);
    studio.send(backup, inter(91'040));
    CHECK(late.heard == "VH2060 AH2060 K2060 I2100");
}

TEST_CASE("broadcast: players are told of another publisher where they could not just go on") {
    struct Case {
        const char* what;
        std::vector<Tag> sent;
        const char* heard;
    };
    const std::vector<Case> cases = {
        {"other headers",
         {tag(TagType::video, 0, {0x17, 0, 0, 0, 0, 9}), keyframe(50)},
         "left came VH50 AH50 K50"},
        {"no sound", {keyframe(50)}, "VH20 AH20 K20"},
        {"a picture without a keyframe yet", {inter(50), audio(60)}, "left came VH60 AH60"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        Studio studio;
        ListeningPlayer player;
        studio.broadcast.join(player);
        studio.come(primary);
        studio.send(primary, keyframe(0));
        studio.come(backup);
        for (const Tag& tag : each.sent) studio.send(backup, tag);
        player.heard.clear();
        studio.leave(primary);
        CHECK(player.heard == each.heard);
    }
}

TEST_CASE("broadcast: who had to wait for the backup's keyframe begins with it") {
    Studio studio;
    ListeningPlayer player;
    studio.broadcast.join(player);
    studio.come(primary);
    studio.send(primary, keyframe(0));
    studio.come(backup);
    studio.send(backup, inter(50));
    player.heard.clear();
    studio.leave(primary);
    for (const Tag& each : {inter(60), audio(61), keyframe(70), audio(71)}) {
        studio.send(backup, each);
    }
    CHECK(player.heard == "left came VH50 AH50 K70 A71");
}

TEST_CASE("broadcast: the primary comes back at its own keyframe") {
    Studio studio;
    begin_both(studio);
    studio.leave(primary);
    ListeningPlayer player;
    studio.come(primary);
    for (std::uint32_t ms = 0; ms < 10'500; ms += 20) {
        studio.now += Milliseconds(20);
        if (ms == 10'400) studio.broadcast.join(player), player.heard.clear();
        studio.send(primary, ms == 0 ? keyframe(0) : inter(ms));
        studio.send(backup, ms % 1000 == 0 ? keyframe(92'000 + ms) : audio(92'000 + ms));
    }
    CHECK(studio.broadcast.on_air() == backup);
    player.heard.clear();
    studio.send(primary, keyframe(10'500));
    CHECK(studio.broadcast.on_air() == primary);
    CHECK(player.heard.starts_with("VH"));
    CHECK(player.heard.find(" K") != std::string::npos);
    player.heard.clear();
    studio.send(backup, audio(99'000));
    CHECK(player.heard.empty());
}

TEST_CASE("broadcast: sound alone goes over anywhere") {
    Studio studio;
    ListeningPlayer player;
    studio.broadcast.join(player);
    for (const EncoderRole who : {primary, backup}) {
        studio.broadcast.came(who, studio.cache(who), studio.now);
        studio.send(who, aac_header());
        studio.send(who, audio(500));
    }
    CHECK(player.heard == "came AH0 A500");
    player.heard.clear();
    studio.leave(primary);
    studio.send(backup, audio(521));
    CHECK(player.heard == "AH520 A541");
}

namespace {

/// Numbers each tag of each encoder, so that what players got can be told apart.
Tag marked(EncoderRole who, bool is_video, bool is_keyframe, std::uint32_t ms) {
    const auto mark = static_cast<std::uint8_t>(who);
    if (!is_video) return tag(TagType::audio, ms, {0xaf, 1, mark});
    const std::uint8_t kind = is_keyframe ? 0x17 : 0x27;
    return tag(TagType::video, ms, {kind, 1, 0, 0, 0, mark});
}

bool is_header(const Tag& tag) { return tag.bytes()[1] == 0; }

/// Two encoders that come, go, and fall silent.
void play_by_chance(Studio& studio, std::mt19937& random) {
    const auto one_in = [&](int n) { return std::uniform_int_distribution(0, n - 1)(random) == 0; };
    std::array<bool, 2> is_there{}, sends{};
    std::array<std::uint32_t, 2> clock{};
    for (int turn = 0; turn < 20'000; ++turn) {
        studio.now += Milliseconds(10);
        for (const EncoderRole who : {primary, backup}) {
            const auto i = static_cast<std::size_t>(who);
            if (one_in(300)) {
                if (!is_there[i]) {
                    clock[i] = std::uniform_int_distribution<std::uint32_t>()(random);
                    studio.come(who);
                    is_there[i] = sends[i] = true;
                } else if (one_in(2)) {
                    studio.leave(who);
                    is_there[i] = sends[i] = false;
                } else {
                    sends[i] = !sends[i];
                }
            }
            clock[i] += 10;
            if (!sends[i]) continue;
            const bool is_video = turn % 2 == 0;
            studio.send(who, marked(who, is_video, turn % 100 == 0, clock[i]));
        }
    }
}

/// Between two breaks: times grow per track, and one encoder follows another with a keyframe.
std::string fault_of(const std::vector<Tag>& tags) {
    std::map<TagType, RtmpTime> last;
    std::optional<std::uint8_t> from;
    for (const Tag& each : tags) {
        if (is_header(each)) continue;
        const auto found = last.find(each.type);
        if (found != last.end() && each.time.since(found->second) <= 0) return "time";
        last[each.type] = each.time;
        const std::uint8_t mark = each.bytes().back();
        const bool is_keyframe = each.type == TagType::video && each.bytes()[0] == 0x17;
        if (from && *from != mark && !is_keyframe) return "not at a keyframe";
        from = mark;
    }
    return {};
}

/// Keeps what it got between two breaks apart.
class Recorder final : public PublicationPlayer {
  public:
    void send(const Tag& tag) override { parts.back().push_back(tag); }
    void publisher_left() override {}
    void publisher_came() override { parts.emplace_back(); }
    std::vector<std::vector<Tag>> parts{1};
};

}  // namespace

TEST_CASE("broadcast: whatever the two do, a player sees one publisher at a time, and time grows") {
    std::size_t tags = 0;
    int changes = 0;
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Studio studio;
        Recorder player;
        studio.broadcast.join(player);
        play_by_chance(studio, random);
        for (const auto& part : player.parts) {
            CHECK(fault_of(part) == "");
            std::optional<std::uint8_t> from;
            for (const Tag& each : part) {
                if (is_header(each)) continue;
                ++tags;
                if (from && *from != each.bytes().back()) ++changes;
                from = each.bytes().back();
            }
        }
    }
    CHECK(tags > 10'000);
    CHECK(changes > 20);
}
