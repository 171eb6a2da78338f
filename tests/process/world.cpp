#include "process/world.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "ingest/server.hpp"
#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "state/lock.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"
#include "status/ingest_view.hpp"
#include "status/status.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool test_has_failed = false;
int living_worlds = 0;

/// Sanitizers' reports go to files, as a relay has no standard error; the leak check needs ptrace
/// of itself, which a process that hides its memory refuses to all but root.
std::string sanitizer_options(const fs::path& folder) {
    return fmt::format("log_path={}:detect_leaks={}:abort_on_error=0",
                       (folder / "sanitizer").string(), ::geteuid() == 0 ? 1 : 0);
}

std::string last_part(const std::string& text, std::size_t most_bytes) {
    return text.size() <= most_bytes ? text : "…" + text.substr(text.size() - most_bytes);
}

std::string sanitizer_reports(const fs::path& home) {
    std::string reports;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(home, error)) {
        if (!entry.path().filename().string().starts_with("sanitizer.")) continue;
        reports += entry.path().filename().string() + ":\n" + content_of(entry.path());
    }
    return reports;
}

}  // namespace

fs::path tested_programs() {
    const auto other = environment("RESTREAM_TESTED_PROGRAMS");
    return other ? fs::path(*other) : program_directory();
}

bool is_short() { return environment("RESTREAM_TEST_SHORT").has_value(); }

bool has_failed() { return test_has_failed; }
void set_failed(bool failed) { test_has_failed = failed; }

World::World(IngestServer ingest) : ingest_(ingest), ingest_port_(free_port()) {
    fs::create_directories(state());
    configure("");
    ++living_worlds;
}

World::~World() {
    --living_worlds;
    end();
}

namespace {

void expect_no_descendants(const Outcome& stop) {
    // What a killed guardian left may take a second to say goodbye.
    wait_until(Patience(std::chrono::seconds(3)), [] { return living_descendants().empty(); });
    const auto left = living_descendants();
    if (!left.empty()) {
        FAIL_CHECK("processes are left over:\n" << describe(left) << stop.describe());
    }
    end_descendants();
}

}  // namespace

void World::end() noexcept {
    try {
        const bool is_unwinding = std::uncaught_exceptions() > 0;
        const std::string last_status =
            has_failed() || is_unwinding ? run({"status", "--json"}).output : "";
        const Outcome stop = run({"stop", "--ingest"}, {.longest = std::chrono::seconds(20)});
        // Nothing in a process names its world, so only the last world looks for processes.
        if (living_worlds == 0) expect_no_descendants(stop);
        const std::string reports = sanitizer_reports(home());
        if (!reports.empty()) FAIL_CHECK("a sanitizer reports:\n" << reports);
        if (has_failed() || is_unwinding) {
            MESSAGE("status before the end: " << last_status << "\nlogs:\n" << logs());
        }
    } catch (...) {
        FAIL_CHECK("the world could not be ended");
    }
}

std::string World::ingest_url() const {
    return fmt::format("rtmp://127.0.0.1:{}/live", ingest_port_);
}

void World::configure(const std::string& more, const std::string& ingest_fields) const {
    const std::string text =
        fmt::format("[ingest]\nserver = \"{}\"\nlisten = \"127.0.0.1:{}\"\nurl = \"{}\"\n{}\n\n{}",
                    ingest_server_name(ingest_), ingest_port_, ingest_url(), ingest_fields, more);
    // By rename: who reads it meanwhile must not take an empty file for the defaults.
    fs::create_directories(config());
    const auto error = publish_file(config() / "restream.toml", text, Durability::survives_crash);
    REQUIRE_MESSAGE(!error, "writing restream.toml: " << error.message());
}

