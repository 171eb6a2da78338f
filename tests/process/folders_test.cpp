// Folders that cannot be read, written or entered, and what stands in their place: every command
// says which path is wrong and what helps, and loses nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "process/free_port.hpp"
#include "process/permissions.hpp"
#include "process/world.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("folders");

namespace {

using Words = std::vector<std::string>;

/// What is wrong with a folder.
struct Fault {
    const char* name;
    /// Permissions; or what stands there instead.
    fs::perms permissions = fs::perms::none;
    enum class Instead { nothing, file, broken_link, link_loop } instead = Instead::nothing;
};

const Fault faults[] = {
    {"without any permission", fs::perms::none},
    {"unreadable", fs::perms::owner_write | fs::perms::owner_exec},
    {"unwritable", fs::perms::owner_read | fs::perms::owner_exec},
    {"not enterable", fs::perms::owner_read | fs::perms::owner_write},
    {"a file", {}, Fault::Instead::file},
    {"a broken link", {}, Fault::Instead::broken_link},
    {"a link to itself", {}, Fault::Instead::link_loop},
};

/// The fault, for as long as this lives.
class Broken {
  public:
    Broken(fs::path folder, const Fault& fault)
        : folder_(std::move(folder)), away_(folder_.string() + "-away"), fault_(fault) {
        if (fault.instead == Fault::Instead::nothing) {
            fs::permissions(folder_, fault.permissions);
            return;
        }
        fs::rename(folder_, away_);
        if (fault.instead == Fault::Instead::file) write_file(folder_, "not a folder\n");
        if (fault.instead == Fault::Instead::broken_link) fs::create_symlink("missing", folder_);
        if (fault.instead == Fault::Instead::link_loop) {
            fs::create_symlink(folder_.filename(), folder_);
        }
    }
    ~Broken() {
        std::error_code ignored;
        if (fault_.instead == Fault::Instead::nothing) {
            fs::permissions(folder_, fs::perms::owner_all, ignored);
            return;
        }
        fs::remove(folder_, ignored);
        fs::rename(away_, folder_, ignored);
    }
    Broken(const Broken&) = delete;
    Broken& operator=(const Broken&) = delete;

  private:
    fs::path folder_;
    fs::path away_;
    Fault fault_;
};

/// The files of a home that hold what the user said, with their content.
std::map<std::string, std::string> wishes_of(const fs::path& home) {
    std::map<std::string, std::string> files;
    for (const char* folder : {"of-config/config", "of-state/state/wanted"}) {
        for (const auto& entry : fs::recursive_directory_iterator(home / folder)) {
            if (!entry.is_regular_file()) continue;
            files[fs::relative(entry.path(), home).string()] = content_of(entry.path());
        }
    }
    return files;
}

/// One home in which nothing runs, and all that a command may do in it.
class Home {
  public:
    Home(const World& world, fs::path path) : world_(world), path_(std::move(path)) {}

    const fs::path& path() const { return path_; }
    fs::path config() const { return path_ / "of-config" / "config"; }
    fs::path state() const { return path_ / "of-state" / "state"; }

    Outcome run(const Words& arguments, const std::string& input = "") const {
        CommandLine line = world_.command(arguments, {.input = input});
        std::erase_if(line.variables, [](const auto& each) {
            return each.first == "HOME" || each.first.starts_with("RESTREAM_");
        });
        line.variables.insert(line.variables.end(), {{"HOME", path_.string()},
                                                     {"RESTREAM_CONFIG_DIR", config().string()},
                                                     {"RESTREAM_STATE_DIR", state().string()}});
        return run_command_line(bound_by_permissions(std::move(line)), seconds(60));
    }

