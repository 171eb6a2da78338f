// restream stop [NAME…]: stops every running relay, or the named ones, until start; wishes are
// kept.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "ingest/control.hpp"
#include "relay_batch.hpp"

namespace {

using namespace restream;

struct Options {
    std::vector<std::string> names;
    bool ingest = false;
    bool json = false;
};

int stop(const Options& options) {
    const Workplace place("stop", ConfigFault::is_told);
    const auto names = options.names.empty() ? place.every_known() : place.known(options.names);
    const auto report = options.json ? Report::json : Report::text;
    const auto chosen = options.names.empty() ? Chosen::all : Chosen::by_name;
    const int status = stop_and_tell(place, names, chosen, Control::Keep::wanted_but_down, report);
    if (options.ingest) {
        const bool was_up = stop_ingest(place.registry.layout(), AfterStop::stays_down);
        if (!options.json) fmt::print("ingest: {}\n", was_up ? "stopped" : "was not running");
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("stop",
                       "Stops every running relay, or the named ones, until 'restream start'. "
                       "Wishes are kept; the ingest "
                       "and so OBS are left alone.",
                       argc, argv, [](Arguments& arguments) -> CommandBody {
                           auto options = std::make_shared<Options>();
                           arguments.value("NAME", options->names, "destinations");
                           arguments.flag("--ingest", options->ingest, "end the ingest server too");
                           arguments.flag("--json", options->json,
                                          "one JSON document on standard output");
                           return [options] { return stop(*options); };
                       });
}
