// What restream advises: every command that a message names can be run as it is printed, and
// doctor's remedies mend what they are for.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/permissions.hpp"
#include "process/world.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("remedies");

namespace {

/// The text of a source, each string literal that goes on in the next line put together, and
/// comments taken away.
std::string joined_source(const fs::path& file) {
    static const std::regex comment(R"((^|\n)\s*//[^\n]*)");
    static const std::regex seam(R"("\s*\n\s*")");
    static const std::regex inserted(R"re("\s*\+\s*\w+\s*\+\s*")re");
    std::string text = std::regex_replace(content_of(file), comment, "\n");
    text = std::regex_replace(text, seam, "");
    return std::regex_replace(text, inserted, "{}");
}

/// Every 'restream COMMAND …' that the programs print, with gaps as they stand there.
std::set<std::string> advised_commands() {
    static const std::regex command(R"('restream ([a-z][^'\n]*)')");
    std::set<std::string> found;
    for (const char* folder : {"lib", "apps"}) {
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(RESTREAM_SOURCE) / folder)) {
            const auto kind = entry.path().extension();
            if (kind != ".cpp" && kind != ".hpp") continue;
            const std::string text = joined_source(entry.path());
            for (std::sregex_iterator each(text.begin(), text.end(), command), end; each != end;
                 ++each) {
                found.insert((*each)[1]);
            }
        }
    }
    return found;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream words(text);
    return {std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
}

/// A command's words, with a destination in each gap. No value where the verb itself is one.
std::optional<std::vector<std::string>> as_arguments(const std::string& command) {
    static const std::regex gap(R"(\{[^}]*\})");
    if (command.starts_with("{") || command.find("ingest {") != std::string::npos) {
        return std::nullopt;
    }
    const std::string name = command.starts_with("add ") ? "new" : "one";
    std::vector<std::string> words = words_of(std::regex_replace(command, gap, name));
    for (auto& each : words) {
        if (each == "NAME") each = name;
        if (each == "ID") each = "twitch";
        if (each == "COMMAND") each = "status";
    }
    return words;
}

json findings_of(const CommandLine& line) {
    const Outcome outcome = run_command_line(line);
    const json document = json::parse(outcome.output, nullptr, false);
    REQUIRE_MESSAGE(!document.is_discarded(), outcome.describe());
    return document["findings"];
}

json find(const json& findings, const std::string& code) {
    for (const auto& each : findings) {
        if (each["code"] == code && each["severity"] != "ok") return each;
    }
    return nullptr;
}

/// What a user would copy from a finding: the first command of ours, or the shell's.
std::string printed_command(const json& finding) {
    static const std::regex ours(R"re('(restream [^']*)')re");
    static const std::regex shells(R"re(((?:chmod|mv|rm) .*)$)re");
    const std::string text =
        finding["remedy"].get<std::string>() + "\n" + finding["message"].get<std::string>();
    std::smatch found;
    if (std::regex_search(text, found, ours)) return found[1];
    const std::string remedy = finding["remedy"];
    if (std::regex_search(remedy, found, shells)) return found[1];
    return {};
}

/// A world in which a fault is made, found, and mended as doctor says.
struct Patient {
    World world{IngestServer::embedded};

    Patient() {
        configure();
        world.add("one", "rtmp://127.0.0.1:9/live", "word");
    }
    void configure(const std::string& dashboard = "") const {
        world.configure(
            fmt::format("[dashboard]\nlisten = \"127.0.0.1:{}\"\n{}", port_, dashboard));
    }
    json find_now(const std::string& code) const {
        return find(findings_of(bound_by_permissions(world.command({"doctor", "--json"}))), code);
    }
    /// Runs what the finding says, with `instead` in the place of words that stand for the user's
    /// own, and checks that doctor does not find it any more.
    void mend(const std::string& code, const std::vector<std::string>& instead = {},
              const std::string& input = "") const {
        CAPTURE(code);
        const json finding = find_now(code);
        REQUIRE_FALSE(finding.is_null());
        std::string command = printed_command(finding);
        CAPTURE(finding.dump());
        REQUIRE_FALSE(command.empty());
        for (std::size_t i = 0; i + 1 < instead.size(); i += 2) {
            command = std::regex_replace(command, std::regex(instead[i]), instead[i + 1]);
        }
        CommandLine line = world.command({}, {.input = input});
        const std::string programs = line.program.parent_path().string();
        line.variables.emplace_back("PATH", programs + ":/usr/bin:/bin");
        line.program = "/bin/sh";
        line.arguments = {"-c", command};
        const Outcome outcome = run_command_line(bound_by_permissions(line), seconds(40));
        // Doctor itself ends with 1 for what else it finds.
        const bool is_done = outcome.status == 0 || command == "restream doctor --fix";
        CHECK_MESSAGE(is_done, command << ": " << outcome.describe());
        // Some take effect a moment later: a record that is written again.
        const bool is_gone = wait_until(
            Patience(seconds(5)), [&] { return find_now(code).is_null(); }, Milliseconds(100));
        CHECK_MESSAGE(is_gone, command << " does not help");
    }
    void kill(const std::string& name) const {
        const int guardian = world.guardian(name), worker = world.worker(name);
        freeze(worker);  // or it would say goodbye once its guardian is gone
        kill_now(guardian);
        kill_now(worker);
        REQUIRE(wait_gone(guardian, seconds(5)));
        REQUIRE(wait_gone(worker, seconds(5)));
    }

    int port_ = free_port();
};