  private:
    const World& world_;
    fs::path path_;
};

/// Those that only look come first: what the others leave behind must not hide a lie.
const std::vector<Words> looks = {
    {"status"},      {"status", "--json"}, {"status", "one"},     {"explain"},  {"doctor"},
    {"logs", "one"}, {"ingest", "status"}, {"service", "status"}, {"services"}, {"doctor", "--fix"},
};
const std::vector<Words> changes = {
    {"key", "one", "--key-stdin"},
    {"add", "two", "--url", "rtmp://127.0.0.1:9/live", "--key-stdin"},
    {"enable", "one", "--no-start"},
    {"ingest", "start"},
    {"ingest", "reload"},
    {"probe", "--seconds", "0.1"},
    {"enable", "one", "--timeout", "3s"},
    {"start", "--timeout", "3s"},
    {"start", "--heal"},
    {"restart", "--timeout", "3s"},
    {"ingest", "restart"},
    {"dashboard", "--background"},
    {"dashboard", "--stop"},
    {"stop"},
    {"ingest", "stop"},
    {"stop", "--ingest"},
    {"remove", "two"},
    {"disable", "one"},
    {"disable", "--all"},
    {"remove", "one"},
};

bool names_a_remedy(const std::string& text) {
    return std::ranges::any_of(
        std::array{"chmod", "mv '", "rm '", "make what it leads to", "chown", "run '"},
        [&](const char* word) { return has(text, word); });
}

/// What is wrong with how a command ended; empty if nothing is.
std::string complaint(const Words& arguments, const Outcome& outcome, const std::string& broken) {
    const std::string text = outcome.output + outcome.error;
    if (has(text, "a bug in restream") || outcome.status == 70) return "calls it a bug";
    if (has(text, "filesystem error") || has(text, "terminate called")) return "raw words";
    const bool is_known_end = outcome.status == 0 || outcome.status == 1 || outcome.status == 2 ||
                              outcome.status == 3 || outcome.status == 5;
    if (!is_known_end) return "ends with an unknown status";
    // What nothing runs for fails for that reason alone.
    const bool needs_ingest = arguments.front() == "probe" || arguments.back() == "reload";
    const bool is_refusal = outcome.status == 3 || (outcome.status == 5 && !needs_ingest);
    if (is_refusal && !has(text, broken)) return "does not name the path";
    if (is_refusal && !names_a_remedy(text)) return "names no remedy";
    const bool is_about_unknown_name = arguments.back() == "two" || arguments.front() == "logs";
    if (outcome.status == 2 && !is_about_unknown_name) return "blames the user";
    return {};
}

/// Commands that look and must not take an unreadable folder for an empty one.
bool must_refuse(const Words& arguments, const std::string& folder, const Fault& fault) {
    const bool is_state = folder == "of-state" || folder == "of-state/state" ||
                          folder == "of-state/state/run" || folder == "of-state/state/run/relays" ||
                          folder == "of-state/state/wanted";
    const bool hides = fault.permissions != (fs::perms::owner_read | fs::perms::owner_exec);
    if (!is_state || !hides) return false;
    // A folder that is only entered by name needs no reading.
    const bool is_listed = folder.ends_with("relays") || folder.ends_with("wanted");
    if (std::string(fault.name) == "unreadable" && !is_listed) return false;
    return arguments.front() == "status" || arguments.front() == "explain" ||
           arguments == Words{"ingest", "status"};
}

}  // namespace

