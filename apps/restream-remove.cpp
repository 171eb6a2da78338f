// restream remove NAME: stops a destination's relay and deletes the destination.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "relay/control.hpp"
#include "state/command_lock.hpp"
#include "state/registry.hpp"
#include "state/state_access.hpp"
#include "status/status.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

struct Options {
    std::string name;
    bool json = false;
    bool yes = false;
};

/// Whether viewers would lose the picture: by its own relay, or by its backup's.
bool carries(const Config& config, const Registry& registry, const std::string& name) {
    const auto reaches = [](const RelayStatus& relay) {
        return relay.state == State::live || relay.state == State::holding;
    };
    const Status now = look(config, registry, {name});
    return std::ranges::any_of(now.destinations, [&](const DestinationStatus& each) {
        return reaches(each) || (each.backup && reaches(*each.backup));
    });
}

/// A live destination is not interrupted without the user's word.
void confirm(const std::string& name) {
    if (!is_terminal(StandardHandle::input) || !is_terminal(StandardHandle::error)) {
        throw Error(ErrorKind::no,
                    fmt::format("{} is live, and would be interrupted; nothing was changed: give "
                                "--yes, or run 'restream disable {}' first",
                                name, name));
    }
    const std::string question =
        fmt::format("{} is live. Interrupt it and delete it with its key? [y/N] ", name);
    if (!is_confirmed(question)) throw Error(ErrorKind::no, "cancelled; nothing was changed");
}

int remove(const Options& options) {
    const std::string& name = options.name;
    const auto directory = config_directory();
    const Config config = load_config(directory);
    const Destination& destination = config.at(name);
    check_is_removable(directory, destination);
    const Registry registry{trusted_state()};
    require_readable(registry.layout());
    if (!options.yes && carries(config, registry, name)) confirm(name);
    const Control control(registry, config, "remove", program_directory());
    const auto stayed = control.stop({name}, Control::Keep::nothing);
    if (!stayed.empty()) {
        throw Error(ErrorKind::refused,
                    fmt::format("{}: {}; nothing was deleted", name, stayed.begin()->second));
    }
    const CommandLock lock(registry.layout(), "remove");
    remove_destination(directory, destination);
    registry.forget(name);
    fmt::print(stderr, "removed {}\n", name);
    if (options.json) fmt::print("{}\n", Json{{"schema", 1}, {"name", name}}.dump(2));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "remove", "Stops a destination and deletes it with its key.", argc, argv,
        [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("NAME", options->name, "the destination", {.is_required = true});
            arguments.flag("--json", options->json, "one JSON document on standard output");
            arguments.flag("--yes", options->yes, "do not ask, even if it is live");
            return [options] { return remove(*options); };
        });
}
