// Random steps: whatever is done to it, afterwards every wanted destination is live and nobody is
// left over.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "flv/setup_tags.hpp"
#include "process/descendants.hpp"
#include "process/fickle_server.hpp"
#include "process/odd_publisher.hpp"
#include "process/patience.hpp"
#include "process/recording.hpp"
#include "process/scene.hpp"
#include "process/tag_server.hpp"
#include "process/tcp_proxy.hpp"
#include "process/temporary_folder.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("random");

namespace {

unsigned number_from(const char* variable, unsigned otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

const std::string everybody = "everybody";
const std::string nobody = "nobody";

/// Does one random thing after the other to four destinations, three over RTMP, of which one has a
/// bad line and one a bad server, and a file, and knows what should have come of it. A fifth is
/// never touched.
class Walk {
  public:
    Walk(IngestServer ingest, unsigned seed) : random_(seed), scene_(ingest) {
        // A player of the recording would stumble over frames between a header and its keyframe.
        const std::string more = "hold = \"20s\"\non_track_change = \"reconnect\"\n";
        for (const auto& name : names_) {
            if (name == archive_)
                scene_.world.add(name, "file:" + files_.path().string() + "/%Y%m%d-%H%M%S.mkv", "",
                                 more);
            else if (name == fickle_)
                scene_.world.add(name, fickle_server_.url(), "fickle", more);
            else if (name == far_)
                scene_.world.add(name, fmt::format("rtmp://127.0.0.1:{}/live", line_.port()), name,
                                 more);
            else
                scene_.add(name, more);
        }
        scene_.world.add(witness_, witness_server_.url(), witness_, "hold = \"20s\"\n");
        scene_.publish();
        scene_.world.must({"enable", "--all"});
        for (const auto& name : names_) wanted_[name] = true;
    }

    void step(unsigned number) {
        const std::string name = names_[any(names_.size())];
        const std::string what = actions_[any(actions_.size())];
        const std::string text = std::to_string(number) + ": " + what + " " + name;
        story_ += text + "\n";
        INFO(story_);
        const auto ended_before = ended_for_headers();
        note_who_recovers();
        const auto before = sessions();
        const std::string touched = act(what, name);
        if (touched != everybody) check_others(touched, before, ended_before);
    }

    void check_end() {
        INFO(story_);
        mend_line();
        fickle_server_.change(FickleServer::Mood::good);
        // Everything that is wanted was told so by its last command; a killed relay is brought
        // back.
        for (const auto& [name, wanted] : wanted_) {
            CHECK(scene_.world.status(name)["wanted"] == wanted);
            // A restart by name runs also what is not wanted: wishes are kept, whatever they are.
            scene_.world.must({wanted ? "enable" : "disable", name});
        }
        int live = 0;
        for (const auto& [name, wanted] : wanted_) {
            CAPTURE(name);
            const json part = scene_.world.status(name);
            if (!wanted) {
                CHECK_MESSAGE(part["state"] == "stopped", part.dump());
                continue;
            }
            ++live;
            CHECK_MESSAGE(scene_.world.wait_state(name, "live"), scene_.world.status(name).dump());
            CHECK(wait_until(Patience(seconds(5)), [&] {
                return name == archive_ || name == fickle_ ||
                       scene_.platform.begun(name) - scene_.platform.ended(name) == 1;
            }));
        }
        CHECK_MESSAGE(World::count_processes("restream-relay") == 2 * (live + 1),
                      describe(living_descendants()));
        check_witness();
        for (const auto& [name, wanted] : wanted_) {
            CAPTURE(name);
            if (!wanted) continue;
            if (name == archive_) {
                check_archive();
            } else if (name == fickle_) {
                scene_.world.must({"disable", name});
            } else {
                check_whole(scene_.finish(name));
            }
        }
        scene_.world.must({"disable", witness_});
        CHECK_MESSAGE(World::count_processes("restream-relay") == 0,
                      describe(living_descendants()));
    }

  private:
    std::vector<std::filesystem::path> archives() const {
        std::vector<std::filesystem::path> all;
        for (const auto& each : std::filesystem::directory_iterator(files_.path())) {
            all.push_back(each.path());
        }
        std::ranges::sort(all, {}, [](const auto& file) { return last_write_time(file); });
        return all;
    }

    void check_archive() {
        CHECK(scene_.wait_flow(archive_));
        scene_.world.must({"disable", archive_});
        const auto all = archives();
        REQUIRE_FALSE(all.empty());
        check_whole(decode(all.back()));
    }

    /// Nobody touched it: one session for each codec, and no picture is missing but where the
    /// publisher or the ingest was away. If the publisher leaves while the destination connects,
    /// the connection is given up before it carries anything.
    void check_witness() const {
        CHECK(scene_.world.wait_state(witness_, "live"));
        const auto sessions = witness_server_.sessions();
        REQUIRE_FALSE(sessions.empty());
        CHECK_FALSE(sessions.back().has_ended);
        int gaps = 0;
        int given_up = 0;
        for (const auto& each : sessions) {
            if (each.tags.empty())
                ++given_up;
            else
                gaps += gaps_in(each.tags);
        }
        CHECK(static_cast<int>(sessions.size()) - given_up <= 1 + codec_changes_);
        CHECK(given_up <= interruptions_);
        CHECK(gaps <= interruptions_);
    }

    /// How often a picture came later than the one behind the last.
    static int gaps_in(const std::vector<Tag>& tags) {
        constexpr std::int32_t two_pictures_ms = 67;
        int gaps = 0;
        std::optional<RtmpTime> last;
        for (const Tag& each : tags) {
            if (each.type != TagType::video || SetupTags::is_one(each)) continue;
            // ffmpeg's last word, which is no picture.
            const auto facts = video_facts(each.bytes());
            if (!facts || facts->is_end_of_sequence) continue;
            const std::int32_t step = last ? each.time.since(*last) : 1;
            CHECK(step > 0);
            if (step > two_pictures_ms) ++gaps;
            last = each.time;
        }
        CHECK(last.has_value());
        return gaps;
    }

    /// So many sessions of it have begun.
    int begun(const std::string& name) const {
        if (name == fickle_) return fickle_server_.begun();
        return name == archive_ ? static_cast<int>(archives().size()) : scene_.platform.begun(name);
    }

    std::size_t any(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }

    std::map<std::string, int> sessions() const {
        std::map<std::string, int> all;
        for (const auto& name : names_) all[name] = begun(name);
        return all;
    }

    bool is_live(const std::string& name) const { return scene_.world.state(name) == "live"; }

    /// Returns whom it touched: that destination, another one, everybody, or nobody.
    std::string act(const std::string& what, const std::string& name) {
        if (what == "flap" || what == "change" || what == "kill ingest") {
            ++interruptions_;
            if (what == "kill ingest") kill_ingest();
            leave();
            come(what);
            return everybody;
        }
        if (what == "new header") {
            change_header();
            return everybody;
        }
        if (what == "freeze") {
            ++interruptions_;
            freeze_publisher();
            return nobody;
        }
        if (what == "line") {
            killed_at_[far_] = begun(far_);
            spoil_or_mend_line();
            return far_;
        }
        if (what == "server") {
            killed_at_[fickle_] = begun(fickle_);  // what was there breaks
            fickle_server_.change(static_cast<FickleServer::Mood>(any(6)));
            return fickle_;
        }
        if (what == "kill guardian" || what == "kill worker" || what == "kill both")
            kill(what, name);
        else if (what == "disable")
            disable(name);
        else
            enable_or_restart(what, name);
        return name;
    }

    void spoil_or_mend_line() {
        if (is_line_bad_) {
            mend_line();
            return;
        }
        const std::size_t how = any(3);
        is_line_bad_ = how < 2;
        if (how == 0) line_.set_mode(TcpProxy::Mode::stall);
        if (how == 1) line_.set_mode(TcpProxy::Mode::refuse);
        if (how >= 1) line_.cut();
    }
    void mend_line() {
        if (!std::exchange(is_line_bad_, false)) return;
        line_.set_mode(TcpProxy::Mode::pass);
        line_.cut();
    }

    /// SIGKILL: its guardian starts it again. Not where it is young: the guardian waits up to 30 s
    /// before the next one where three lived for less than 10 s in all, and no session is held so
    /// long.
    void kill_ingest() {
        if (SteadyClock::now() - ingest_began_ < seconds(4)) return;
        const auto server = scene_.world.ingest_record().server;
        if (!server) return;
        kill_if_there(server->pid);
        CHECK(wait_gone(server->pid, seconds(5)));
        CHECK(scene_.world.wait_ingest("no_publisher"));
        ingest_began_ = SteadyClock::now();
    }

    bool is_bad(const std::string& name) const {
        return (name == far_ && is_line_bad_) ||
               (name == fickle_ && fickle_server_.mood() != FickleServer::Mood::good);
    }

    void enable_or_restart(const std::string& what, const std::string& name) {
        if (is_bad(name)) {
            const Outcome outcome = scene_.world.run({what, name, "--timeout", "1s"});
            CHECK_MESSAGE((outcome.status == 0 || outcome.status == 5), outcome.describe());
            if (what == "enable") wanted_[name] = true;
            return;
        }
        const Outcome outcome = scene_.world.run({what, name});
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        if (what == "enable") {
            wanted_[name] = true;
            const std::string state = scene_.world.state(name);
            // Holding or waiting: a publisher who was away is back, its keyframe is not yet.
            CHECK_MESSAGE((state == "live" || state == "holding" || state == "waiting"), state);
        }
    }

    void disable(const std::string& name) {
        const Outcome outcome = scene_.world.run({"disable", name});
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        wanted_[name] = false;
        CHECK(scene_.world.state(name) == "stopped");
        CHECK_FALSE(scene_.world.is_lock_held(name));
    }

    void kill(const std::string& what, const std::string& name) {
        if (!scene_.world.is_lock_held(name)) return;
        killed_at_[name] = begun(name);
        const int guardian = scene_.world.guardian(name);
        const int worker = scene_.world.worker(name);
        // Either may just be ending by itself.
        if (what != "kill worker") kill_if_there(guardian);
        if (what != "kill guardian") kill_if_there(worker);
    }

    /// OBS hangs for a moment: nobody's session ends.
    void freeze_publisher() {
        if (odd_)
            odd_->freeze();
        else
            freeze(scene_.publisher->pid());
        CHECK(scene_.world.wait_ingest("silent"));
        for (const auto& name : names_) {
            const json part = scene_.world.status(name);
            CHECK_MESSAGE((part["state"] != "live" || part["reason"].is_object()), part.dump());
        }
        if (odd_)
            odd_->thaw();
        else
            thaw(scene_.publisher->pid());
        CHECK(scene_.world.wait_ingest("live"));
    }

    void leave() {
        const bool says_goodbye = any(2) == 0;
        if (odd_) {
            if (says_goodbye) odd_->finish();
            odd_.reset();
        } else if (says_goodbye) {
            scene_.publisher->stop();
        } else {
            scene_.publisher->kill();
        }
        // Else the next one would be taken for there, while the ingest still has this one.
        CHECK(scene_.world.wait_ingest("no_publisher"));
    }

    /// Another publisher, of which there are four kinds.
    void come(const std::string& what) {
        if (what == "change") {
            come_plain(Footage::picture_and_sound);
            return;
        }
        const std::size_t kind = any(4);
        if (kind == 0) come_plain(Footage::short_gop);
        if (kind == 1) come_plain(Footage::mp3);
        if (kind >= 2) come_odd();
    }
    void come_plain(Footage footage) {
        scene_.publish(footage);
        note_sound(footage == Footage::mp3, 0);
    }
    void come_odd() {
        constexpr std::int32_t distances_ms[] = {-2'000, -1'100, 0, 1'100, 2'000};
        const std::int32_t ahead_ms = distances_ms[any(std::size(distances_ms))];
        story_ += fmt::format("   sound ahead by {} ms\n", ahead_ms);
        odd_.emplace(scene_.world.ingest_url(), ahead_ms);
        CHECK(scene_.world.wait_ingest("live"));
        CHECK(odd_->runs());
        note_sound(false, ahead_ms);
    }

    /// Another codec is another session for everybody.
    void note_sound(bool is_mp3, std::int32_t ahead_ms) {
        if (std::exchange(is_mp3_, is_mp3) != is_mp3) {
            ++codec_changes_;
            for (const auto& name : names_) killed_at_[name] = begun(name);
        }
        // Sound that comes back further behind may take a moment to fit in.
        if (ahead_ms < std::exchange(sound_ahead_ms_, ahead_ms)) ++interruptions_;
    }

    /// In mid-broadcast, before its keyframe. Who cannot take that begins a new session.
    void change_header() {
        if (!odd_) {
            ++interruptions_;
            leave();
            come_odd();
        }
        for (const auto& name : names_) killed_at_[name] = begun(name);
        CHECK(odd_->change_header());
        header_changed_at_ = SteadyClock::now();
    }

    /// So many of its sessions ended for another header, as its log says.
    std::map<std::string, int> ended_for_headers() const {
        std::map<std::string, int> all;
        for (const auto& name : names_) {
            all[name] = 0;
            std::ifstream log(scene_.world.layout().log(name));
            for (std::string line; std::getline(log, line);) {
                if (has(line, "session ended: the ingest came back with other settings"))
                    ++all[name];
            }
        }
        return all;
    }

    /// Who was not touched, and is not just coming back from an earlier step, has lost no
    /// connection. One exception: a relay that began with the old header, just before the keyframe
    /// of the new one, may begin again in the step after the change.
    void check_others(const std::string& touched, const std::map<std::string, int>& before,
                      const std::map<std::string, int>& ended_before) {
        const auto after = sessions();
        const bool is_header_new = SteadyClock::now() - header_changed_at_ < seconds(5);
        const auto ended = is_header_new ? ended_for_headers() : ended_before;
        for (const auto& [name, count] : before) {
            if (name == touched || recovering_.contains(name)) continue;
            CHECK_MESSAGE(after.at(name) <= count + ended.at(name) - ended_before.at(name),
                          name << " was not touched, and lost its session");
        }
    }

    /// Whoever is not live, or had a process killed and has begun no session since, may begin one
    /// any time.
    void note_who_recovers() {
        for (const auto& name : names_) {
            const bool has_begun = !killed_at_.contains(name) || begun(name) > killed_at_[name];
            if (has_begun && is_live(name) && !is_bad(name)) {
                recovering_.erase(name);
                killed_at_.erase(name);
            } else {
                recovering_.insert(name);
            }
        }
    }

    const std::string archive_ = "archive";
    const std::string far_ = "twitch";
    const std::string fickle_ = "kick";
    const std::string witness_ = "witness";
    const std::vector<std::string> names_ = {"youtube", far_, fickle_, archive_};
    const std::vector<std::string> actions_ = {
        "enable",      "enable",    "enable",      "disable", "restart",   "kill guardian",
        "kill worker", "kill both", "flap",        "change",  "line",      "line",
        "server",      "server",    "kill ingest", "freeze",  "new header"};
    std::mt19937 random_;
    TemporaryFolder files_;
    Scene scene_;
    TcpProxy line_{scene_.platform.port()};
    FickleServer fickle_server_;
    TagServer witness_server_;
    /// Instead of the scene's publisher.
    std::optional<OddPublisher> odd_;
    SteadyTime ingest_began_ = SteadyClock::now();
    SteadyTime header_changed_at_{};
    bool is_mp3_ = false;
    int codec_changes_ = 0;
    std::int32_t sound_ahead_ms_ = 0;
    bool is_line_bad_ = false;
    int interruptions_ = 0;
    std::map<std::string, bool> wanted_;
    std::set<std::string> recovering_;
    std::map<std::string, int> killed_at_;
    std::string story_;
};

/// Half of the steps that are asked for.
void walk_at(IngestServer ingest) {
    const unsigned seed = number_from("RESTREAM_TEST_SEED", std::random_device{}());
    const unsigned steps = number_from("RESTREAM_TEST_STEPS", 100);
    MESSAGE("RESTREAM_TEST_SEED=" << seed << " RESTREAM_TEST_STEPS=" << steps);
    Walk walk(ingest, seed);
    for (unsigned i = 1; i <= steps / 2; ++i) walk.step(i);
    walk.check_end();
}

}  // namespace

TEST_CASE(
    "random steps: every wanted destination carries picture and sound, no process is left, nobody "
    "else is harmed; at the embedded ingest") {
    walk_at(IngestServer::embedded);
}

TEST_CASE(
    "random steps: every wanted destination carries picture and sound, no process is left, nobody "
    "else is harmed; at nginx") {
    walk_at(IngestServer::nginx);
}

TEST_SUITE_END();

}  // namespace restream::test
