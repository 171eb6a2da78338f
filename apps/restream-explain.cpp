// restream explain [NAME…]: what went wrong, and who it was: the encoder, this machine, the uplink,
// or a destination.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config_reading.hpp"
#include "explain/explain.hpp"
#include "known_names.hpp"
#include "relay/carried.hpp"
#include "state/state_access.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"
#include "system/terminal.hpp"

namespace {

using namespace restream;

struct Options {
    std::vector<std::string> names;
    std::string since = "1h";
    bool json = false;
    bool utc = false;
};

std::vector<RelayHistory> read_all(const ConfigReading& reading, const Registry& registry) {
    const Config& config = reading.config;
    std::vector<RelayHistory> histories;
    const std::vector<std::string> relays = relays_of(config);
    for (const auto& name : relays) {
        histories.push_back(read_history(registry, name, carried(config, name).url));
    }
    for (const auto& name : registry.known_names()) {
        if (std::ranges::find(relays, name) != relays.end()) continue;
        // Where the configuration is broken, a destination may stand in what could not be read.
        const bool may_be_configured = reading.problem && registry.is_wanted(name);
        if (!may_be_configured && !registry.is_alive(name)) continue;
        const auto record = registry.last_record(name);
        histories.push_back(read_history(registry, name, record ? record->url : ""));
    }
    return histories;
}

int explain(const Options& options) {
    const ConfigReading reading = read_config(config_directory());
    const Registry registry{trusted_state()};
    require_readable(registry.layout());
    if (const auto fault = folder_fault(registry.layout().log_directory(), FolderUse::enter)) {
        throw_path_fault("reading what the relays recorded", *fault);
    }
    for (const auto& name : options.names) check_is_known(reading, registry, name);
    const auto span = parse_duration(options.since);
    if (!span || span->count() == 0) {
        throw Error(
            ErrorKind::usage,
            fmt::format("--since: '{}' is no duration; for example 30m, or 2h", options.since));
    }
    const WallTime now = std::chrono::system_clock::now();
    const auto histories = read_all(reading, registry);
    const Explanation explanation = restream::explain(histories, now - *span, now, options.names);
    if (reading.problem) complain("explain", reading.problem->message);
    const int status = reading.problem ? static_cast<int>(ErrorKind::config) : 0;
    if (options.json) {
        fmt::print("{}", to_json(explanation, reading.problem));
        return status;
    }
    const bool is_shown = is_terminal(StandardHandle::output);
    const bool has_colour = is_shown && !environment("NO_COLOR");
    fmt::print("{}", to_text(explanation, {is_shown ? terminal_width() : 1000, has_colour,
                                           options.utc ? Zone::utc : Zone::local}));
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "explain",
        "Tells what went wrong, and whether it was the encoder, this machine, the uplink or a "
        "destination.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("NAME", options->names, "only what happened to these destinations");
            arguments.value("--since", options->since, "how far back: 30m, 2h (1h)");
            arguments.flag("--utc", options->utc, "times in UTC, as in the logs");
            arguments.flag("--json", options->json, "one JSON document");
            return [options] { return explain(*options); };
        });
}