constexpr auto open_to_all = fs::perms::all;

}  // namespace

TEST_CASE(
    "remedies: every command that a message names exists, and takes the arguments it is given") {
    const World world(IngestServer::embedded);
    world.configure(fmt::format("[dashboard]\nlisten = \"127.0.0.1:{}\"\n", free_port()));
    world.add("one", "rtmp://127.0.0.1:9/live", "word");
    const auto commands = advised_commands();
    CHECK(commands.size() > 25);
    // Sorted, so that `remove` comes after what needs the destination.
    for (const auto& command : commands) {
        const auto arguments = as_arguments(command);
        if (!arguments) continue;
        CAPTURE(command);
        std::vector<std::string> words = *arguments;
        if (words.size() == 1 && words[0] == "enable")
            words.push_back("one");  // named, not advised
        // The self-test takes its time, and has tests of its own; keys are asked for at a terminal.
        if (words.front() == "selftest") words.push_back("--help");
        if (words.front() == "key" && words.back() != "--help") words.push_back("--key-stdin");
        const Outcome outcome = world.run(words, {.input = "another-key\n"});
        CHECK_MESSAGE(outcome.status != 2, outcome.describe());
        CHECK_MESSAGE(outcome.status != 70, outcome.describe());
        CHECK_MESSAGE(outcome.status >= 0, outcome.describe());
        if (words.front() == "add") world.run({"remove", "new"});
        if (words.front() == "remove") world.add("one", "rtmp://127.0.0.1:9/live", "word");
    }
    world.run({"dashboard", "--stop"});
}

TEST_CASE("remedies: of the configuration and of folders, they mend what they are for") {
    const Patient patient;
    const World& world = patient.world;
    const fs::path destinations = world.config() / "destinations.d";
    world.must({"remove", "one"});
    patient.mend("config_empty", {"NAME", "new", "ID", "twitch"});
    patient.mend("key_missing", {"$", " --key-stdin"}, "some-key\n");
    fs::remove(destinations / "new.key");
    patient.mend("key_file_unreadable", {"$", " --key-stdin"}, "some-key\n");
    fs::permissions(destinations, open_to_all);
    patient.mend("folder_open_to_others");
    fs::permissions(destinations / "new.key", open_to_all);
    patient.mend("secret_open_to_others");
    write_file(world.layout().run_directory() / ".one.json.999999999.tmp", "");
    patient.mend("files_left_over");
    if (can_be_bound_by_permissions()) {
        for (const auto& folder :
             {world.state(), world.layout().run_directory(), world.layout().relay_directory(),
              world.layout().wanted_directory(), world.layout().log_directory()}) {
            CAPTURE(folder);
            fs::create_directories(folder);
            fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
            patient.mend("state_denied");
            fs::permissions(folder, fs::perms::none);
            patient.mend("state_denied");
        }
    }
    const fs::path logs = world.layout().log_directory();
    const fs::path away = world.home() / "logs-away";
    fs::rename(logs, away);
    write_file(logs, "");
    patient.mend("state_not_a_folder");
    fs::create_symlink("missing", logs);
    patient.mend("state_link_broken");
    fs::create_symlink("logs", logs);
    patient.mend("state_link_loop");
    fs::rename(away, logs);
}

TEST_CASE("remedies: of relays, they mend what they are for") {
    const Patient patient;
    const World& world = patient.world;
    // No guardian of an ingest server is there to heal what is killed here.
    world.must({"enable", "one", "--no-start"});
    patient.mend("relay_never_started");
    world.must({"ingest", "stop"});
    patient.kill("one");
    patient.mend("relay_was_killed");
    world.must({"disable", "one"});
    world.must({"start", "one"});
    patient.mend("relay_not_wanted");
    world.must({"ingest", "stop"});
    world.must({"disable", "one"});
    world.must({"start", "one"});
    world.must({"ingest", "stop"});
    patient.kill("one");
    patient.mend("record_left_by_kill");

    world.add("two", "rtmp://127.0.0.1:9/live", "word",
              "backup_url = \"rtmp://127.0.0.1:10/live\"\n");
    world.must({"enable", "two"});
    REQUIRE(wait_until(Patience(seconds(5)), [&] { return world.is_lock_held("two+backup"); }));
    world.add("two", "rtmp://127.0.0.1:9/live", "word");
    const int guardian = world.guardian("two");
    patient.mend("backup_not_configured");
    CHECK_FALSE(is_gone(guardian));
    fs::remove(world.config() / "destinations.d" / "two.toml");
    patient.mend("relay_not_configured");
    patient.mend("wish_not_configured");
}

TEST_CASE("remedies: of the ingest and the page, they mend what they are for") {
    Patient patient;
    const World& world = patient.world;
    patient.mend("ingest_down");
    world.must({"ingest", "stop"});
    {
        const NginxServer other;
        patient.world.choose_port(other.port());
        patient.configure();
        const json finding = patient.find_now("ingest_port_taken");
        REQUIRE_FALSE(finding.is_null());
        CHECK(finding["message"].get<std::string>().find("nginx (PID ") != std::string::npos);
        CHECK(patient.find_now("ingest_down").is_null());
    }
    patient.world.choose_port(free_port());
    patient.configure();
    patient.mend("ingest_down");
    world.must({"ingest", "stop"});
    patient.configure("enabled = true\n");
    patient.mend("dashboard_down");
    fs::remove(world.layout().dashboard_record());
    patient.mend("dashboard_without_record");
    patient.configure();
}

TEST_SUITE_END();

}  // namespace restream::test
