// Who is on the air: by a table, and by chance.
#include "ingest/on_air.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

using namespace restream;

namespace {

using enum EncoderRole;
using Start = OnAir::Start;

const SteadyTime start{std::chrono::seconds(1000)};
constexpr int frame_ms = 20;

/// Two encoders that send every 20 ms, a keyframe each second, and a clock.
class Stage {
  public:
    /// A step of the play: "P+" the primary comes, "P-" it leaves, "P." it is silent from now on,
    /// "P~" it sends again, "B…" likewise; "500" lets so many milliseconds pass.
    void play(const std::string& step) {
        if (step[0] >= '0' && step[0] <= '9') return pass(std::stoi(step));
        const EncoderRole who = step[0] == 'P' ? primary : backup;
        Line& line = lines[static_cast<std::size_t>(who)];
        if (step[1] == '+') air.came(who, now);
        if (step[1] == '-') air.left(who, now);
        line.sends = step[1] == '+' || step[1] == '~';
        if (step[1] == '+') line.frames = 0;
    }
    std::string on_air() const {
        return air.on_air() ? std::string(encoder_role_name(*air.on_air())) : "nobody";
    }

    OnAir air;
    SteadyTime now = start;

  private:
    struct Line {
        bool sends = false;
        int frames = 0;
    };
    void pass(int ms) {
        for (int i = 0; i < ms / frame_ms; ++i) {
            now += Milliseconds(frame_ms);
            for (const EncoderRole who : {primary, backup}) {
                Line& line = lines[static_cast<std::size_t>(who)];
                if (!line.sends) continue;
                const bool is_keyframe = line.frames++ % 50 == 0;
                air.sent(who, is_keyframe ? Start::keyframe : Start::cached, now);
            }
        }
    }
    std::array<Line, 2> lines;
};

struct Case {
    const char* what;
    std::vector<std::string> steps;
    const char* expected;
};

}  // namespace