TEST_CASE(
    "folders: one that cannot be read, written or entered, a file or a link in its place: every "
    "command names the path and what helps, and loses nothing") {
    const World world(IngestServer::embedded);
    if (!can_be_bound_by_permissions()) {
        MESSAGE("SKIPPED: root cannot give up its power over permissions here");
        return;
    }
    // What everything is copied from: a destination that was started once.
    const Home first(world, world.home() / "first");
    const auto configure = [](const Home& home) {
        const int port = free_port();
        write_file(home.config() / "restream.toml",
                   fmt::format("[ingest]\nlisten = \"127.0.0.1:{0}\"\nurl = "
                               "\"rtmp://127.0.0.1:{0}/live\"\n\n[dashboard]\nlisten = "
                               "\"127.0.0.1:{1}\"\n",
                               port, free_port()));
    };
    fs::create_directories(first.config());
    fs::create_directories(first.state());
    configure(first);
    const auto must = [&](const Words& arguments, const std::string& input = "") {
        const Outcome outcome = first.run(arguments, input);
        REQUIRE_MESSAGE(outcome.status == 0, outcome.describe());
    };
    must({"add", "one", "--url", "rtmp://127.0.0.1:9/live", "--key-stdin"}, "first-key\n");
    must({"enable", "one"});
    must({"stop", "--ingest"});

    struct Case {
        std::string folder;
        const Fault* fault;
    };
    std::vector<Case> cases;
    for (const char* folder :
         {"of-config", "of-config/config", "of-config/config/destinations.d", "of-state",
          "of-state/state", "of-state/state/run", "of-state/state/run/relays",
          "of-state/state/wanted", "of-state/state/logs"}) {
        for (const Fault& fault : faults) cases.push_back({folder, &fault});
    }
    std::vector<fs::path> homes;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        homes.push_back(world.home() / fmt::format("home-{}", i));
        fs::copy(first.path(), homes.back(), fs::copy_options::recursive);
        configure(Home(world, homes.back()));
    }

    std::mutex mutex;
    std::vector<std::string> complaints;
    const auto complain_about = [&](const Case& each, const Words& arguments,
                                    const std::string& what, const std::string& more) {
        const std::lock_guard lock(mutex);
        complaints.push_back(fmt::format("{} is {}: restream {}: {}\n{}", each.folder,
                                         each.fault->name, fmt::join(arguments, " "), what, more));
    };
    const auto try_all = [&](const Case& each, const fs::path& path) {
        const Home home(world, path);
        const fs::path folder = path / each.folder;
        const auto before = wishes_of(path);
        const auto run_all = [&](const std::vector<Words>& commands) {
            for (const Words& arguments : commands) {
                const auto unchanged = wishes_of(path);
                Outcome outcome;
                {
                    const Broken broken(folder, *each.fault);
                    outcome = home.run(arguments, "other-key\n");
                }
                std::string what = complaint(arguments, outcome, folder.string());
                const bool is_doctor = arguments.front() == "doctor";
                if (is_doctor && outcome.status == 0 && outcome.error.empty() &&
                    !has(outcome.output, folder.string())) {
                    what = "doctor overlooks it";
                }
                if (must_refuse(arguments, each.folder, *each.fault) && outcome.status != 5) {
                    what = "answers as if the folder were empty";
                }
                // What was refused changed nothing.
                const bool is_refusal = outcome.status == 3 || outcome.status == 5;
                const bool may_want = arguments.front() == "enable";
                if (is_refusal && !may_want && wishes_of(path) != unchanged) {
                    what = "is refused and changes something";
                }
                if (!what.empty()) complain_about(each, arguments, what, outcome.describe());
            }
        };
        run_all(looks);
        if (wishes_of(path) != before) complain_about(each, {"status"}, "looking changes it", "");
        run_all(changes);
        const Outcome stopped = home.run({"stop", "--ingest"});
        if (stopped.status != 0 && fs::exists(home.config() / "restream.toml")) {
            complain_about(each, {"stop"}, "fails with the folder as it was", stopped.describe());
        }
    };
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (std::size_t at = next++; at < cases.size(); at = next++) {
                    try_all(cases[at], homes[at]);
                }
            });
        }
    }
    for (const auto& each : complaints) CHECK_MESSAGE(each.empty(), each);
}

TEST_CASE(
    "folders: a relative folder from a current folder that was deleted is no bug of restream") {
    const World world(IngestServer::embedded);
    const fs::path gone = world.home() / "gone";
    for (const char* variable : {"RESTREAM_CONFIG_DIR", "RESTREAM_STATE_DIR"}) {
        CAPTURE(variable);
        fs::create_directory(gone);
        CommandLine line{"/bin/sh",
                         {"-c", fmt::format("cd '{0}' && rmdir '{0}' && exec '{1}' status",
                                            gone.string(), world.command({}).program.string())}};
        line.variables = world.command({}).variables;
        std::erase_if(line.variables, [&](const auto& each) { return each.first == variable; });
        line.variables.emplace_back(variable, "relative");
        const Outcome outcome = run_command_line(line);
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, variable), outcome.describe());
    }
}

TEST_SUITE_END();

}  // namespace restream::test
