// Runs for a relay's worker what that may not run itself: started by it, before it is contained;
// see lib/worker/errands.hpp.
#include <memory>
#include <string>

#include "command.hpp"
#include "config/config.hpp"
#include "state/layout.hpp"
#include "system/fd.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"
#include "worker/errand_runner.hpp"

namespace {

using namespace restream;

int work(const std::string& relay) {
    forbid_core_dumps();
    const Fd worker(0);
    const auto configuration = config_directory();
    ErrandRunner(relay, {program_directory(), Layout(state_directory()).slate_directory(),
                         [configuration] { return load_config(configuration); }})
        .run(worker);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("errands", "Runs a relay's hooks and key commands. Started by relays.", argc,
                       argv, [](Arguments& arguments) -> CommandBody {
                           auto name = std::make_shared<std::string>();
                           arguments.value("NAME", *name, "the relay", {.is_required = true});
                           return [name] { return work(*name); };
                       });
}
