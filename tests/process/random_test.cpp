// Random steps: whatever is done to it, afterwards every wanted destination is live and nobody is
// left over.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "process/descendants.hpp"
#include "process/recording.hpp"
#include "process/scene.hpp"
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

/// Does one random thing after the other to three destinations over RTMP and one file, and knows
/// what should have come of it.
class Walk {
  public:
    Walk(IngestServer ingest, unsigned seed) : random_(seed), scene_(ingest) {
        for (const auto& name : names_) {
            if (name == archive_)
                scene_.world.add(name, "file:" + files_.path().string() + "/%Y%m%d-%H%M%S.mkv", "",
                                 "hold = \"20s\"\n");
            else
                scene_.add(name, "hold = \"20s\"\n");
        }
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
        note_who_recovers();
        const auto before = sessions();
        const bool touches_all = act(what, name);
        if (!touches_all) check_others(name, before);
    }

    void check_end() {
        INFO(story_);
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
            CHECK(wait_until(Deadline::after(seconds(5)), [&] {
                return name == archive_ ||
                       scene_.platform.begun(name) - scene_.platform.ended(name) == 1;
            }));
        }
        CHECK_MESSAGE(World::count_processes("restream-relay") == 2 * live,
                      describe(living_descendants()));
        for (const auto& [name, wanted] : wanted_) {
            CAPTURE(name);
            if (wanted && name != archive_) check_whole(scene_.finish(name));
            if (wanted && name == archive_) check_archive();
        }
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

    /// So many sessions of it have begun.
    int begun(const std::string& name) const {
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

    /// True where it touches more than that destination.
    bool act(const std::string& what, const std::string& name) {
        if (what == "flap") {
            flap();
            return true;
        }
        if (what == "kill guardian" || what == "kill worker" || what == "kill both")
            kill(what, name);
        else if (what == "disable")
            disable(name);
        else
            enable_or_restart(what, name);
        return false;
    }

    void enable_or_restart(const std::string& what, const std::string& name) {
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

    /// OBS away for a moment.
    void flap() {
        if (any(2) == 0)
            scene_.publisher->stop();
        else
            scene_.publisher->kill();
        scene_.publish();
    }

    /// Who was not touched, and is not just coming back from an earlier step, has lost no
    /// connection.
    void check_others(const std::string& touched, const std::map<std::string, int>& before) {
        const auto after = sessions();
        for (const auto& [name, count] : before) {
            if (name == touched || recovering_.contains(name)) continue;
            CHECK_MESSAGE(after.at(name) == count,
                          name << " was not touched, and lost its session");
        }
    }

    /// Whoever is not live, or had a process killed and has begun no session since, may begin one
    /// any time.
    void note_who_recovers() {
        for (const auto& name : names_) {
            const bool has_begun = !killed_at_.contains(name) || begun(name) > killed_at_[name];
            if (has_begun && is_live(name)) {
                recovering_.erase(name);
                killed_at_.erase(name);
            } else {
                recovering_.insert(name);
            }
        }
    }

    const std::string archive_ = "archive";
    const std::vector<std::string> names_ = {"youtube", "twitch", "kick", archive_};
    const std::vector<std::string> actions_ = {"enable",    "enable",        "disable",
                                               "restart",   "kill guardian", "kill worker",
                                               "kill both", "flap"};
    std::mt19937 random_;
    TemporaryFolder files_;
    Scene scene_;
    std::map<std::string, bool> wanted_;
    std::set<std::string> recovering_;
    std::map<std::string, int> killed_at_;
    std::string story_;
};

/// Half of the steps that are asked for.
void walk_at(IngestServer ingest) {
    const unsigned seed = number_from("RESTREAM_TEST_SEED", std::random_device{}());
    const unsigned steps = number_from("RESTREAM_TEST_STEPS", 200);
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
