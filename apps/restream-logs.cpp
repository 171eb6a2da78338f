// restream logs NAME: a relay's log, the ingest server's, or the audit log.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config_reading.hpp"
#include "known_names.hpp"
#include "state/audit_log.hpp"
#include "state/layout.hpp"
#include "state/log_tail.hpp"
#include "state/registry.hpp"
#include "state/state_access.hpp"
#include "system/inbox.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

struct Options {
    std::string name;
    bool of_ingest = false;
    bool of_audit = false;
    bool json = false;
    bool follow = false;
    int lines = 50;
};

/// How a line of a file is shown; no value if it is not to be shown.
using Shown = std::function<std::optional<std::string>(const std::string&)>;

/// What is appended to one log from now on, also over a rotation.
class Follower {
  public:
    Follower(std::filesystem::path path, Shown shown)
        : path_(std::move(path)), shown_(std::move(shown)) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_, error);
        at_ = error ? 0 : size;
    }

    /// Prints what is new, whole lines only.
    void print_new() {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_, error);
        if (error || size == at_) return;
        if (size < at_) at_ = 0;  // rotated
        std::ifstream file(path_, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(at_));
        std::string text(static_cast<std::size_t>(size - at_), '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        text.resize(text.rfind('\n') + 1);
        at_ += text.size();
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (const auto whole = shown_(line)) fmt::print("{}\n", *whole);
        }
    }

  private:
    std::filesystem::path path_;
    Shown shown_;
    std::uintmax_t at_ = 0;
};

/// Until Ctrl-C.
int follow(std::vector<Follower> followers) {
    Inbox inbox;
    for (;;) {
        for (auto& each : followers) each.print_new();
        if (std::fflush(stdout) != 0) return 0;
        if (inbox.wait(Deadline::after(Milliseconds(200))) == Inbox::What::stop) return 0;
    }
}

int follow(const std::vector<RelayLog>& logs) {
    std::vector<Follower> followers;
    for (const auto& log : logs) {
        followers.emplace_back(
            log.path, [log](const std::string& line) { return std::optional(marked(line, log)); });
    }
    return follow(std::move(followers));
}

bool is_there(const RelayLog& log) {
    std::error_code error;
    return std::filesystem::exists(log.path, error);
}

bool is_any_there(const std::vector<RelayLog>& logs) { return std::ranges::any_of(logs, is_there); }

/// **Throws**: Error that names the folder or the file which cannot be read.
void require_readable(const Layout& layout, const std::vector<RelayLog>& logs) {
    if (const auto fault = folder_fault(layout.log_directory(), FolderUse::enter)) {
        throw_path_fault("reading the log", *fault);
    }
    for (const auto& log : logs) {
        if (!is_there(log) || is_readable(log.path)) continue;
        const auto denied = std::make_error_code(std::errc::permission_denied);
        throw_path_fault("reading the log", file_fault(log.path, denied));
    }
}

int print(const std::vector<RelayLog>& logs, const Options& options) {
    for (const auto& line : log_tail(logs, static_cast<std::size_t>(options.lines))) {
        fmt::print("{}\n", line);
    }
    return options.follow ? follow(logs) : 0;
}

int ingest_logs(const Options& options) {
    if (!options.name.empty()) {
        throw Error(ErrorKind::usage, "--ingest shows the ingest server's log; leave NAME out");
    }
    const Layout layout = trusted_state();
    const std::vector<RelayLog> logs = {{ingest_log(layout), ""}};
    require_readable(layout, logs);
    if (!is_any_there(logs)) {
        complain("logs", "the embedded ingest server has logged nothing yet");
        if (!options.follow) return 0;
    }
    return print(logs, options);
}

int audit_log(const Options& options) {
    if (!options.name.empty() || options.of_ingest) {
        throw Error(ErrorKind::usage, "--audit shows all changes; leave NAME and --ingest out");
    }
    if (options.json && options.follow) {
        throw Error(ErrorKind::usage,
                    "--follow and --json do not go together: --json prints one document and ends; "
                    "leave one of them out");
    }
    const Layout layout = trusted_state();
    const std::vector<RelayLog> files = {{layout.audit_log(), ""}};
    require_readable(layout, files);
    const auto changes = last_changes(layout, static_cast<std::size_t>(options.lines));
    if (options.json) {
        fmt::print("{}", audit_document(changes));
        return 0;
    }
    if (!is_any_there(files)) complain("logs", "nothing has been changed yet");
    const auto shown = [](const std::string& line) -> std::optional<std::string> {
        const auto entry = audit_entry_from_json(line);
        return entry ? std::optional(to_text(*entry)) : std::nullopt;
    };
    for (const auto& each : changes) fmt::print("{}\n", to_text(each));
    if (!options.follow) return 0;
    std::vector<Follower> followers;
    followers.emplace_back(layout.audit_log(), shown);
    return follow(std::move(followers));
}

int logs(const Options& options) {
    if (options.of_audit) return audit_log(options);
    if (options.json) {
        throw Error(ErrorKind::usage, "--json goes with --audit: other logs are text");
    }
    if (options.of_ingest) return ingest_logs(options);
    if (options.name.empty()) {
        throw Error(ErrorKind::usage,
                    "NAME is missing: the destination whose log to show, or --ingest or --audit");
    }
    if (name_problem(options.name)) load_config(config_directory()).at(options.name);
    const Layout layout = trusted_state();
    const std::vector<RelayLog> logs = logs_of(layout, options.name);
    require_readable(layout, logs);
    if (!is_any_there(logs)) {
        // A name that is not known is reported as such.
        check_is_known(read_config(config_directory()), Registry{layout}, options.name);
        complain("logs", fmt::format("{}: nothing logged yet; it begins with 'restream enable {}'",
                                     options.name, options.name));
        if (!options.follow) return 0;
    }
    return print(logs, options);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "logs", "Shows the log of a relay, of the ingest server, or of all changes.", argc, argv,
        [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("NAME", options->name, "the destination");
            arguments.flag(
                "--ingest", options->of_ingest,
                "the embedded ingest server's log: who came, left, was refused or cut off");
            arguments.flag("--audit", options->of_audit,
                           "the audit log: who changed what, when, and with which result");
            arguments.flag("--json", options->json,
                           "with --audit: one JSON document on standard output");
            arguments.flag("-f,--follow", options->follow,
                           "print new lines as they come, until Ctrl-C");
            arguments.value("-n,--lines", options->lines, "how many lines from the end (50)",
                            {0, 1'000'000});
            return [options] { return logs(*options); };
        });
}
