// restream disable NAME…|--all: wants destinations no more and stops them, with a goodbye.
#include <memory>
#include <string>
#include <vector>

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
        argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("NAME", options->names, "destinations");
            arguments.flag("--all", options->all, "every destination");
            arguments.flag("--json", options->json, "one JSON document on standard output");
            return [options] { return disable(*options); };
        });
}
