#include "selftest/home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "ingest/record.hpp"
#include "selftest/system.hpp"
#include "state/lock.hpp"
#include "state/registry.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"
#include "system/random.hpp"
#include "system/tcp.hpp"

namespace restream::selftest {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view name_start = "restream-selftest-";
constexpr Milliseconds longest_stop(1500);
constexpr Milliseconds longest_dying(1000);
constexpr Milliseconds longest_keeper(500);

fs::path make_home() {
    std::error_code error;
    fs::path temporary = fs::temp_directory_path(error);
    if (!error) temporary = fs::absolute(temporary, error);
    if (error) {
        throw Error(ErrorKind::refused,
                    fmt::format("no folder for temporary files: {}; set TMPDIR to one that can be "
                                "written",
                                error.message()),
                    error);
    }
    const fs::path path = temporary / (std::string(name_start) + random_hex(8));
    // Made here and by nobody else: its name cannot be foreseen, and what is there is an error.
    if (!make_closed_directory(path, error)) {
        throw Error(ErrorKind::refused,
                    fmt::format("making the folder {}: {}; set TMPDIR to one that can be written",
                                path.string(), error.message()),
                    error);
    }
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::replace, error);
    if (error) {
        throw Error(ErrorKind::refused,
                    fmt::format("closing the folder {} to others: {}; set TMPDIR to a file system "
                                "that has permissions",
                                path.string(), error.message()),
                    error);
    }
    return path;
}

void write(const fs::path& path, const std::string& text) {
    if (const auto error = publish_file(path, text, Durability::survives_crash)) {
        throw Error(ErrorKind::refused,
                    fmt::format("writing {}: {}", path.string(), error.message()), error);
    }
}

SpawnRequest request_for(const fs::path& program, const fs::path& home) {
    SpawnRequest request;
    request.program = program;
    request.with_variables = folder_variables(home / "config", home / "state");
    request.with_variables.emplace_back("NO_COLOR", "1");
    return request;
}

bool are_gone(const std::vector<ProcessId>& all) {
    return std::ranges::none_of(all,
                                [](const ProcessId& each) { return identify(each.pid) == each; });
}

/// Asks them to stop, and kills those that are still there. `find` returns the processes.
void end_processes(const fs::path& home, const fs::path& programs,
                   const std::function<std::vector<ProcessId>()>& find) {
    const std::vector<ProcessId> before = find();
    if (before.empty()) return;
    try {
        SpawnRequest request = request_for(programs / "restream-stop", home);
        request.arguments = {"--ingest"};
        (void)run_captured(std::move(request), Deadline::after(longest_stop));
    } catch (const Error&) {
        // Then without a goodbye.
    }
    const Deadline deadline = Deadline::after(longest_dying);
    const auto all_gone = [&] {
        std::vector<ProcessId> left = find();
        left.insert(left.end(), before.begin(), before.end());
        for (const ProcessId& each : left) {
            if (const auto process = ProcessHandle::open(each)) process->ask(Ask::kill);
        }
        return are_gone(left);
    };
    wait_until(deadline, all_gone, Milliseconds(20));
}

}  // namespace

std::vector<ProcessId> processes_in(const Layout& layout) {
    const Registry registry(layout);
    std::vector<ProcessId> all;
    const auto add = [&all](const std::vector<ProcessId>& more) {
        for (const ProcessId& each : more) {
            if (std::ranges::find(all, each) == all.end()) all.push_back(each);
        }
    };
    for (const std::string& name : registry.known_names()) {
        if (registry.is_alive(name)) add(registry.processes(name));
    }
    if (FileLock::is_held(layout.ingest_lock())) {
        if (const auto record = live_ingest_record(layout)) {
            add({record->guardian});
            if (record->server) add({*record->server});
        } else {
            add(FileLock::holders(layout.ingest_lock()));
        }
    }
    return all;
}

Home::Home(fs::path programs)
    : programs_(std::move(programs)), path_(make_home()), line_(make_pipe()) {
    adopt_orphans();
    SpawnRequest request;
    request.program = programs_ / "restream-selftest";
    request.arguments = {"--keep", path_.string()};
    request.inherited = {&line_.read_end};
    request.is_detached = true;
    try {
        make_private_directory(config() / "destinations.d");
        make_private_directory(path_ / "state");
        keeper_ = ChildProcess::spawn(request);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
        throw;
    }
}

Home::~Home() {
    try {
        clean_up();
    } catch (...) {  // the keeper does it
    }
}

void Home::configure(const std::string& text) const { write(config() / "restream.toml", text); }

void Home::add(const std::string& name, const std::string& url) const {
    // The key is no secret: nobody but this process can use it.
    write(config() / "destinations.d" / (name + ".toml"),
          fmt::format("url = \"{}\"\nkey = \"selftest-{}\"\n", url, name));
}

Captured Home::run(const std::string& verb, std::vector<std::string> arguments,
                   Milliseconds longest, const std::function<bool()>& is_cancelled) const {
    SpawnRequest request = request_for(programs_ / ("restream-" + verb), path_);
    request.arguments = std::move(arguments);
    return run_captured(std::move(request), Deadline::after(longest), is_cancelled);
}

/// The processes of the records, and the orphans that this process has adopted.
std::vector<ProcessId> Home::left_processes() const {
    std::vector<ProcessId> all = processes_in(layout());
    for (const ProcessId& each : children_of(this_process().pid)) {
        const bool is_known = std::ranges::find(all, each) != all.end();
        if (!is_known && each != keeper_->id()) all.push_back(each);
    }
    return all;
}

std::vector<std::string> Home::clean_up() {
    std::vector<std::string> left;
    if (!keeper_) return left;
    end_processes(path_, programs_, [this] { return left_processes(); });
    for (const ProcessId& each : left_processes()) {
        left.push_back(fmt::format("process {} ({})", each.pid, program_name(each)));
    }
    std::error_code error;
    fs::remove_all(path_, error);
    if (fs::exists(path_, error)) left.push_back(fmt::format("folder {}", path_.string()));
    line_.write_end.close();
    if (!keeper_->wait(Deadline::after(longest_keeper))) {
        left.push_back(fmt::format("process {} (the keeper)", keeper_->id().pid));
    }
    keeper_.reset();
    return left;
}

void keep_home(const fs::path& path, const fs::path& programs, const Fd& line) {
    const bool is_home =
        path.is_absolute() && line.is_open() && path.filename().string().starts_with(name_start);
    if (!is_home) {
        throw Error(ErrorKind::usage, "--keep is the self-test's own; run 'restream selftest'");
    }
    std::array<char, 16> ignored;
    while (read_some(line, ignored) > 0) {
    }
    std::error_code error;
    if (!fs::exists(path, error)) return;
    // A command of the one that was killed goes on for a moment, and may start something.
    const Layout layout(path / "state");
    wait_until(Deadline::after(longest_dying), [&] {
        end_processes(path, programs, [&] { return processes_in(layout); });
        return false;
    });
    fs::remove_all(path, error);
}

}  // namespace restream::selftest
