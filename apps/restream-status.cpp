// restream status [NAME…]: what every destination does now; with names, 1 unless all of them are
// live.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/paths.hpp"
#include "base/terminal.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "state/state_access.hpp"
#include "status/status.hpp"

namespace {

using namespace restream;

struct Options {
    std::vector<std::string> names;
    bool json = false;
    bool watch = false;
    bool only_names = false;
};

int exit_status(const Options& options, const Status& status) {
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
        const Config config = load_config(config_directory());
        const Registry registry{Layout(state_directory())};
        if (is_shown) fmt::print("\x1b[H\x1b[2J");
        print(options, look(config, registry, options.names));
        if (std::fflush(stdout) != 0) return 0;
        if (inbox.wait(Deadline::after(std::chrono::seconds(1))) == Inbox::What::stop) return 0;
    }
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
    const Config config = load_config(config_directory());
    const Registry registry{Layout(state_directory())};
    if (!options.only_names) require_readable(registry.layout());
    for (const auto& name : options.names) {
        if (name_problem(name) || !registry.is_any_alive(name)) config.at(name);
    }
    if (options.only_names) {
        for (const auto& each : config.destinations) fmt::print("{}\n", each.name);
        return 0;
    }
    if (options.watch) return watch(options);
    const Status now = look(config, registry, options.names);
    print(options, now);
    return exit_status(options, now);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "status",
        "Tells what every destination does now. With names, the exit status is 1 unless all "
        "of them are live.",
        argc, argv, [](CLI::App& app) -> CommandBody {
            auto options = std::make_shared<Options>();
            app.add_option("NAME", options->names, "destinations");
            app.add_flag("--json", options->json, "one JSON document");
            app.add_flag("--watch", options->watch, "again every second, until Ctrl-C");
            app.add_flag("--names", options->only_names, "only the configured names");
            return [options] { return status(*options); };
        });
}
