// restream disable NAME…|--all: wants destinations no more and stops them, with a goodbye.
#include "base/error.hpp"
#include "command.hpp"
#include "relay_batch.hpp"

namespace {

using namespace restream;

struct Options {
    std::vector<std::string> names;
    bool all = false;
    bool json = false;
};

int disable(const Options& options) {
    const Workplace place("disable", ConfigFault::is_told);
    const auto names = options.all ? place.every_known() : place.known(options.names);
    if (names.empty() && !options.all)
        throw Error(ErrorKind::usage, "name a destination, or --all");
    return stop_and_tell(place, names, options.all ? Chosen::all : Chosen::by_name,
                         Control::Keep::nothing, options.json ? Report::json : Report::text);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "disable", "Switches destinations off. Returns when their processes have ended.", argc,
        argv, [](CLI::App& app) -> CommandBody {
            auto options = std::make_shared<Options>();
            app.add_option("NAME", options->names, "destinations");
            app.add_flag("--all", options->all, "every destination");
            app.add_flag("--json", options->json, "one JSON document on standard output");
            return [options] { return disable(*options); };
        });
}
