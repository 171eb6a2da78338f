// restream status [NAME…]: what every destination does now; with names, 1 unless all of them are
// live.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config_reading.hpp"
#include "known_names.hpp"
#include "state/state_access.hpp"
#include "status/status.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"
#include "system/terminal.hpp"

namespace {

using namespace restream;

struct Options {
    std::vector<std::string> names;
    bool json = false;
    bool watch = false;
    bool only_names = false;
};

int exit_status(const Options& options, const Status& status) {
    if (status.config_problem) return static_cast<int>(ErrorKind::config);
    const bool are_live = std::ranges::all_of(status.destinations,
                                              [](const auto& each) { return is_carrying(each); });
    return options.names.empty() || are_live ? 0 : static_cast<int>(ErrorKind::no);
}

void print(const Options& options, const Status& status) {
    if (options.json) {
        fmt::print("{}", to_json(status));
        return;
    }
    const bool is_shown = is_terminal(StandardHandle::output);
    const bool has_colour = is_shown && !environment("NO_COLOR");
    const int width = is_shown ? terminal_width() : 1000;
    fmt::print("{}", to_table(status, width, has_colour, std::chrono::system_clock::now()));
}

/// Again every second, in place on a terminal, until Ctrl-C.
int watch(const Options& options) {
    Inbox inbox;
    const bool is_shown = is_terminal(StandardHandle::output);
    for (;;) {
        const ConfigReading reading = read_config(config_directory());
        const Registry registry{trusted_state()};
        if (is_shown) fmt::print("\x1b[H\x1b[2J");
        print(options, look(reading, registry, options.names));
        if (std::fflush(stdout) != 0) return 0;
        if (inbox.wait(Deadline::after(std::chrono::seconds(1))) == Inbox::What::stop) return 0;
    }
}

/// For the shell's completion: nothing is said of a broken configuration.
int print_names(const ConfigReading& reading) {
    for (const auto& each : reading.config.destinations) fmt::print("{}\n", each.name);
    return reading.problem ? static_cast<int>(ErrorKind::config) : 0;
}

int status(const Options& options) {
    if (options.watch && options.json) {
        throw Error(ErrorKind::usage,
                    "--watch and --json do not go together: --json prints one document and ends; "
                    "leave one of them out");
    }
    if (options.only_names && (options.watch || options.json)) {
        throw Error(ErrorKind::usage,
                    "--names prints names only; leave it out, or --watch and --json");
    }
    const ConfigReading reading = read_config(config_directory());
    const Registry registry{trusted_state()};
    if (!options.only_names) require_readable(registry.layout());
    for (const auto& name : options.names) check_is_known(reading, registry, name);
    if (options.only_names) return print_names(reading);
    if (options.watch) return watch(options);
    const Status now = look(reading, registry, options.names);
    // The table has it at its top.
    if (reading.problem && (options.json || !is_terminal(StandardHandle::output))) {
        complain("status", reading.problem->message);
    }
    print(options, now);
    return exit_status(options, now);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "status",
        "Tells what every destination does now. With names, the exit status is 1 unless all "
        "of them are live.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("NAME", options->names, "destinations");
            arguments.flag("--json", options->json, "one JSON document");
            arguments.flag("--watch", options->watch, "print it again every second, until Ctrl-C");
            arguments.flag("--names", options->only_names, "only the configured names");
            return [options] { return status(*options); };
        });
}