void World::add(const std::string& name, const std::string& url, const std::string& key,
                const std::string& more) const {
    std::string text = fmt::format("url = \"{}\"\n", url);
    if (!key.empty()) text += fmt::format("key = \"{}\"\n", key);
    const fs::path file = config() / "destinations.d" / (name + ".toml");
    write_file(file, text + more);
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

CommandLine World::command(const std::vector<std::string>& arguments, const Call& call) const {
    CommandLine line{tested_programs() / "restream", arguments, call.input, call.variables};
    const std::string options = sanitizer_options(home());
    const std::vector<std::pair<std::string, std::string>> own = {
        {"HOME", home()},
        {"RESTREAM_CONFIG_DIR", config()},
        {"RESTREAM_STATE_DIR", state()},
        {"NO_COLOR", "1"},
        {"ASAN_OPTIONS", options},
        {"UBSAN_OPTIONS", "print_stacktrace=1:" + options},
        {"LSAN_OPTIONS", options},
        {"TSAN_OPTIONS", options}};
    line.variables.insert(line.variables.end(), own.begin(), own.end());
    return line;
}

CommandRun World::start(const std::vector<std::string>& arguments, const Call& call) const {
    return CommandRun(command(arguments, call));
}

Outcome World::run(const std::vector<std::string>& arguments, const Call& call) const {
    return run_command_line(command(arguments, call), call.longest);
}

Outcome World::must(const std::vector<std::string>& arguments, const Call& call) const {
    const Outcome outcome = run(arguments, call);
    REQUIRE_MESSAGE(outcome.status == 0, "restream " << fmt::format("{}", fmt::join(arguments, " "))
                                                     << ": " << outcome.describe());
    return outcome;
}

json World::status() const {
    return json::parse(to_json(look(load_config(config()), Registry(layout()), {})));
}

json World::status(const std::string& name) const {
    const json document = status();
    for (const auto& each : document["destinations"]) {
        if (each["name"] == name) return each;
    }
    return {};
}

std::string World::state(const std::string& name) const {
    const json part = status(name);
    return part.is_null() ? "" : part["state"].get<std::string>();
}

bool World::wait_status(const std::string& name, const std::function<bool(const json&)>& is_so,
                        Milliseconds longest) const {
    return wait_until(
        Patience(longest),
        [&] {
            const json part = status(name);
            return !part.is_null() && is_so(part);
        },
        Milliseconds(20));
}

bool World::wait_state(const std::string& name, const std::string& state,
                       Milliseconds longest) const {
    return wait_status(
        name, [&](const json& part) { return part["state"] == state; }, longest);
}

json World::ingest() const {
    return json::parse(
        to_json(look_at_ingest(load_config(config()), Registry(layout()))))["ingest"];
}

bool World::is_well() const {
    const json document = json::parse(run({"doctor", "--json"}).output, nullptr, false);
    return !document.is_discarded() &&
           std::ranges::all_of(document["findings"], [](const json& each) {
               return each["severity"] == "ok" || each["code"] == "publishing_open_to_users" ||
                      each["code"] == "playing_open_to_users";
           });
}

bool World::wait_ingest(const std::string& state, Milliseconds longest) const {
    return wait_until(
        Patience(longest), [&] { return ingest()["state"] == state; }, Milliseconds(20));
}

int World::guardian(const std::string& name) const {
    const auto record = record_from_json(content_of(layout().relay_record(name)));
    return record ? record->guardian.pid : -1;
}

int World::worker(const std::string& name) const {
    const auto record = record_from_json(content_of(layout().relay_record(name)));
    return record && record->worker ? record->worker->pid : -1;
}

bool World::is_lock_held(const std::string& name) const {
    return FileLock::is_held(layout().relay_lock(name));
}

int World::count_processes(const std::string& word) {
    int found = 0;
    for (const auto& each : living_descendants())
        found += each.command.find(word) != std::string::npos ? 1 : 0;
    return found;
}

std::string World::logs() const {
    std::string text;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(state(), error)) {
        if (entry.path().extension() != ".log") continue;
        text += "--- " + entry.path().string() + "\n" + last_part(content_of(entry.path()), 6000);
    }
    return text;
}

bool is_gone(int pid) { return pid <= 0 || !identify(pid).has_value(); }

bool wait_gone(int pid, Milliseconds longest) {
    return wait_until(Patience(longest), [&] { return is_gone(pid); });
}

namespace {

/// Only to a process that descends from this program: a PID may be another's by now. False where
/// there is none.
bool signal_own(int pid, int number) {
    for (const auto& each : living_descendants()) {
        if (each.pid == pid) return ::kill(pid, number) == 0;
    }
    return false;
}

void must_signal(int pid, int number) {
    if (!signal_own(pid, number)) FAIL("process " << pid << " is gone, or none of this test's");
}

}  // namespace

IngestRecord World::ingest_record() const {
    const auto record = live_ingest_record(layout());
    REQUIRE(record);
    REQUIRE(record->server);
    return *record;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void kill_now(int pid) { must_signal(pid, SIGKILL); }
void kill_if_there(int pid) { signal_own(pid, SIGKILL); }
void freeze(int pid) { must_signal(pid, SIGSTOP); }
void thaw(int pid) { must_signal(pid, SIGCONT); }
void thaw_if_there(int pid) { signal_own(pid, SIGCONT); }

}  // namespace restream::test
