// Random publishers: whatever their clocks and lines do, session time keeps pace with the wall
// clock.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <deque>
#include <random>

#include "unit/tags.hpp"
#include "worker/rebase.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

constexpr int tick_ms = 10;
/// Of each kind. 1,500 of 2 min each, 12,000 in all, were run once: the worst was off by 2.002 s.
constexpr unsigned publishers = 8;

/// What a publisher of the simulation does beside publishing.
struct Habits {
    bool has_video = true;
    bool has_sound = true;
    std::int32_t distance_ms = 0;
    int stored_ms = 0;    ///< a server has it when the session begins
    bool stalls = false;  ///< its line does, for up to 4 s
    bool jumps = false;   ///< one track or both
    bool jumps_together = false;
    bool pauses = false;      ///< its clock stands still meanwhile
    bool leaves = false;      ///< and comes back with another clock
    bool sends_data = false;  ///< headers, cues and empty messages with any time
};

class Simulation {
  public:
    Simulation(unsigned seed, const Habits& habits) : random_(seed), habits_(habits) {
        clocks_[0] = any(0, 2) == 0 ? 0xffff'0000U + static_cast<std::uint32_t>(any(0, 0xffff))
                                    : static_cast<std::uint32_t>(random_());
        clocks_[1] = clocks_[0] + static_cast<std::uint32_t>(habits.distance_ms);
    }

    /// Empty, or what was wrong.
    std::string run(int seconds) {
        make_stored();
        bool has_begun = false;
        for (int i = 0; i < seconds * 1000 / tick_ms && fault_.empty(); ++i) {
            wall_ms_ += tick_ms;
            if (habits_.leaves && wall_ms_ >= quiet_until_ && any(0, 1000) == 0) {
                has_begun = leave();
            }
            change_clocks();
            if (wall_ms_ >= paused_until_) publish();
            if (!has_begun) has_begun = begin();
            if (has_begun && wall_ms_ >= stalled_until_) deliver();
        }
        return fault_;
    }
    std::uint64_t discarded() const { return rebase_.discarded(); }
    int checked() const { return checked_; }

  private:
    struct Sent {
        Tag tag;
        std::int64_t at_ms;
    };
    struct Track {
        std::deque<Sent> line;
        std::int64_t published = 0;
        std::optional<RtmpTime> last;
        std::optional<std::int64_t> error_ms;  ///< session time - wall time, of the first message
    };