TEST_CASE("on air: who is on it, by what happened") {
    const std::vector<Case> cases = {
        {"nobody came", {"5000"}, "nobody"},
        {"the primary alone", {"P+", "1000"}, "primary"},
        {"before its first tag", {"P+"}, "primary"},
        {"the backup alone", {"B+"}, "backup"},
        {"both, the primary first", {"P+", "100", "B+", "60000"}, "primary"},
        {"both, the backup first, at once", {"B+", "100", "P+", "9000"}, "backup"},
        {"both, the backup first, later", {"B+", "100", "P+", "11100"}, "primary"},
        {"the primary leaves", {"P+", "B+", "2000", "P-"}, "backup"},
        {"the backup leaves", {"P+", "B+", "2000", "B-", "1000"}, "primary"},
        {"both leave", {"P+", "B+", "2000", "P-", "B-"}, "nobody"},
        {"both leave, the backup first", {"P+", "B+", "2000", "B-", "P-"}, "nobody"},
        {"the primary is silent for a moment", {"P+", "B+", "2000", "P.", "580"}, "primary"},
        {"the primary is silent", {"P+", "B+", "2000", "P.", "620"}, "backup"},
        {"it has never sent", {"B+", "2000", "B-", "P+", "P.", "B+", "1100"}, "backup"},
        {"it is silent alone", {"P+", "2000", "P.", "60000"}, "primary"},
        {"the backup is silent, too", {"P+", "B+", "2000", "P.", "B.", "60000"}, "primary"},
        {"the backup has just come", {"P+", "2000", "P.", "5000", "B+", "980"}, "primary"},
        {"the backup has settled", {"P+", "2000", "P.", "5000", "B+", "1040"}, "backup"},
        {"the primary leaves, the backup is silent",
         {"P+", "B+", "2000", "B.", "700", "P-"},
         "nobody"},
        {"the silent one sends again",
         {"P+", "B+", "2000", "B.", "700", "P-", "B~", "20"},
         "backup"},
        {"the primary leaves, the backup has not sent", {"P+", "2000", "B+", "P-"}, "nobody"},
        {"the primary is back", {"P+", "B+", "2000", "P-", "P+", "9980"}, "backup"},
        {"the primary is steady", {"P+", "B+", "2000", "P-", "P+", "11100"}, "primary"},
        {"back from silence", {"P+", "B+", "2000", "P.", "2000", "P~", "9900"}, "backup"},
        {"steady after silence", {"P+", "B+", "2000", "P.", "2000", "P~", "11100"}, "primary"},
        {"a gap while it returns",
         {"P+", "B+", "2000", "P-", "P+", "9000", "P.", "620", "P~", "9000"},
         "backup"},
        {"the backup leaves before the primary is steady",
         {"P+", "B+", "2000", "P-", "P+", "1000", "B-"},
         "primary"},
        {"both lines are bad: the next change waits",
         {"P+", "B+", "2000", "P.", "700", "P~", "1500", "B.", "700"},
         "backup"},
        {"both lines are bad: it has waited",
         {"P+", "B+", "2000", "P.", "700", "P~", "1500", "B.", "1700"},
         "primary"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        Stage stage;
        for (const std::string& step : each.steps) stage.play(step);
        CHECK(stage.on_air() == each.expected);
    }
}

TEST_CASE("on air: nobody takes over with whom players could not begin") {
    OnAir air;
    air.came(primary, start);
    air.came(backup, start);
    SteadyTime now = start;
    for (; now < start + std::chrono::seconds(5); now += Milliseconds(frame_ms)) {
        air.sent(backup, Start::none, now);
    }
    CHECK(air.on_air() == primary);
    air.sent(backup, Start::keyframe, now);
    CHECK(air.on_air() == backup);
    CHECK(air.since() == now);
}

TEST_CASE("on air: one who comes and goes does not bring the primary back") {
    Stage stage;
    for (const char* step : {"P+", "B+", "2000", "P-"}) stage.play(step);
    for (int i = 0; i < 50; ++i) {
        for (const char* step : {"P+", "8000", "P-", "400"}) stage.play(step);
        CHECK(stage.on_air() == "backup");
    }
}

namespace {

/// What a random run saw of one encoder, by its own account.
struct Seen {
    bool is_there = false;
    bool sends = false;
    std::optional<SteadyTime> first;  ///< behind the last gap
    SteadyTime last{};
    int until_keyframe = 0;
    bool has_keyframe = false;
};

/// What must be so at every tag, whatever came before.
class Chance {
  public:
    explicit Chance(std::uint32_t seed) : random_(seed) {}

    void run(int turns) {
        for (int i = 0; i < turns; ++i) {
            now_ += Milliseconds(frame_ms);
            for (const EncoderRole who : {primary, backup}) {
                if (one_in(150)) shift(who);
                if (of(who).is_there && of(who).sends) send(who);
            }
        }
    }
    int changes() const { return changes_; }
    int changes_of_silence() const { return changes_of_silence_; }

  private:
    Seen& of(EncoderRole who) { return seen_[static_cast<std::size_t>(who)]; }
    static EncoderRole other(EncoderRole who) { return who == primary ? backup : primary; }
    bool one_in(int n) { return std::uniform_int_distribution(0, n - 1)(random_) == 0; }
    bool is_silent(EncoderRole who) { return now_ - of(who).last >= OnAir::longest_silence; }

    void shift(EncoderRole who) {
        Seen& one = of(who);
        const auto before = air_.on_air();
        if (!one.is_there) {
            one = {true, true, std::nullopt, now_, 30, false};
            air_.came(who, now_);
            CHECK(air_.on_air() == (before ? before : who));
        } else if (one_in(3)) {
            one = {};
            air_.left(who, now_);
            CHECK(air_.on_air() != who);
            if (before != who) CHECK(air_.on_air() == before);
            if (air_.on_air()) CHECK(of(*air_.on_air()).is_there);
        } else {
            one.sends = !one.sends;
        }
        if (air_.on_air() != before) ++changes_;
    }

    void send(EncoderRole who) {
        Seen& one = of(who);
        if (!one.first || is_silent(who)) one.first = now_;
        one.last = now_;
        const bool is_keyframe = --one.until_keyframe <= 0;
        if (is_keyframe) one.until_keyframe = 100, one.has_keyframe = true;
        const Start how = is_keyframe        ? Start::keyframe
                          : one.has_keyframe ? Start::cached
                                             : Start::none;
        const auto before = air_.on_air();
        air_.sent(who, how, now_);
        REQUIRE(air_.on_air().has_value());
        if (air_.on_air() != before && before) check_change(who, *before, how);
        if (air_.on_air() == before && before != who) check_stay(who, *before, how);
        if (air_.on_air() != before) ++changes_;
    }

    /// A change at a tag, while the other is there.
    void check_change(EncoderRole to, EncoderRole from, Start how) {
        CHECK(air_.on_air() == to);
        CHECK(how != Start::none);
        if (is_silent(from)) {
            CHECK(now_ - *of(to).first >= OnAir::settling);
        } else {
            CHECK(to == primary);
            CHECK(how == Start::keyframe);
            CHECK(now_ - *of(to).first >= std::chrono::seconds(10));
        }
        const bool has_returned = to == primary && how == Start::keyframe &&
                                  now_ - *of(to).first >= std::chrono::seconds(10);
        if (has_returned) return;
        if (last_change_) CHECK(now_ - *last_change_ >= OnAir::shortest_stay);
        last_change_ = now_;
        ++changes_of_silence_;
    }

    /// The players stay with `with`, though `other` has just sent.
    void check_stay(EncoderRole who, EncoderRole with, Start how) {
        if (how == Start::none || now_ - *of(who).first < OnAir::settling) return;
        if (last_change_ && now_ - *last_change_ < OnAir::shortest_stay) return;
        CHECK(now_ - of(with).last < std::chrono::seconds(1));
    }

    OnAir air_;
    SteadyTime now_ = start;
    std::array<Seen, 2> seen_;
    std::optional<SteadyTime> last_change_;
    int changes_ = 0;
    int changes_of_silence_ = 0;
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("on air: whatever two encoders do, changes are in time, at keyframes, and few") {
    int changes = 0;
    int changes_of_silence = 0;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        Chance chance(seed);
        chance.run(10'000);
        changes += chance.changes();
        changes_of_silence += chance.changes_of_silence();
    }
    // The run has seen what it is for.
    CHECK(changes > 300);
    CHECK(changes_of_silence > 60);
}
