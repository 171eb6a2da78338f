// restream enable NAME…|--all: wants destinations, starts them now, and comes back when it is
// known.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "command.hpp"
#include "config/key.hpp"
#include "relay/twins.hpp"
#include "relay_batch.hpp"
#include "state/relay_name.hpp"

namespace {

using namespace restream;

struct Options {
    BatchFlags batch;
    bool all = false;
    bool no_start = false;
};

/// What can be told before anything is started. Moves those without a key out of the batch.
void check_keys(const Config& config, BatchOptions& batch) {
    for (const auto& name : batch.names) {
        const Destination& destination = config.at(name);
        if (const auto problem = foresee_key_problem(destination)) {
            batch.hopeless[name] = problem->message;
            continue;
        }
        if (const auto problem = foresee_srt_problem(destination)) {
            batch.hopeless[name] = problem->message;
            continue;
        }
        for (const auto& variable : own_variables(destination)) {
            complain("enable",
                     fmt::format("{}: its key stands in this shell's {}; from another shell, or "
                                 "after a reboot, it has to be set there too",
                                 name, variable));
        }
    }
    std::erase_if(batch.names, [&](const auto& name) { return batch.hopeless.contains(name); });
}

/// Those that run or are wanted, and send where one of these does.
void tell_twins(const Workplace& place, const BatchOptions& batch) {
    const auto is_used = [&](const std::string& relay) {
        const std::string name(destination_of(relay));
        return std::ranges::find(batch.names, name) != batch.names.end() ||
               place.registry.is_wanted(name) || place.registry.is_any_alive(name);
    };
    const auto is_asked_for = [&](const std::string& relay) {
        return std::ranges::find(batch.names, destination_of(relay)) != batch.names.end();
    };
    for (const auto& [one, other] : find_twins(place.config)) {
        if (!is_asked_for(one) && !is_asked_for(other)) continue;
        if (!is_used(one) || !is_used(other)) continue;
        complain("enable",
                 fmt::format("{} and {} send to the same server with the same stream key; the "
                             "server takes one of them: give each a key of its own",
                             relay_words(one), relay_words(other)));
    }
}

int enable(const Options& options) {
    const Workplace place("enable");
    BatchOptions batch = options.batch.to_options();
    batch.names = options.all ? place.every_configured() : place.configured(options.batch.names);
    if (batch.names.empty()) {
        throw Error(ErrorKind::usage,
                    options.all
                        ? "no destination is configured; run 'restream add NAME --service ID'"
                        : "name a destination, or --all");
    }
    check_keys(place.config, batch);
    tell_twins(place, batch);
    if (options.no_start) {
        place.control.want(batch.names);
        for (const auto& name : batch.names)
            print_lines(StandardHandle::output, fmt::format("{}: wanted, not started\n", name));
        for (const auto& [name, why] : batch.hopeless)
            complain("enable", fmt::format("{}: {}", name, why));
        return batch.hopeless.empty() ? 0 : static_cast<int>(ErrorKind::config);
    }
    if (!batch.names.empty()) batch.ingest = bring_up_ingest(place);
    return start_and_wait(place, batch, "");
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("enable",
                       "Puts the live picture on destinations. Returns when each is live, or waits "
                       "for the ingest, or was "
                       "refused.",
                       argc, argv, [](Arguments& arguments) -> CommandBody {
                           auto options = std::make_shared<Options>();
                           options->batch.declare(arguments);
                           arguments.flag("--all", options->all, "every configured destination");
                           arguments.flag("--no-start", options->no_start,
                                          "switch them on, but start no relay");
                           return [options] { return enable(*options); };
                       });
}