    int any(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }
    SteadyTime now() const { return SteadyTime(10'000s) + Milliseconds(wall_ms_); }
    bool is_there(std::size_t i) const { return i == 0 ? habits_.has_video : habits_.has_sound; }

    void make_stored() {
        quiet_until_ = habits_.stored_ms + 3000;
        for (int ms = 0; ms < habits_.stored_ms; ms += tick_ms) {
            wall_ms_ += tick_ms;
            publish();
        }
    }

    void publish() {
        for (std::size_t i = 0; i < 2; ++i) {
            clocks_[i] += tick_ms;
            Track& track = tracks_[i];
            const int interval = i == 0 ? 40 : 20;
            if (!is_there(i) || ++track.published % (interval / tick_ms) != 0) continue;
            const std::uint32_t ms = clocks_[i];
            if (habits_.sends_data && any(0, 20) == 0) track.line.push_back({odd_one(i), wall_ms_});
            Tag made = i == 1 ? audio(ms) : track.published <= 4 ? keyframe(ms) : inter(ms);
            track.line.push_back({std::move(made), wall_ms_});
        }
    }
    Tag odd_one(std::size_t i) {
        const auto time = static_cast<std::uint32_t>(random_());
        if (any(0, 1) == 0) return tag(TagType::script, time, {2, 0, 1, 'x'});
        if (any(0, 1) == 0) return tag(i == 0 ? TagType::video : TagType::audio, time, {});
        return i == 0 ? avc_header(time) : aac_header(time);
    }

    void change_clocks() {
        if (wall_ms_ < quiet_until_) return;
        if (habits_.stalls && any(0, 300) == 0) {
            stalled_until_ = wall_ms_ + any(0, 4000);
            quiet_until_ = stalled_until_ + 1000;
        } else if (habits_.pauses && any(0, 600) == 0) {
            paused_until_ = wall_ms_ + any(0, 8000);
            // What stands still is taken for late at first.
            tolerated_until_ = paused_until_ + 7000;
            quiet_until_ = tolerated_until_ + 1000;
        } else if (habits_.jumps && any(0, 300) == 0) {
            const std::array sizes = {900, 5'000, 60'000, 4'000'000, 2'000'000'000};
            const int most = sizes[static_cast<std::size_t>(any(0, 4))];
            const auto by = static_cast<std::uint32_t>(any(-most, most));
            const int who = habits_.jumps_together ? 2 : any(0, 2);
            for (std::size_t i = 0; i < 2; ++i) {
                if (who == 2 || who == static_cast<int>(i)) clocks_[i] += by;
            }
            quiet_until_ = wall_ms_ + 1500;
        }
    }

    bool leave() {
        for (Track& each : tracks_) each.line.clear(), each.published = 0;
        clocks_[0] = static_cast<std::uint32_t>(random_());
        clocks_[1] = clocks_[0] + static_cast<std::uint32_t>(habits_.distance_ms);
        paused_until_ = quiet_until_ = wall_ms_ + any(0, 20'000);
        return false;
    }

    bool begin() {
        Rebase::First first;
        for (std::size_t i = 0; i < 2; ++i) {
            if (!is_there(i)) continue;
            for (const Sent& each : tracks_[i].line) {
                if (each.tag.type == TagType::script || each.tag.payload.is_empty() ||
                    each.tag.bytes()[1] == 0)
                    continue;
                (i == 0 ? first.video : first.audio) = each.tag.time;
                const auto& last = tracks_[i].line.back().tag.time;
                if (i == 0 || !habits_.has_video)
                    first.stored = Milliseconds(last.since(each.tag.time));
                break;
            }
        }
        const bool is_known =
            (first.video || !habits_.has_video) && (first.audio || !habits_.has_sound);
        if (!is_known) return false;
        if (first.stored < 0ms) first.stored = 0ms;
        rebase_.begin(first, now());
        return true;
    }

    /// Each track in its order; between the two, by chance.
    void deliver() {
        while (!tracks_[0].line.empty() || !tracks_[1].line.empty()) {
            const std::size_t i = tracks_[0].line.empty()   ? 1
                                  : tracks_[1].line.empty() ? 0
                                                            : static_cast<std::size_t>(any(0, 1));
            if (any(0, 9) == 0) break;  // the rest comes a little later
            Sent sent = std::move(tracks_[i].line.front());
            tracks_[i].line.pop_front();
            check(tracks_[i], sent);
        }
    }

    void check(Track& track, const Sent& sent) {
        const auto moved = rebase_.apply(sent.tag, now());
        if (!moved || sent.tag.type == TagType::script) return;
        if (track.last && moved->time.since(*track.last) < 0) fault_ = "backwards";
        track.last = moved->time;
        const bool is_frame = !sent.tag.payload.is_empty() && sent.tag.bytes()[1] != 0;
        if (!is_frame) return;
        const std::int64_t error = moved->time.ms() - sent.at_ms;
        if (!track.error_ms) track.error_ms = error;
        const std::int64_t off = error - *track.error_ms;
        const std::int64_t late = wall_ms_ < tolerated_until_ ? 10'000 : 2'000;
        if (off > 2'000 || off < -late) {
            fault_ =
                fmt::format("{} is off by {} ms at {} ms",
                            sent.tag.type == TagType::video ? "video" : "sound", off, wall_ms_);
        }
        ++checked_;
    }

    std::mt19937 random_;
    Habits habits_;
    Rebase rebase_;
    std::array<std::uint32_t, 2> clocks_{};
    std::array<Track, 2> tracks_;
    std::int64_t wall_ms_ = 0;
    std::int64_t stalled_until_ = 0;
    std::int64_t paused_until_ = 0;
    std::int64_t tolerated_until_ = 0;
    std::int64_t quiet_until_ = 0;
    std::string fault_;
    int checked_ = 0;
};

void check_many(const std::string& what,
                const std::function<void(std::mt19937&, Habits&)>& choose) {
    int checked = 0;
    for (unsigned seed = 1; seed <= publishers; ++seed) {
        CAPTURE(what);
        CAPTURE(seed);
        std::mt19937 random(seed * 7919);
        Habits habits;
        const auto any = [&](int least, int most) {
            return std::uniform_int_distribution(least, most)(random);
        };
        habits.distance_ms = any(0, 3) == 0 ? 0 : any(-60'000, 60'000);
        habits.stored_ms = any(0, 1) == 0 ? 0 : any(0, 10'000);
        if (any(0, 3) == 0) (any(0, 1) == 0 ? habits.has_video : habits.has_sound) = false;
        habits.sends_data = any(0, 1) == 0;
        choose(random, habits);
        Simulation simulation(seed, habits);
        const std::string fault = simulation.run(60);
        CHECK_MESSAGE(fault == "", "distance " << habits.distance_ms << ", stored "
                                               << habits.stored_ms << ", video " << habits.has_video
                                               << ", sound " << habits.has_sound);
        CHECK(simulation.discarded() == 0);
        checked += simulation.checked();
    }
    CHECK(checked > static_cast<int>(publishers) * 500);
}

}  // namespace

TEST_CASE("rebase: session time keeps pace with the wall clock, whatever the line does") {
    check_many("a good line", [](auto&, Habits&) {});
    check_many("stalls", [](auto&, Habits& habits) { habits.stalls = true; });
}

TEST_CASE("rebase: session time keeps pace with the wall clock, however the clock jumps") {
    check_many("jumps", [](auto&, Habits& habits) { habits.jumps = true; });
    check_many("jumps of both tracks",
               [](auto&, Habits& habits) { habits.jumps = habits.jumps_together = true; });
    check_many("jumps and stalls",
               [](auto&, Habits& habits) { habits.jumps = habits.stalls = true; });
}

TEST_CASE("rebase: session time keeps pace with the wall clock, though the publisher pauses") {
    check_many("pauses", [](auto&, Habits& habits) { habits.pauses = true; });
    check_many("leaves and comes back", [](auto&, Habits& habits) { habits.leaves = true; });
    check_many("all of it", [](auto& random, Habits& habits) {
        habits.stalls = random() % 2 == 0;
        habits.jumps = random() % 2 == 0;
        habits.pauses = random() % 2 == 0;
        habits.leaves = random() % 2 == 0;
    });
}

TEST_CASE("rebase: whatever comes in, each track's times never run backwards") {
    std::minstd_rand random(1);
    Rebase rebase;
    SteadyTime now{};
    std::uint32_t last_audio = 0, last_video = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += Milliseconds(random() % 50);
        const auto any = static_cast<std::uint32_t>(random());
        const std::uint32_t ms = any % 4 == 0 ? any * 2 : any % 5000;
        if (random() % 100 == 0) rebase.begin({.video = RtmpTime(ms)}, now);
        if (random() % 100 == 0) rebase.begin({.video = RtmpTime(ms), .audio = RtmpTime(any)}, now);
        if (random() % 100 == 0) rebase.begin_apart(now);
        const auto moved = rebase.apply(random() % 2 == 0 ? audio(ms) : inter(ms), now);
        if (!moved) continue;
        std::uint32_t& last = moved->type == TagType::audio ? last_audio : last_video;
        REQUIRE(moved->time.since(RtmpTime(last)) >= 0);
        last = moved->time.ms();
    }
}
